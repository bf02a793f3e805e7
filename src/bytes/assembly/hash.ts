/** 32-bit hashing; part of every model's and archive's definition (`../features.md`), so it never changes. */

/** Takes one symbol (0..65535) or hash into a running hash, 0 at the start. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function mix(hash: u32, symbol: u32): u32 {
  const h = (hash + symbol + 1) * 0x9e3779b1;
  return h ^ (h >>> 15);
}
