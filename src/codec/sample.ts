import { createHash } from 'node:crypto';
import { samplesOf } from '../containers/geometry.js';
import type { Extent } from '../containers/types.js';
import { longestPayload } from './longest-payload.js';
import { shapeOf } from './picture.js';
import type { SampleSetting } from './sample-setting.js';

/** Bytes of the longest sample. */
export const MOST_SAMPLE_BYTES = 2 ** 14;
/** Pixels of the largest picture, and of its longer side: all of it is one tile. */
export const MOST_SAMPLE_PIXELS = 2 ** 16;
export const MOST_SAMPLE_SIDE = 1024;
export const DEFAULT_SAMPLE_PIXELS: Extent = { width: 64, height: 64, channels: 3 };

/** Which sample: `calls` 1..1024, `seed` an integer from 0 to 2^32 - 1, `length` in bytes. */
export interface Draw {
  readonly calls: number;
  readonly seed: number;
  readonly length: number;
}

/** Which picture. */
export type PictureDraw = Omit<Draw, 'length'> & { readonly pixels: Extent };

/**
 * Draws a sample from a model: what its decoder makes of random bits, all positions of a call at once (the paper's parallel generation). All of it is integers, so the same seed gives the same sample on every machine.
 */
export async function drawSample(
  { coder, model, signal }: SampleSetting,
  { calls, seed, length }: Draw,
): Promise<Uint8Array> {
  // More bits than any sample takes, so that the decoder never comes to their end.
  const bits = randomBytes(seed, longestPayload(length));
  return await coder.decode(model.id, bits, length, model.kind.dial(calls, length), signal);
}

/** Draws a picture: as `drawSample` does bytes, from coarse to fine. @returns its samples, row after row. */
export async function drawPicture(
  { coder, model, signal }: SampleSetting,
  { calls, seed, pixels }: PictureDraw,
): Promise<Uint8Array> {
  const length = samplesOf(pixels);
  const shape = shapeOf(pixels, pixels);
  const bits = randomBytes(seed, longestPayload(length));
  const dial = model.kind.dial(calls, length, shape);
  return await coder.decode(model.id, bits, length, dial, signal, undefined, undefined, shape);
}

/** The beginning of SHA-256(`seed 0`), SHA-256(`seed 1`) and so on, in decimal digits. */
function randomBytes(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(32 * Math.ceil(length / 32));
  for (let counter = 0; 32 * counter < length; counter++) {
    bytes.set(createHash('sha256').update(`${seed} ${counter}`).digest(), 32 * counter);
  }
  return bytes.subarray(0, length);
}
