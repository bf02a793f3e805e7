/** What became of bits that were given such odds (secondary symbol estimation), by sample and node, and by what is known of the colour. */
import {
  between,
  clearRows,
  ENTRIES,
  entryBelow,
  learnEntry,
  nearestEntry,
} from '../../mixing/assembly/refinement-rows';

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
  // One lies behind the other.
  clearRows(byNode, NODES + (1 << colourBits));
}

/** What both say of such odds, added up. @param node of the sample, 0..1023. @param colour a hash of what is known of the colour. */
export function refine(node: i32, colour: i32, odds: i32): i32 {
  const row = ((colour + node) * 0x9e3779b1) >>> (32 - colourBits);
  const first = entryBelow(byNode, node, odds);
  const second = entryBelow(byColour, <i32>row, odds);
  nearestNode = nearestEntry(first, odds);
  nearestColour = nearestEntry(second, odds);
  return between(first, odds) + between(second, odds);
}

export function learnRefinements(bit: i32): void {
  learnEntry(nearestNode, bit, RATE);
  learnEntry(nearestColour, bit, RATE);
}
