import cors from 'cors';
import type { RequestHandler } from 'express';
import { EVERY_METHOD } from '../route.js';

/** Headers of requests that pages may set, besides those that every page may (Fetch, 2.2.2). */
export const ALLOWED_HEADERS: readonly string[] = [
  'Authorization',
  'Content-Digest',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'If-Range',
  'Last-Event-ID',
  'Range',
  'traceparent',
  'X-API-Key',
  'X-Request-Id',
];

/** Headers of answers that pages may read, besides those that every page may. */
export const EXPOSED_HEADERS: readonly string[] = [
  'Accept-Ranges',
  'Allow',
  'Ardm-Calls',
  'Ardm-Compressed-Size',
  'Ardm-Model',
  'Ardm-Original-Size',
  'Content-Digest',
  'Content-Disposition',
  'Content-Range',
  'ETag',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Repr-Digest',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];

/** Seconds for which browsers remember what they were told before a request; none remembers longer than two hours. */
const REMEMBERED = 7_200;

/**
 * Lets pages of these origins use the service (CORS: Fetch, 3.2). Browsers ask first with OPTIONS, which route.ts answers. No cookie
 * and no login of the browser is ever looked at, so none is allowed: a page sends its API key itself.
 *
 * @param origins as browsers send them, such as https://app.example:8443.
 */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  return cors({
    origin: [...origins],
    methods: [...EVERY_METHOD],
    allowedHeaders: [...ALLOWED_HEADERS],
    exposedHeaders: [...EXPOSED_HEADERS],
    maxAge: REMEMBERED,
    preflightContinue: true,
  });
}
