import { noteWord } from '../../mixing/assembly/journal';
import { mix } from './hash';
import { CANDIDATE, eightSymbols, MATCHED, MISSES, record, symbol, UNKNOWN } from './segment';
import { MATCH_LONG, MATCH_SHORT, put } from './slots';

/** Where the last bytes occurred before in what is known of the segment: a long match that is followed, and a short one. */

/** Bytes of context under which positions are entered; a match must be at least that long. */
export const LONG_KEY: i32 = 7;
export const SHORT_KEY: i32 = 4;
/** How far back a match found anew is checked; a match that goes on counts further. */
const MAX_CHECKED: i32 = 32;
const MAX_LENGTH: i32 = 65535;
/** A match is given up after so many wrong predictions without 16 right ones in a row between them. */
const MAX_MISSES: i32 = 8;

let longTable: usize;
let shortTable: usize;
let bits: i32;

/** Of the position that was looked at last: what the long match expects (-1: nothing), how long it has held, whether it has missed. */
export let expected: i32;
export let held: i32;
export let missed: bool;

const buckets = memory.data(64, 16);
for (let n: i32 = 0; n < 64; n++) store<u8>(buckets + n, <u8>bucketUpTo63(n));

/** Lays out the tables from `at` on. @param slotBits log2 of the slots of each. @returns where they end. */
export function openMatches(at: usize, slotBits: i32): usize {
  bits = slotBits;
  longTable = at;
  shortTable = at + (<usize>4 << bits);
  return shortTable + (<usize>4 << bits);
}

export function clearMatches(): void {
  memory.fill(longTable, 0xff, <usize>8 << bits);
}

/** Where a context's position is entered, of either table. @param hash of its bytes. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function matchSlot(hash: u32): u32 {
  return (mix(hash, 0) >>> (32 - bits)) << 2;
}

export function enterLong(slot: u32, p: i32): void {
  noteWord(longTable + slot);
  store<i32>(longTable + slot, p);
}

export function enterShort(slot: u32, p: i32): void {
  noteWord(shortTable + slot);
  store<i32>(shortTable + slot, p);
}

/** Writes the long and the short match of position `p` into their slots. @param longSlot, shortSlot of its contexts, if the run is so long. */
export function lookAtMatches(p: i32, run: i32, longSlot: u32, shortSlot: u32): void {
  let candidate: i32 = -1;
  let matched: i32 = 0;
  let misses: i32 = 0;
  const before = record(p - 1);
  if (run > 0 && load<i32>(before, CANDIDATE) >= 0) {
    candidate = load<i32>(before, CANDIDATE) + 1;
    misses = load<u8>(before, MISSES);
    if (symbol(candidate - 1) == symbol(p - 1)) {
      matched = min(<i32>load<u16>(before, MATCHED) + 1, MAX_LENGTH);
      if (matched >= 16) misses = 0;
    } else {
      misses++;
    }
    if (misses >= MAX_MISSES || symbol(candidate) == UNKNOWN) {
      candidate = -1;
      matched = 0;
      misses = 0;
    }
  }
  if (matched < MAX_CHECKED && run >= LONG_KEY) {
    const other = load<i32>(longTable + longSlot);
    if (other >= 0 && other != candidate) {
      const checked = check(p, other, run);
      if (checked >= LONG_KEY && checked > matched) {
        candidate = other;
        matched = checked;
        misses = 0;
      }
    }
  }
  const here = record(p);
  store<i32>(here, candidate, CANDIDATE);
  store<u16>(here, <u16>matched, MATCHED);
  store<u8>(here, <u8>misses, MISSES);
  expected = candidate < 0 ? -1 : <i32>symbol(candidate);
  held = matched;
  missed = misses > 0;
  put(MATCH_LONG, candidate < 0 ? 0 : (missed ? 4096 : 0) + expected * 16 + lengthBucket(matched));

  let row: u32 = 0;
  if (run >= SHORT_KEY) {
    const short = load<i32>(shortTable + shortSlot);
    if (short >= 0) {
      const checked = check(p, short, run);
      if (checked >= SHORT_KEY) {
        const byte = <i32>symbol(short);
        row = (byte == expected ? 4096 : 0) + byte * 16 + lengthBucket(checked);
      }
    }
  }
  put(MATCH_SHORT, row);
}

/** How many known bytes before `p` and before `candidate` agree, up to 32. */
function check(p: i32, candidate: i32, run: i32): i32 {
  const limit = min(min(MAX_CHECKED, run), candidate);
  let n: i32 = 0;
  while (n < limit) {
    const same = i16x8.bitmask(i16x8.eq(eightSymbols(p - n - 8), eightSymbols(candidate - n - 8)));
    if (same != 255) {
      n += clz(~same & 255) - 24;
      break;
    }
    n += 8;
  }
  return min(n, limit);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function lengthBucket(n: i32): i32 {
  return n < 64 ? <i32>load<u8>(buckets + n) : min(15, 37 - clz(n));
}

function bucketUpTo63(n: i32): i32 {
  if (n <= 4) return n > 0 ? 1 : 0;
  if (n <= 8) return n - 3;
  if (n <= 10) return 6;
  if (n <= 12) return 7;
  if (n <= 15) return 8;
  if (n <= 19) return 9;
  return n <= 31 ? 10 : 11;
}
