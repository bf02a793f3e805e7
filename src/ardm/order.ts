import { xorshift32 } from './xorshift32.js';

/** The positions of one block in the order in which they are coded, cut into network calls. */
export interface Partition {
  /** All positions `0 .. n - 1`, call after call. */
  readonly positions: Uint32Array;
  /** `starts[t] .. starts[t + 1]` are the positions of call `t`; one entry more than there are calls. */
  readonly starts: Uint32Array;
}

/** Positions for which `calls` is given, and of a block of the random order. */
export const BLOCK_LENGTH = 1024;

/**
 * Interleaved segments of the block ("lanes"), of nearly equal length, each read left to right, one position of every lane per call.
 * Lanes are far apart, so positions of one call hardly inform each other. There are as many as a block of 1,024 positions needs
 * to be coded in `calls` calls; a longer block has longer lanes, and loses less where they start.
 *
 * @param n positions, at least 1. @param calls at most so many network calls per 1,024 positions, 1..1024.
 */
export function interleaved(n: number, calls: number): Partition {
  const short = Math.min(n, BLOCK_LENGTH);
  const lanes = Math.ceil(short / Math.min(calls, short));
  const base = Math.floor(n / lanes);
  const longer = n % lanes;
  const used = base + (longer > 0 ? 1 : 0);
  const positions = new Uint32Array(n);
  const starts = new Uint32Array(used + 1);
  let at = 0;
  for (let t = 0; t < used; t++) {
    starts[t] = at;
    for (let lane = 0; lane < lanes; lane++) {
      if (t < base + (lane < longer ? 1 : 0)) positions[at++] = lane * base + Math.min(lane, longer) + t;
    }
  }
  starts[used] = at;
  return { positions, starts };
}

/** Calls that an interleaved block of `n` positions really takes. */
export function callsTaken(n: number, calls: number): number {
  return Math.ceil(n / Math.ceil(n / Math.min(calls, n)));
}

/**
 * The dial, of the 63 that make different partitions of a whole block and have short codes in an archive, that
 * `length` positions get: the highest that takes no more than `calls` calls a block.
 *
 * @param calls 1..1024.
 */
export function canonicalCalls(calls: number, length: number = BLOCK_LENGTH): number {
  const n = Math.min(BLOCK_LENGTH, length);
  for (let lanes = 1; n > 0; lanes++) {
    const candidate = Math.ceil(BLOCK_LENGTH / lanes);
    if (callsTaken(n, candidate) <= calls) return candidate;
  }
  return callsTaken(BLOCK_LENGTH, calls);
}

/** The one random order of `n` positions: Fisher-Yates over xorshift32 from a fixed seed (paper, section 5: one order for all data). */
export function randomOrder(n: number): Uint32Array {
  const positions = Uint32Array.from({ length: n }, (_, i) => i);
  let x = 0x9e3779b1;
  for (let i = n - 1; i > 0; i--) {
    x = xorshift32(x);
    const j = x % (i + 1);
    const p = positions[i] as number;
    positions[i] = positions[j] as number;
    positions[j] = p;
  }
  return positions;
}
