/** 32-bit hashing; part of every model's and archive's definition, so it never changes. */

/**
 * Takes one symbol (0..65535) or hash into a running hash, 0 at the start. Only the 32 bits count: the result is signed, which the
 * engine keeps as a small integer, and arrays of uint32 take either.
 */
export function mix(hash: number, symbol: number): number {
  const h = Math.imul(hash + symbol + 1, 0x9e3779b1);
  return h ^ (h >>> 15);
}

/** The row, of `2 ** bits`, that a hash falls into. */
export function spread(hash: number, bits: number): number {
  return Math.imul(hash, 0x85ebca6b) >>> (32 - bits);
}
