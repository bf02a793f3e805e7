import { ArdmError } from '../errors.js';

/** An archive declares more original bytes than this server is willing to decode. */
export class DeclaredSizeTooLargeError extends ArdmError {
  readonly code = 'declared-size-too-large';
  readonly status = 413;
  readonly title = 'Archive declares too many bytes';

  constructor(declared: number, limit: number) {
    super(`The archive declares ${declared} original bytes; this server decodes at most ${limit}. Raise its limit.`);
  }
}

/** More bytes to compress than this server would decode again. */
export class InputTooLargeError extends ArdmError {
  readonly code = 'input-too-large';
  readonly status = 413;
  readonly title = 'Input is too large';

  constructor(length: number, limit: number) {
    super(`The input has ${length} bytes; this server compresses at most ${limit}. Send it in pieces.`);
  }
}

/** An archive was made with a model that this server does not have. */
export class UnknownModelError extends ArdmError {
  readonly code = 'unknown-model';
  readonly status = 422;
  readonly title = 'Archive needs a model that this server does not have';

  constructor(shortId: Uint8Array) {
    const hex = Buffer.from(shortId).toString('hex');
    super(`The archive needs the model whose identity begins with ${hex}. Use a server that has it; see /v1/models.`);
  }
}

/** A request names a model that this server does not have. */
export class ModelNotFoundError extends ArdmError {
  readonly code = 'model-not-found';
  readonly status = 404;
  readonly title = 'No such model';

  constructor(id: string, known: readonly string[]) {
    super(`This server has no model "${id}". Use auto, or one of: ${known.join(', ')}.`);
  }
}
