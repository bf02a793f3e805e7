/** 32-bit hashing of context symbols; part of every model's definition, so it never changes. */

/** Takes one symbol (0..65535) into a running hash (uint32, 0 at the start). */
export function mix(hash: number, symbol: number): number {
  const h = Math.imul(hash + symbol + 1, 0x9e3779b1);
  return (h ^ (h >>> 15)) >>> 0;
}

/** The row, of `2 ** bits`, that a hash falls into. */
export function spread(hash: number, bits: number): number {
  return Math.imul(hash, 0x85ebca6b) >>> (32 - bits);
}
