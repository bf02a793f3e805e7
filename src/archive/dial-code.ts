import type { Dial } from './types.js';

/** FORMAT.md counts calls per block of this many bytes. */
const BLOCK_LENGTH = 1024;

/** The largest number of calls per block that a dial can say; the smallest is 1. */
export const MAX_CALLS = BLOCK_LENGTH;

/** Calls that the interleaved schedule can really make, rising; the index is the dial's short code. */
const SHORT_CALLS: readonly number[] = [
  ...new Set(Array.from({ length: BLOCK_LENGTH }, (_, index) => Math.ceil(BLOCK_LENGTH / (index + 1)))),
].reverse();

const CODE_OF_CALLS: ReadonlyMap<number, number> = new Map(SHORT_CALLS.map((calls, code) => [calls, code]));

/** The dial bits that announce an explicit dial. */
export const EXPLICIT = SHORT_CALLS.length;

/** The short code, 0..62, of a dial; undefined if it has to be written explicitly. */
export function shortCode(dial: Dial): number | undefined {
  return dial.schedule === 'interleaved' ? CODE_OF_CALLS.get(dial.calls) : undefined;
}

/** The dial of a short code; undefined if there is no such code. */
export function dialOfShortCode(code: number): Dial | undefined {
  const calls = SHORT_CALLS[code];
  return calls === undefined ? undefined : { schedule: 'interleaved', calls };
}
