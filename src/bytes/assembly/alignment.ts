import { isDigit, isLetter, LINE_FEED } from './byte-classes';
import { mix } from './hash';
import { AGREEMENT, CURSOR, newlineOf, record, symbol, UNKNOWN } from './segment';
import { ALIGNED_1, ALIGNED_2, put } from './slots';

/**
 * A cursor in the line above that keeps step with this line: it moves byte by byte through letters and digits, and at
 * every other byte to the same one up there, so that fields of different widths stay under each other.
 */

/** How far a delimiter is sought in the line above. */
const MAX_SEARCH: i32 = 64;
const MAX_AGREEMENT: u32 = 15;
const NOWHERE: i32 = -1;
/** The symbol of a byte that the line above has not got. */
const MISSING: u32 = 258;

/** Writes the two contexts of position `p` into their slots. @param last s(p-1). @param pair c(2). */
export function lookAtAlignment(p: i32, run: i32, last: u32, pair: u32): void {
  let cursor = NOWHERE;
  let agreement: u32 = 0;
  if (run > 0) {
    const before = record(p - 1);
    const old = load<i32>(before, CURSOR);
    if (last == LINE_FEED) {
      cursor = lineBefore(p);
    } else if (old >= 0) {
      if (symbol(old) == last) agreement = min(<u32>load<u8>(before, AGREEMENT) + 1, MAX_AGREEMENT);
      cursor = step(old, last);
    }
    if (cursor >= p || (cursor >= 0 && symbol(cursor) == UNKNOWN)) cursor = NOWHERE;
  }
  const here = record(p);
  store<i32>(here, cursor, CURSOR);
  store<u8>(here, <u8>agreement, AGREEMENT);
  let first = MISSING;
  let second = MISSING;
  if (cursor >= 0) {
    first = symbol(cursor);
    if (cursor + 1 < p && symbol(cursor + 1) != UNKNOWN) second = symbol(cursor + 1);
  }
  put(ALIGNED_1, mix(mix(mix(0, first), last), min(agreement, 4)));
  put(ALIGNED_2, mix(mix(mix(pair, first), second), agreement > 0 ? 1 : 0));
}

/** Where the line begins that ends before position `p`, as far as known. */
function lineBefore(p: i32): i32 {
  if (p < 2 || symbol(p - 2) == UNKNOWN) return NOWHERE;
  const feed = newlineOf(p - 2);
  return feed >= 0 ? feed + 1 : NOWHERE;
}

/** Where a cursor at `old` goes when `byte` is read below it. It waits at the end of its line. */
function step(old: i32, byte: u32): i32 {
  if (isLetter(byte) || isDigit(byte)) return symbol(old) == LINE_FEED ? old : old + 1;
  let q = old;
  let up = symbol(q);
  for (let steps: i32 = 0; steps < MAX_SEARCH && up != byte && up != LINE_FEED; steps++) {
    up = symbol(++q);
    if (up == UNKNOWN) return NOWHERE;
  }
  if (up == byte) return q + 1;
  return up == LINE_FEED ? q : old + 1;
}
