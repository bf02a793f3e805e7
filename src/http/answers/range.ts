import type { IncomingHttpHeaders } from 'node:http';
import { RangeNotSatisfiableError } from '../errors.js';

/** Bytes from `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The part that a request asks for (RFC 9110, 14.2): one range of bytes. A header that cannot be read, several ranges, or an
 * If-Range (13.1.5) of another state are answered with the whole, as they may be.
 *
 * @param etag strong, of the bytes as they are now.
 * @returns undefined for the whole.
 * @throws RangeNotSatisfiableError
 */
export function requestedRange(headers: IncomingHttpHeaders, size: number, etag: string): ByteRange | undefined {
  const match = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(headers.range ?? '');
  if (!match) return undefined;
  // A date, or a weak tag, never fits: nothing here has a date, and weak tags do not compare for this.
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== etag) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') return last === '' ? undefined : suffix(Number(last), size);
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw new RangeNotSatisfiableError(size);
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** The last `length` bytes. */
function suffix(length: number, size: number): ByteRange {
  if (length === 0 || size === 0) throw new RangeNotSatisfiableError(size);
  return { start: Math.max(0, size - length), end: size - 1 };
}

/** Whether a client that sends If-None-Match has these bytes already (RFC 9110, 13.1.2). */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
