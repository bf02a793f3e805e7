import type { Shape } from '../ardm/kind.js';
import { type Cut, cutsIn, cutsOf } from '../containers/cuts.js';
import { bitsOf, bytesOfFrame, bytesOfSound } from '../containers/sound.js';
import type { SampleFormat, Sound } from '../containers/types.js';
import type { Parts } from './parts.js';

export { SAMPLE_FORMATS } from '../containers/sound.js';

/** Samples, those of all channels: longer sound is tried in so many places, on so many of them. */
const TRIAL_FREE = 2 ** 16;
const TRIAL_PLACES = 3;
const TRIAL_SAMPLES = 2 ** 12;

/** The cuts of sound. */
export function soundParts(sound: Sound): Parts {
  const shape = shapeOfSound(sound);
  let cuts: readonly Cut[] | undefined;
  const listed = (): readonly Cut[] => {
    cuts ??= [...cutsOf(sound)];
    return cuts;
  };
  return {
    content: 'sound',
    length: bytesOfSound(sound),
    count: cutsIn(sound),
    list: () =>
      listed().map(({ start, end }) => ({
        length: end - start,
        positions: (end - start) / bytesOfFrame(sound),
        shape,
      })),
    cut(samples, index) {
      const { start, end } = listed()[index] as Cut;
      return samples.subarray(start, end);
    },
    join: (segments) => Buffer.concat(segments),
    trials: (samples) =>
      placesIn(sound).map(({ start, end }) => ({ bytes: Uint8Array.from(samples.subarray(start, end)), shape })),
  };
}

function placesIn(sound: Sound): readonly Cut[] {
  if (sound.frames * sound.channels <= TRIAL_FREE) return [];
  const frames = Math.floor(TRIAL_SAMPLES / sound.channels);
  const frame = bytesOfFrame(sound);
  return Array.from({ length: TRIAL_PLACES }, (_, i) => {
    const start = Math.floor(((sound.frames - frames) * (2 * i + 1)) / (2 * TRIAL_PLACES));
    return { start: start * frame, end: (start + frames) * frame };
  });
}

/** How samples are read, as models of sound are told: unsigned, signed with the least significant byte first, or the most significant one. */
const ENCODINGS: Readonly<Record<SampleFormat, 0 | 1 | 2>> = { u8: 0, s8: 1, s16le: 1, s16be: 2, s24le: 1, s24be: 2 };

/** The shape of a segment as models of sound need it: channels, bits of a sample, encoding, frames a second. */
export function shapeOfSound({ format, channels, rate }: Omit<Sound, 'frames'>): Shape {
  return [channels, bitsOf(format), ENCODINGS[format], rate];
}
