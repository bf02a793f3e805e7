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
let rowOfNode: i32;
let rowOfColour: i32;
/** What nobody reads: it keeps loads that only fetch memory. */
let fetched: i32;
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

/**
 * Finds the rows, and begins to fetch what will be read of them: other work may go on until `refine`.
 *
 * @param node of the sample, 0..1023. @param colour a hash of what is known of the colour. @param odds near those that will be refined.
 */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function seekRefinements(node: i32, colour: i32, odds: i32): void {
  rowOfNode = node;
  rowOfColour = ((colour + node) * 0x9e3779b1) >>> (32 - colourBits);
  fetched = load<u16>(entryBelow(byColour, rowOfColour, odds)) | load<u16>(entryBelow(byNode, node, odds));
}

/** What both say of such odds, added up. */
export function refine(odds: i32): i32 {
  const first = entryBelow(byNode, rowOfNode, odds);
  const second = entryBelow(byColour, rowOfColour, odds);
  nearestNode = nearestEntry(first, odds);
  nearestColour = nearestEntry(second, odds);
  return between(first, odds) + between(second, odds);
}

export function learnRefinements(bit: i32): void {
  learnEntry(nearestNode, bit, RATE);
  learnEntry(nearestColour, bit, RATE);
}
