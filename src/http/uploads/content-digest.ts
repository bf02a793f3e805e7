import { createHash, timingSafeEqual } from 'node:crypto';
import { ContentDigestMismatchError, InvalidContentDigestError } from '../errors.js';

/** Algorithms of the RFC 9530 registry that are not deprecated: name there, name in node:crypto, length in bytes. */
const ALGORITHMS = new Map([
  ['sha-256', { hash: 'sha256', length: 32 }],
  ['sha-512', { hash: 'sha512', length: 64 }],
]);

/** One member of the dictionary (RFC 8941): a key and a byte sequence; parameters are allowed and mean nothing. */
const MEMBER = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):(?:;.*)?$/;

/** `Content-Digest` of an answer. */
export function contentDigest(bytes: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
}

/** Checks a body, chunk by chunk, against the digests that its request claims. Algorithms not known are ignored. */
export class DigestCheck {
  private readonly claims: { algorithm: string; hash: ReturnType<typeof createHash>; expected: Buffer }[] = [];

  /**
   * @param header the value of `Content-Digest`, if there is one.
   * @throws InvalidContentDigestError
   */
  constructor(header: string | undefined) {
    if (header === undefined) return;
    for (const part of header.split(',')) {
      const member = MEMBER.exec(part.trim());
      if (!member) throw new InvalidContentDigestError();
      const [, name = '', base64 = ''] = member;
      const algorithm = ALGORITHMS.get(name);
      if (!algorithm) continue;
      const expected = Buffer.from(base64, 'base64');
      if (expected.length !== algorithm.length) throw new InvalidContentDigestError();
      this.claims.push({ algorithm: name, hash: createHash(algorithm.hash), expected });
    }
  }

  update(chunk: Uint8Array): void {
    for (const { hash } of this.claims) hash.update(chunk);
  }

  /** @throws ContentDigestMismatchError. Call once, after the last chunk. */
  verify(): void {
    for (const { algorithm, hash, expected } of this.claims) {
      if (!timingSafeEqual(hash.digest(), expected)) throw new ContentDigestMismatchError(algorithm);
    }
  }
}
