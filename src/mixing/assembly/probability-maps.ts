import { noteWord } from './journal';
import { between, clearRows, ENTRIES, entryBelow, learnEntry, nearestEntry } from './refinement-rows';

/** The two maps of `../mixing.md`, section 6. */
const RATE: i32 = 5;
const orderZero = memory.data(16896, 64);
let orderOne: usize;
let orderOneBits: i32;
/** Where each map was looked at last: the entry that learns. */
let nearestZero: usize;
let nearestOne: usize;

/** Lays out the second map from `at` on. @param bits log2 of its rows. @returns where it ends. */
export function openMaps(at: usize, bits: i32): usize {
  orderOne = at;
  orderOneBits = bits;
  return at + ((<usize>(ENTRIES << bits)) << 1);
}

export function clearMaps(): void {
  clearRows(orderZero, 256);
  clearRows(orderOne, 1 << orderOneBits);
}

/** What both maps say of such odds, added up. @param value of the first context. */
export function refine(node: i32, value: i32, odds: i32): i32 {
  const row = ((value + node) * 0x9e3779b1) >>> (32 - orderOneBits);
  const zero = entryBelow(orderZero, node, odds);
  const one = entryBelow(orderOne, row, odds);
  nearestZero = nearestEntry(zero, odds);
  nearestOne = nearestEntry(one, odds);
  return between(zero, odds) + between(one, odds);
}

export function learnMaps(bit: i32): void {
  learnEntry(nearestZero, bit, RATE);
  noteWord(nearestOne & ~3);
  learnEntry(nearestOne, bit, RATE);
}
