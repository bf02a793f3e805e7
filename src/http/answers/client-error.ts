import { randomUUID } from 'node:crypto';
import { type IncomingMessage, maxHeaderSize, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ArdmError } from '../../errors.js';
import { HeadersTooLargeError, MalformedRequestError, RequestTimeoutError } from '../errors.js';
import { SECURITY_HEADERS } from '../guards/security-headers.js';
import { PROBLEM_TYPE, toProblem } from './problem.js';

/**
 * Answers what Node's parser refused before there was a request, as every other failure is answered.
 *
 * @param current the answer that is being given on a connection, if any: into one that has begun nothing may be written.
 */
export function clientErrorHandler(
  current: (socket: Duplex) => ServerResponse<IncomingMessage> | undefined,
): (error: NodeJS.ErrnoException, socket: Duplex) => void {
  return (error, socket) => {
    const begun = current(socket);
    if (error.code === 'ECONNRESET' || !socket.writable || (begun?.headersSent && !begun.writableFinished)) {
      socket.destroy();
      return;
    }
    const failure = toArdmError(error);
    const id = randomUUID();
    const body = JSON.stringify(toProblem(failure, id));
    socket.end(
      [
        `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}`,
        `Content-Type: ${PROBLEM_TYPE}`,
        `Content-Length: ${Buffer.byteLength(body)}`,
        `X-Request-Id: ${id}`,
        ...SECURITY_HEADERS,
        'Cache-Control: no-store',
        'Connection: close',
        '',
        body,
      ].join('\r\n'),
    );
  };
}

function toArdmError(error: NodeJS.ErrnoException): ArdmError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return new HeadersTooLargeError(maxHeaderSize);
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RequestTimeoutError();
  return new MalformedRequestError('it cannot be parsed', { cause: error });
}
