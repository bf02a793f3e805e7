import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';
import type { Logger } from 'pino';
import { RateLimitedError } from '../errors.js';
import { clientAddress } from './client-address.js';
import { LocalHits } from './local-hits.js';
import { ANONYMOUS, ownerOf } from './owner.js';

export interface RateLimit {
  /** Most requests of one client in each window, at least 1. */
  readonly requests: number;
  readonly windowSeconds: number;
  /** Where hits are counted; without one, in this process. */
  readonly store?: Store;
}

/**
 * Refuses the requests of a client that has had its share, and tells all others how much of it is left (`RateLimit`,
 * `RateLimit-Policy`: draft-ietf-httpapi-ratelimit-headers-08). A client is an API key, or else an address: of IPv6 the
 * network of 56 bits, because one customer of a provider has at least that many addresses.
 */
export function limitRate({ requests, windowSeconds, store }: RateLimit, log: Logger): RequestHandler {
  return rateLimit({
    limit: requests,
    windowMs: windowSeconds * 1_000,
    standardHeaders: 'draft-8',
    // What browsers ask before a request is not another one.
    skip: (req) => req.method === 'OPTIONS',
    legacyHeaders: false,
    keyGenerator: (req) => {
      const owner = ownerOf(req);
      return owner === ANONYMOUS ? `address:${ipKeyGenerator(clientAddress(req))}` : `key:${owner}`;
    },
    handler: (_req, res, next) => {
      next(new RateLimitedError(Number(res.getHeader('Retry-After')) || windowSeconds));
    },
    // Nobody is refused because counting failed.
    passOnStoreError: true,
    logger: {
      error: (error, message) => log.error({ err: error }, message ?? 'rate limit'),
      warn: (error, message) => log.warn({ err: error }, message ?? 'rate limit'),
    },
    store: store ?? new LocalHits(),
  });
}
