import { inScope } from '../codec/abandon.js';
import { brotliEncode } from '../codec/brotli.js';
import { type Dictionary, dictionaryOf } from '../codec/dictionary.js';
import type { FrameCodec } from '../codec/frames.js';
import { mapLimited } from '../codec/map-limited.js';
import type { CodecModel } from '../codec/models.js';
import { chooseSamples } from './choose.js';
import { InvalidSamplesError } from './errors.js';

/** Of so many samples one is held out, and how many are coded at most, with how many bytes together. */
const HELD_OUT_ONE_IN = 5;
const MOST_MEASURED = 64;
const MOST_MEASURED_BYTES = 2 ** 16;
/** Samples of which at least one is held out and some are kept. */
const FEWEST = 5;
/** Samples that are coded at a time. */
const AT_ONCE = 8;
/** A dictionary helps from this part of the bytes on that it saves. */
const WORTH_IT = 0.02;

/** What a dictionary gains on samples that it was not made of: bytes of bare frames at `balanced`, all of them together. */
export interface Gains {
  /** How many samples were held out and measured, and their bytes. */
  readonly samples: number;
  readonly bytes: number;
  readonly without: number;
  readonly with: number;
  /** Of brotli 11, each sample alone, without any frame. */
  readonly brotli: number;
  readonly verdict: 'helps' | 'does-not-help';
}

export interface Made {
  readonly dictionary: Dictionary;
  readonly gains: Gains;
}

export interface MakeOptions {
  readonly frames: Pick<FrameCodec, 'compress'>;
  readonly model: CodecModel;
  /** Bytes of the dictionary at most, 1 to MOST_DICTIONARY_BYTES. */
  readonly size: number;
  readonly signal: AbortSignal;
}

/**
 * Makes a dictionary of four fifths of the samples, and measures it on the rest.
 *
 * @throws InvalidSamplesError where there are fewer than five; WorkAbandoned (or the signal's reason) when aborted.
 */
export async function makeDictionary(samples: readonly Uint8Array[], options: MakeOptions): Promise<Made> {
  const whole = samples.filter(({ length }) => length > 0);
  if (whole.length < FEWEST) {
    throw new InvalidSamplesError(
      `There ${whole.length === 1 ? 'is 1 sample' : `are ${whole.length} samples`}, and at least ${FEWEST} are needed: a fifth of them is held out to measure the dictionary on.`,
    );
  }
  const held = whole.filter((_, i) => isHeldOut(i));
  const kept = whole.filter((_, i) => !isHeldOut(i));
  const dictionary = dictionaryOf(await chooseSamples(kept, options.size));
  return { dictionary, gains: await measure(measured(held), dictionary, options) };
}

/** One of each five in a row, not always the same one: what recurs with the same period would be held out as a whole, or not at all. */
function isHeldOut(index: number): boolean {
  const group = Math.floor(index / HELD_OUT_ONE_IN);
  return index % HELD_OUT_ONE_IN === (Math.imul(group + 1, 0x9e3779b1) >>> 16) % HELD_OUT_ONE_IN;
}

/** As many of them as are measured, evenly from all. */
function measured(held: readonly Uint8Array[]): Uint8Array[] {
  const step = Math.max(1, held.length / MOST_MEASURED);
  const chosen: Uint8Array[] = [];
  let bytes = 0;
  for (let i = 0; i < held.length; i += step) {
    const sample = held[Math.floor(i)] as Uint8Array;
    const cut = sample.subarray(0, MOST_MEASURED_BYTES - bytes);
    if (cut.length === 0) break;
    chosen.push(cut);
    bytes += cut.length;
  }
  return chosen;
}

async function measure(
  samples: readonly Uint8Array[],
  dictionary: Dictionary,
  { frames, model, signal }: MakeOptions,
): Promise<Gains> {
  const total = async (lengthOf: (sample: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>): Promise<number> => {
    const coded = await inScope(signal, (scope) =>
      mapLimited(AT_ONCE, scope, samples, (sample) => lengthOf(sample, scope)),
    );
    return coded.reduce((sum, { length }) => sum + length, 0);
  };
  const calls = 'balanced';
  const without = await total((sample, signal) => frames.compress(sample, { model, calls, signal }));
  const withIt = await total((sample, signal) => frames.compress(sample, { model, calls, dictionary, signal }));
  const brotli = await total((sample, signal) => brotliEncode(sample, signal));
  const helps = withIt <= (1 - WORTH_IT) * Math.min(without, brotli);
  const bytes = samples.reduce((sum, { length }) => sum + length, 0);
  const verdict = helps ? 'helps' : 'does-not-help';
  return { samples: samples.length, bytes, without, with: withIt, brotli, verdict };
}
