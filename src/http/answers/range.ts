import type { IncomingHttpHeaders } from 'node:http';
import { PreconditionFailedError, RangeNotSatisfiableError } from '../errors.js';

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
  const match = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(headers.range ?? '');
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

/** The last `length` bytes. Of no bytes at all that is the whole, for which no Content-Range can be written. */
function suffix(length: number, size: number): ByteRange | undefined {
  if (length === 0) throw new RangeNotSatisfiableError(size);
  if (size === 0) return undefined;
  return { start: Math.max(0, size - length), end: size - 1 };
}

/** The entity tags of a header, which may have commas in them (RFC 9110, 8.8.3). */
function tagsOf(header: string): string[] {
  return [...header.matchAll(/(?:W\/)?"[^"]*"/g)].map(([tag]) => tag);
}

/** Whether a client that sends If-None-Match has these bytes already (RFC 9110, 13.1.2). */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return tagsOf(header).some((tag) => tag.replace(/^W\//, '') === etag);
}

/**
 * Holds a request to its If-Match (RFC 9110, 13.1.1), by which a client that has a part makes sure that it gets more of the same.
 * Weak tags do not compare for this.
 *
 * @throws PreconditionFailedError
 */
export function requireMatch(header: string | undefined, etag: string): void {
  if (header === undefined || header.trim() === '*') return;
  if (!tagsOf(header).includes(etag)) throw new PreconditionFailedError();
}
