import { LINE_FEED } from './byte-classes';
import { mix } from './hash';
import { INDENTATION, newlineOf, record, symbol, UNKNOWN } from './segment';

/** How far this line and the line before are indented, and with what they begin. */

const SPACE: u32 = 32;
const TAB: u32 = 9;
/** The word's bits: depth of this line, whether it still goes on, first byte after it; depth and first byte of the line before. */
const DEPTH: u32 = 63;
const GOES_ON: u32 = 64;
const FIRST_SHIFT: u32 = 7;
const FIRST: u32 = 255 << 7;
const DEPTH_BEFORE_SHIFT: u32 = 15;
const FIRST_BEFORE_SHIFT: u32 = 21;

/** The context's hash at position `p`; while the line's indentation goes on, with the last byte of the line before. */
export function lookAtIndentation(p: i32, run: i32): u32 {
  const word = run > 0 ? next(load<u32>(record(p - 1), INDENTATION), symbol(p - 1)) : 0;
  store<u32>(record(p), word, INDENTATION);
  let tail = UNKNOWN;
  if ((word & GOES_ON) != 0) {
    const feed = newlineOf(p - 1);
    if (feed > 0) tail = symbol(feed - 1);
  }
  return mix(mix(0, word & 0xffff), mix(word >>> 16, tail) & 0xffff);
}

function next(word: u32, byte: u32): u32 {
  if (byte == LINE_FEED) {
    const before = ((word & DEPTH) << DEPTH_BEFORE_SHIFT) | (((word & FIRST) >>> FIRST_SHIFT) << FIRST_BEFORE_SHIFT);
    return before | GOES_ON;
  }
  if ((word & GOES_ON) == 0) return word;
  if (byte == SPACE || byte == TAB) return (word & DEPTH) < DEPTH ? word + 1 : word;
  return (word & ~GOES_ON) | (byte << FIRST_SHIFT);
}
