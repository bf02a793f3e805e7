import { ArdmError } from '../errors.js';

/** The server cannot listen where it was told to. */
export class ListenError extends ArdmError {
  readonly code = 'cannot-listen';
  readonly status = 500;
  readonly title = 'Cannot listen';

  constructor(host: string, port: number, cause: unknown) {
    const where = host === '' ? `port ${port}` : `${host}, port ${port}`;
    super(`Cannot listen on ${where}: ${reason(cause, port)}`, { cause });
  }
}

function reason(cause: unknown, port: number): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `another program uses port ${port}. Stop it, or set PORT to a free one.`;
    case 'EACCES':
      return `this user may not use port ${port}. Set PORT to 1024 or above.`;
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return 'this machine has no such address. Set HOST to one of its own, or leave it empty for all.';
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
