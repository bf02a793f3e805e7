/**
 * Rows of adaptive probability maps (`../mixing.md`, section 6): 33 uint16, entry i for the odds -4096 + 256 i. What became of bits that were
 * given such odds.
 */
import { LIMIT, squashTable } from './tables';

export const ENTRIES: i32 = 33;

/** Makes rows the identity. */
export function clearRows(at: usize, rows: i32): void {
  for (let i: i32 = 0; i < ENTRIES; i++) {
    store<u16>(at + (<usize>i << 1), load<u16>(squashTable + (<usize>min(8191, 256 * i) << 1)));
  }
  const bytes: usize = <usize>(rows * ENTRIES) << 1;
  let filled: usize = <usize>ENTRIES << 1;
  while (filled < bytes) {
    memory.copy(at + filled, at, min(filled, bytes - filled));
    filled <<= 1;
  }
}

/** Where the entry below the odds is, in a row of the map that begins at `map`. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function entryBelow(map: usize, row: i32, odds: i32): usize {
  return map + (<usize>(row * ENTRIES + ((odds + LIMIT + 1) >> 8)) << 1);
}

/** Of that entry and the next, the one nearer to the odds: it learns. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function nearestEntry(below: usize, odds: i32): usize {
  return below + (((odds + LIMIT + 1) & 255) >= 128 ? 2 : 0);
}

/** What a row says of the odds. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function between(below: usize, odds: i32): i32 {
  const part = (odds + LIMIT + 1) & 255;
  return (<i32>load<u16>(below) * (256 - part) + <i32>load<u16>(below, 2) * part) >> 8;
}

/** Moves an entry towards the bit that came, by a 2^rate-th of the way. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function learnEntry(at: usize, bit: i32, rate: i32): void {
  const entry = <i32>load<u16>(at);
  store<u16>(at, <u16>(entry + (((bit << 16) - entry) >> rate)));
}
