/** What became of bits that were given such odds (secondary symbol estimation), by sample and node, and by what is known of the colour. */
import { LIMIT, squashTable } from '../../mixing/assembly/tables';

const ENTRIES: i32 = 33;
const RATE: i32 = 6;
const NODES: i32 = 1024;
let byNode: usize;
let byColour: usize;
let colourBits: i32;
let nearestNode: usize;
let nearestColour: usize;

/** Lays out both from `at` on. @param bits log2 of the rows by colour. @returns where they end. */
export function openRefinements(at: usize, bits: i32): usize {
  byNode = at;
  byColour = at + (<usize>(ENTRIES * NODES) << 1);
  colourBits = bits;
  return byColour + ((<usize>(ENTRIES << bits)) << 1);
}

export function clearRefinements(): void {
  for (let i: i32 = 0; i < ENTRIES; i++) {
    store<u16>(byNode + (<usize>i << 1), load<u16>(squashTable + (<usize>min(8191, 256 * i) << 1)));
  }
  const bytes: usize = <usize>((NODES + (1 << colourBits)) * ENTRIES) << 1;
  let filled: usize = <usize>ENTRIES << 1;
  while (filled < bytes) {
    memory.copy(byNode + filled, byNode, min(filled, bytes - filled));
    filled <<= 1;
  }
}

/** What both say of such odds, added up. @param node of the sample, 0..1023. @param colour a hash of what is known of the colour. */
export function refine(node: i32, colour: i32, odds: i32): i32 {
  const row = ((colour + node) * 0x9e3779b1) >>> (32 - colourBits);
  const low = odds + LIMIT + 1;
  const part = low & 255;
  const nearest: usize = part >= 128 ? 2 : 0;
  const first = byNode + (<usize>(node * ENTRIES + (low >> 8)) << 1);
  const second = byColour + ((<usize>row * ENTRIES + (low >> 8)) << 1);
  nearestNode = first + nearest;
  nearestColour = second + nearest;
  return between(first, part) + between(second, part);
}

export function learnRefinements(bit: i32): void {
  learn(nearestNode, bit);
  learn(nearestColour, bit);
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
