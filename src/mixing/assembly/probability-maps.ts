import { noteWord } from './journal';
import { LIMIT, squashTable } from './tables';

/** The two maps of `../mixing.md`, section 6: rows of 33 uint16. */
const ENTRIES: i32 = 33;
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
  clear(orderZero, 256);
  clear(orderOne, 1 << orderOneBits);
}

/** Rows that are the identity. */
function clear(at: usize, rows: i32): void {
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

/** What both maps say of such odds, added up. @param value of the first context. */
export function refine(node: i32, value: i32, odds: i32): i32 {
  const row = ((value + node) * 0x9e3779b1) >>> (32 - orderOneBits);
  const low = odds + LIMIT + 1;
  const part = low & 255;
  const nearest: usize = part >= 128 ? 2 : 0;
  const zero = orderZero + (<usize>(node * ENTRIES + (low >> 8)) << 1);
  const one = orderOne + ((<usize>row * ENTRIES + (low >> 8)) << 1);
  nearestZero = zero + nearest;
  nearestOne = one + nearest;
  return between(zero, part) + between(one, part);
}

export function learnMaps(bit: i32): void {
  learn(nearestZero, bit);
  noteWord(nearestOne & ~3);
  learn(nearestOne, bit);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function between(at: usize, part: i32): i32 {
  return (<i32>load<u16>(at) * (256 - part) + <i32>load<u16>(at, 2) * part) >> 8;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function learn(at: usize, bit: i32): void {
  const entry = <i32>load<u16>(at);
  store<u16>(at, <u16>(entry + (((bit << 16) - entry) >> RATE)));
}
