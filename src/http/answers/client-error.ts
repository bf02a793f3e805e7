import { randomUUID } from 'node:crypto';
import { type IncomingMessage, maxHeaderSize, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ArdmError } from '../../errors.js';
import {
  HeadersTooLargeError,
  HttpVersionNotSupportedError,
  MalformedRequestError,
  MethodNotAllowedError,
  RequestTimeoutError,
  UnknownMethodError,
  UnsupportedTransferCodingError,
} from '../errors.js';
import { SECURITY_HEADERS } from '../guards/security-headers.js';
import { contextOf } from '../request-context.js';
import { EVERY_METHOD } from '../route.js';
import { PROBLEM_TYPE, toProblem } from './problem.js';

/** What Node tells of a request that it could not parse. */
interface ParserError extends NodeJS.ErrnoException {
  /** In words, with which the parser tells kinds of one code apart. */
  readonly reason?: string;
  /** What came last over the connection, and where in it the parser gave up. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

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
    const id = randomUUID();
    // What could not be parsed came after a request that is still to be answered.
    if (begun?.req.complete && !begun.writableFinished && socket.writable) {
      begun.once('finish', () => endWithProblem(socket, toArdmError(error), id));
      return;
    }
    if (error.code === 'ECONNRESET' || !socket.writable || (begun?.headersSent && !begun.writableFinished)) {
      socket.destroy();
      return;
    }
    // Some is found out when the request was handed on already, and has its id.
    const unanswered = begun?.headersSent ? undefined : begun;
    const known = unanswered?.getHeader('X-Request-Id');
    const failure = toArdmError(error);
    // For its line in the log: it is answered, though not by its response. Who ended the connection within it has left.
    if (unanswered && error.code !== 'HPE_INVALID_EOF_STATE') {
      unanswered.statusCode = failure.status;
      contextOf(unanswered.req).code = failure.code;
    }
    endWithProblem(socket, failure, typeof known === 'string' ? known : id);
  };
}

/** CONNECT is for proxies, and Node makes no answer for it. */
export function refuseConnect(_req: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {});
  endWithProblem(socket, new MethodNotAllowedError('CONNECT', EVERY_METHOD.join(', ')), randomUUID());
}

function endWithProblem(socket: Duplex, failure: ArdmError, id: string): void {
  const body = JSON.stringify(toProblem(failure, id));
  socket.end(
    [
      `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}`,
      `Date: ${new Date().toUTCString()}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${id}`,
      ...(failure instanceof MethodNotAllowedError ? [`Allow: ${failure.allow}`] : []),
      ...SECURITY_HEADERS,
      'Cache-Control: no-store',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function toArdmError(error: ParserError): ArdmError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new HeadersTooLargeError(maxHeaderSize);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new RequestTimeoutError();
    case 'HPE_INVALID_METHOD':
      if (isRequestLine(error)) return new UnknownMethodError();
      break;
    case 'HPE_INVALID_VERSION':
      if (error.reason === 'Invalid HTTP version') return new HttpVersionNotSupportedError();
      break;
    case 'HPE_PAUSED_H2_UPGRADE':
      return new HttpVersionNotSupportedError();
    case 'HPE_INVALID_TRANSFER_ENCODING':
      if (hasOtherCoding(error)) return new UnsupportedTransferCodingError();
      break;
  }
  return new MalformedRequestError('it cannot be parsed', { cause: error });
}

/**
 * Whether a method that the parser does not know begins a request all the same. The parser says nothing of what follows, and may
 * have been given the line in pieces: what there is of it must be the beginning of one (RFC 9112, 3).
 */
function isRequestLine({ rawPacket, bytesParsed = 0 }: ParserError): boolean {
  const before = rawPacket?.lastIndexOf('\n', bytesParsed) ?? -1;
  const line = rawPacket?.toString('latin1', before + 1).split('\n', 1)[0] ?? '';
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+( [\x21-\x7e]*( (H(T(T(P(\/(\d(\.(\d\r?)?)?)?)?)?)?)?)?)?)?$/.test(line);
}

/** Not where there is a Content-Length, too, nor where the only fault is that `chunked` is there twice, or nothing. */
function hasOtherCoding({ reason = '', rawPacket }: ParserError): boolean {
  if (reason.includes('Content-Length')) return false;
  return !/\btransfer-encoding:[ \t]*(chunked([ \t]*,[ \t]*chunked)*)?[ \t]*\r/i.test(
    rawPacket?.toString('latin1') ?? '',
  );
}
