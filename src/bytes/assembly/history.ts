import { noteWord } from '../../mixing/assembly/journal';
import { mix } from './hash';

/**
 * What followed each value of some contexts so far in this segment: for each a hash table of slots
 * `check:8 | count:8 | second:8 | first:8` (uint32, count 0 = empty): the likeliest next byte, how often it held of late
 * (1..15), and the byte that last contradicted it.
 */

const MAX_COUNT: u32 = 15;
let tables: usize;
let bits: i32;
let count: i32;

const buckets = memory.data(16, 16);
for (let n: u32 = 0; n < 16; n++) store<u8>(buckets + n, <u8>bucketOf(n));

/** Lays out tables from `at` on. @param slotBits log2 of the slots of each. @returns where they end. */
export function openHistories(at: usize, tableCount: i32, slotBits: i32): usize {
  tables = at;
  bits = slotBits;
  count = tableCount;
  return at + ((<usize>count << 2) << bits);
}

export function clearHistories(): void {
  memory.fill(tables, 0, (<usize>count << 2) << bits);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function slotOf(table: i32, hash: u32): usize {
  return tables + (((<usize>table << bits) + (hash >>> (32 - bits))) << 2);
}

/** A hash of what followed the context of this salted hash; 0 if it is new. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function findHistory(table: i32, hash: u32): u32 {
  const slot = load<u32>(slotOf(table, hash));
  const seen = (slot >>> 16) & 255;
  const value = mix(mix(0, (slot & 255) * 8 + <u32>load<u8>(buckets + (seen & 15))), (slot >>> 8) & 255);
  return select<u32>(value, 0, seen != 0 && slot >>> 24 == (hash & 255));
}

/** How often `byte` has followed the context of this salted hash, if nothing else ever has; else 0. */
export function habitOf(table: i32, hash: u32, byte: u32): i32 {
  const slot = load<u32>(slotOf(table, hash));
  if (slot >>> 24 != (hash & 255) || (slot & 0xffff) != byte * 0x101) return 0;
  return (slot >>> 16) & 255;
}

/** Enters `byte` as the successor of the context of this salted hash. */
export function enterHistory(table: i32, hash: u32, byte: u32): void {
  const at = slotOf(table, hash);
  noteWord(at);
  const check = hash & 255;
  const slot = load<u32>(at);
  let first = slot & 255;
  let second = (slot >>> 8) & 255;
  let seen = (slot >>> 16) & 255;
  if (seen == 0 || slot >>> 24 != check) {
    first = byte;
    second = byte;
    seen = 1;
  } else if (first == byte) {
    if (seen < MAX_COUNT) seen++;
  } else if (seen > 2) {
    // A habit survives an exception, at half its strength.
    seen >>>= 1;
    second = byte;
  } else {
    second = first;
    first = byte;
    seen = 1;
  }
  store<u32>(at, (check << 24) | (seen << 16) | (second << 8) | first);
}

function bucketOf(n: u32): u32 {
  if (n <= 3) return n;
  if (n <= 5) return 4;
  if (n <= 8) return 5;
  return n <= 14 ? 6 : 7;
}
