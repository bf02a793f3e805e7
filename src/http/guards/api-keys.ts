import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { UnauthorizedError } from '../errors.js';
import { ANONYMOUS, ownerOf, setOwner } from './owner.js';

/** A key, as far as the server knows it. Two may have one name, so that an old key works until the new one is in use. */
export interface ApiKey {
  readonly name: string;
  /** SHA-256 of the key, 64 hexadecimal digits. Keys are random, not thought out, so a slow hash would protect nothing. */
  readonly hash: string;
}

/**
 * Tells whose request it is, by `Authorization: Bearer` (RFC 6750) or, without that, by `X-API-Key`. Refuses nothing, so
 * that guesses, too, can be counted by address before `requireKey` refuses them.
 */
export function identify(keys: readonly ApiKey[]): RequestHandler {
  const known = keys.map(({ name, hash }) => ({ name, hash: Buffer.from(hash, 'hex') }));
  return (req, _res, next) => {
    const name = nameOf(presented(req), known);
    if (name !== undefined) setOwner(req, name);
    next();
  };
}

/**
 * Does not ask for one to tell which methods a path has: browsers ask that before a request, and cannot send a key with it.
 *
 * @throws UnauthorizedError (asynchronously, as Express does) for a request that no key identified.
 */
export function requireKey(): RequestHandler {
  return (req, _res, next) => {
    if (ownerOf(req) === ANONYMOUS && req.method !== 'OPTIONS') throw new UnauthorizedError();
    next();
  };
}

function presented(req: IncomingMessage): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(req.headers.authorization ?? '')?.[1];
  return bearer ?? req.headers['x-api-key']?.toString();
}

/** Takes as long whichever key fits, and if none does: how long it takes must not tell how much of a key was right. */
function nameOf(key: string | undefined, known: readonly { name: string; hash: Buffer }[]): string | undefined {
  if (key === undefined) return undefined;
  const hash = createHash('sha256').update(key).digest();
  let found: string | undefined;
  for (const one of known) {
    if (timingSafeEqual(hash, one.hash)) found = one.name;
  }
  return found;
}
