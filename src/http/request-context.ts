import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { ClientGoneError } from './errors.js';
import { ANONYMOUS, ownerOf } from './guards/owner.js';
import type { HttpObserver } from './observer.js';
import { readTraceparent, type TraceContext } from './trace-context.js';
import { bytesRead } from './uploads/bytes-read.js';

/** What belongs to one request besides its bytes. */
export interface RequestContext {
  readonly id: string;
  readonly log: Logger;
  /** Of the trace that the request belongs to, if it says so. */
  readonly trace: TraceContext | undefined;
  /** Aborts, with ClientGoneError as its reason, when the connection closes before the answer was sent. */
  readonly signal: AbortSignal;
  /** Code of the problem that was answered, for the log. */
  code?: string;
}

/** Ids of other systems are taken over as far as they are safe in logs, headers and the URI reference `instance`. */
const SANE_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Methods that are counted by name: a client may make up others without end. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS']);

/** Whether the server is at fault: not where it has too much to do, nor where it is asked for what no server here speaks. */
export function isFault(status: number): boolean {
  return status >= 500 && ![501, 503, 505].includes(status);
}

const contexts = new WeakMap<IncomingMessage, RequestContext>();

/** Of a request that went through `requestContext`. */
export function contextOf(req: IncomingMessage): RequestContext {
  const context = contexts.get(req);
  if (!context) throw new Error('requestContext() must be the first middleware');
  return context;
}

/** Gives the request its id, logger and signal, and logs one line when it is over. No file names, no bodies, no query. */
export function requestContext(log: Logger, observer: HttpObserver): RequestHandler {
  return (req, res, next) => {
    const given = req.get('x-request-id');
    const id = given !== undefined && SANE_ID.test(given) ? given : randomUUID();
    const abort = new AbortController();
    const trace = readTraceparent(req.get('traceparent'));
    const child = log.child({ requestId: id, ...(trace && { traceId: trace.traceId }) });
    const context: RequestContext = { id, log: child, trace, signal: abort.signal };
    contexts.set(req, context);
    res.setHeader('X-Request-Id', id);
    const start = performance.now();
    let unread: number | undefined;
    // Before Node throws away what nobody wanted.
    res.prependOnceListener('finish', () => {
      unread = req.readableLength;
    });
    observer.started();
    res.once('close', () => {
      // A client may leave as soon as it has read a problem, while the rest of its body is still being read away.
      const gone = !res.writableFinished && context.code === undefined;
      if (gone) abort.abort(new ClientGoneError());
      const status = gone ? 499 : res.statusCode;
      const owner = ownerOf(req);
      const milliseconds = performance.now() - start;
      // The pattern of the route, never the path: a path may hold anything.
      const route: string | undefined = typeof req.route?.path === 'string' ? req.route.path : undefined;
      const code = gone ? 'client-closed-request' : context.code;
      observer.answered({
        method: METHODS.has(req.method) ? req.method : 'other',
        route: route ?? 'none',
        status,
        seconds: milliseconds / 1_000,
        code,
      });
      const line = {
        method: req.method,
        route,
        owner: owner === ANONYMOUS ? undefined : owner,
        status,
        code,
        bytesIn: bytesRead(req) + (unread ?? req.readableLength) || undefined,
        bytesOut: res.writableFinished ? bodyLength(req, res) : undefined,
        ms: Math.round(milliseconds),
      };
      if (req.path.startsWith('/health/') && (status < 500 || status === 503))
        context.log.debug(line, 'probe answered');
      // A server that has too much to do says so to many: nothing has failed.
      else if (status === 503) context.log.warn(line, 'request refused');
      else if (isFault(status)) context.log.error(line, 'request failed');
      else context.log.info(line, gone ? 'client left' : 'request answered');
    });
    next();
  };
}

/** Bytes of an answer that was sent whole; undefined of one that says no length, as events. */
function bodyLength(req: IncomingMessage, res: Response): number | undefined {
  if (req.method === 'HEAD' || res.statusCode === 204 || res.statusCode === 304) return 0;
  const length = res.getHeader('content-length');
  return length === undefined ? undefined : Number(length);
}
