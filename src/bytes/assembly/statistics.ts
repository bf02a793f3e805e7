import { CLASSES, classOf } from './byte-classes';
import { mix } from './hash';

/** What kinds of bytes are known of the segment, and how much of it is. */

/** Known bytes from which on shares mean something. */
const ENOUGH: u32 = 8;
const counts = memory.data(24, 16);
/** Bytes that are known. */
export let total: u32;
/** Hash of the classes' shares after the last call: 0 before the first one, 1 as long as little is known. */
export let document: u32;

export function clearStatistics(): void {
  memory.fill(counts, 0, 24);
  total = 0;
  document = 0;
}

/** Takes in a byte that has become known. */
export function count(byte: u32): void {
  const at = counts + (classOf(byte) << 2);
  store<u32>(at, load<u32>(at) + 1);
  total++;
}

export function endCall(): void {
  if (total < ENOUGH) {
    document = 1;
    return;
  }
  let h: u32 = 2;
  for (let kind: i32 = 0; kind < CLASSES; kind++) h = mix(h, shareLevel(load<u32>(counts + (<usize>kind << 2))));
  document = h;
}

/** @param run length of the known run on the left. @param right distance of the nearest known byte on the right. */
export function placeOf(run: i32, right: i32): u32 {
  return mix(mix(mix(0, runBucket(run)), right), 32 - clz(total));
}

/** 0..32 in 12 classes. */
function runBucket(run: i32): i32 {
  if (run <= 8) return run;
  if (run < 16) return 9;
  return run < 32 ? 10 : 11;
}

/** In whole 32nds: none at all, 0, 1-2, 3-6, 7-14, more. */
function shareLevel(n: u32): u32 {
  const share: u64 = 32 * <u64>n;
  const all: u64 = total;
  if (share < all) return n > 0 ? 1 : 0;
  if (share < 3 * all) return 2;
  if (share < 7 * all) return 3;
  return share < 15 * all ? 4 : 5;
}
