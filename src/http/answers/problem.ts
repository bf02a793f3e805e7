import type { IncomingMessage } from 'node:http';
import type { ErrorRequestHandler, Response } from 'express';
import { ArdmError } from '../../errors.js';
import {
  ClientGoneError,
  InternalError,
  MalformedRequestError,
  MethodNotAllowedError,
  RangeNotSatisfiableError,
  StorageFullError,
  UnauthorizedError,
  UnsupportedContentCodingError,
} from '../errors.js';
import { contextOf, isFault } from '../request-context.js';
import { drainAndEnd } from '../uploads/drain.js';

export const PROBLEM_TYPE = 'application/problem+json';

/** Problem details (RFC 9457), with `code` as the member that clients branch on. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** The request's id. */
  readonly instance?: string;
}

export function toProblem(error: ArdmError, requestId?: string): Problem {
  return {
    type: `urn:problem-type:ardm:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    ...(requestId === undefined ? {} : { instance: requestId }),
  };
}

/** The only place where failures become answers. */
export function problemHandler(): ErrorRequestHandler {
  return (thrown: unknown, req, res, _next) => {
    const context = contextOf(req);
    // What fails after the client left fails because it left, whatever it is called.
    const error = context.signal.aborted ? new ClientGoneError() : toArdmError(thrown);
    context.code = error.code;
    // For the log, should the connection end before the answer is written.
    if (!res.headersSent) res.statusCode = error.status;
    if (isFault(error.status)) context.log.error({ err: error.cause ?? error }, error.title);
    // The rest of what came with the headers is parsed when they have been handled: only then it is known whether the
    // whole body is here, and the connection can be kept.
    setImmediate(() => {
      // Part of a 200 is out: only a broken connection tells the client that it is not the whole.
      if (res.headersSent || req.socket.destroyed) res.destroy();
      else sendProblem(req, res, error, context.id);
    });
  };
}

function sendProblem(req: IncomingMessage, res: Response, error: ArdmError, requestId: string): void {
  for (const name of res.getHeaderNames()) {
    const ofAnswer = /^(content-|ardm-|repr-digest$|etag$|accept-ranges$)/.test(name);
    if (ofAnswer && name !== 'content-security-policy') res.removeHeader(name);
  }
  if (error instanceof MethodNotAllowedError) res.setHeader('Allow', error.allow);
  // Required of a 401 (RFC 9110, 11.6.1).
  if (error instanceof UnauthorizedError) res.setHeader('WWW-Authenticate', 'Bearer realm="ardm"');
  // RFC 9110, 15.5.17.
  if (error instanceof RangeNotSatisfiableError) res.setHeader('Content-Range', `bytes */${error.size}`);
  // RFC 9110, 15.5.16.
  if (error instanceof UnsupportedContentCodingError) res.setHeader('Accept-Encoding', 'identity');
  if (error.retryAfter !== undefined) res.setHeader('Retry-After', error.retryAfter);
  const body = Buffer.from(JSON.stringify(toProblem(error, requestId)));
  res.writeHead(error.status, withoutBodyToCome(req, { 'Content-Type': PROBLEM_TYPE, 'Content-Length': body.length }));
  if (req.method === 'HEAD') res.end();
  else drainAndEnd(req, res, body);
}

/** A connection on which an unread body may still be coming is not used again. */
function withoutBodyToCome(
  req: IncomingMessage,
  headers: Record<string, string | number>,
): Record<string, string | number> {
  return req.complete ? headers : { ...headers, Connection: 'close' };
}

function toArdmError(thrown: unknown): ArdmError {
  if (thrown instanceof ArdmError) return thrown;
  if (thrown instanceof URIError)
    return new MalformedRequestError('its path has a broken percent-encoding', { cause: thrown });
  if (isErrno(thrown) && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT'))
    return new StorageFullError({ cause: thrown });
  return new InternalError({ cause: thrown });
}

function isErrno(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'code' in thrown;
}
