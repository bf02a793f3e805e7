/**
 * A segment as far as it is known, and what is remembered of each of its positions. Nothing here knows a byte that has not been revealed: its
 * symbol is UNKNOWN, as are those outside the segment.
 */

export const UNKNOWN: u32 = 256;
/** Symbols before and after the segment that may be read: more than any context looks beyond its end. */
const GUARD: usize = 32;
const RECORD: usize = 32;

/** Bytes, those of the condition first, then the segment's: an encoder's, or what a decoder has found. */
export let bytes: usize;
export let symbols: usize;
export let records: usize;

/** Lays out room for `capacity` positions from `at` on. @returns where it ends. */
export function openSegment(at: usize, capacity: i32): usize {
  bytes = at;
  symbols = ((at + capacity + 15) & ~15) + 2 * GUARD;
  records = (symbols + 2 * (<usize>capacity + GUARD) + 63) & ~63;
  return records + <usize>capacity * RECORD;
}

/**
 * Makes `length` positions unknown that come after `known` ones. What is remembered of a position is written when it is looked at, before it is
 * read.
 */
export function clearSegment(known: i32, length: i32): void {
  const unknown = v128.splat<u16>(<u16>UNKNOWN);
  const end = symbols + 2 * (<usize>known + <usize>length + GUARD);
  let at = known > 0 ? symbols + 2 * <usize>known : symbols - 2 * GUARD;
  for (; at + 16 <= end; at += 16) v128.store(at, unknown);
  for (; at < end; at += 2) store<u16>(at, <u16>UNKNOWN);
}

/** The byte at a position, if it is known, else UNKNOWN. At most GUARD outside the segment. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function symbol(p: i32): u32 {
  return load<u16>(symbols + (<usize>p << 1));
}

/** Eight symbols from a position on. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function eightSymbols(p: i32): v128 {
  return v128.load(symbols + (<usize>p << 1));
}

/** Bit i: whether the symbol of position p + i is unknown, i = 0..7. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function unknownAmong(p: i32): u32 {
  return i16x8.bitmask(i16x8.eq(eightSymbols(p), v128.splat<u16>(<u16>UNKNOWN)));
}

export function reveal(p: i32): void {
  store<u16>(symbols + (<usize>p << 1), <u16>load<u8>(bytes + p));
}

// Of a position: where its fields lie in its record.
/** int32: the last line feed at or before it, as far as known; -1 if none is. */
export const NEWLINE: usize = 0;
/** int32, uint16, uint8: the long match as it stood when the position was coded: candidate (or -1), length, misses. */
export const CANDIDATE: usize = 4;
export const MATCHED: usize = 8;
export const MISSES: usize = 10;
/** uint8: length of the known run to the left when it was coded, up to 32. */
export const RUN: usize = 11;
/** int32, uint8: the byte that stands in its place in the line above (or -1); bytes up to there that the cursor predicted. */
export const CURSOR: usize = 12;
export const AGREEMENT: usize = 16;
/** uint8, uint32: delimiters of its line so far, at most 63; hash of the field's bytes. */
export const FIELD_NUMBER: usize = 17;
export const FIELD_CONTENT: usize = 20;
/** uint32: the word of its indentation. */
export const INDENTATION: usize = 24;

// @ts-ignore: a decorator of AssemblyScript
@inline
export function record(p: i32): usize {
  return records + <usize>p * RECORD;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function newlineOf(p: i32): i32 {
  return load<i32>(record(p), NEWLINE);
}
