import { bytesOfFrame } from './sound.js';
import type { Sound } from './types.js';

/** FORMAT.md, section 15: samples of the longest cut, those of all channels. */
const MOST_SAMPLES = 2 ** 18;

/** How many segments sound has. */
export function cutsIn({ frames, channels }: Sound): number {
  return Math.ceil(frames / Math.floor(MOST_SAMPLES / channels));
}

/** A part of sound that is a segment of its own, in bytes of its samples. */
export interface Cut {
  readonly start: number;
  readonly end: number;
}

/** The cuts of sound, in the order of its segments: all alike but for one frame. */
export function* cutsOf(sound: Sound): Generator<Cut> {
  const count = cutsIn(sound);
  const frame = bytesOfFrame(sound);
  // Exact: an archive has at most 2^16 segments, so the products are below 2^50.
  const startOf = (index: number): number => Math.floor((index * sound.frames) / count) * frame;
  for (let index = 0; index < count; index++) yield { start: startOf(index), end: startOf(index + 1) };
}
