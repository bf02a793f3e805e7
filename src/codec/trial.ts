import { brotliEncode, quickLength } from './brotli.js';
import { entropy } from './dense.js';
import type { ArdmSetting } from './segments.js';
import { structureIn } from './structure.js';

/** Places that are sampled, spread evenly over the bytes (a head often has nothing in common with what follows), and bytes of a sample. */
const PLACES = 3;
const SAMPLE = 2 ** 11;

/** ARDM learns as it goes: where it saves anything on the samples, it is given up only if it takes so many times what brotli takes. */
export const HOPELESS = 2;

/** Part of its bytes, or bytes, to which the quick brotli must bring an input for ARDM to have next to nothing to win. */
const TRIVIAL = 1 / 4_096;
const TRIVIAL_BYTES = 16;

/**
 * Whether bytes repeat themselves so plainly that the network is not asked: zeros, or one line again and again. ARDM could save a part of
 * what a quick brotli makes of them, hence less than a 4,096th of the bytes, or than 16 of at least 4 KiB.
 *
 * @param quick bytes that the quick brotli makes of them. @param length bytes.
 */
export function isTrivial(quick: number, length: number): boolean {
  return quick <= Math.max(TRIVIAL * length, length >= SHORTEST_TRIVIAL ? TRIVIAL_BYTES : 0);
}

/** Bytes of the shortest input that is looked at for being trivial: of less, a few bytes are a large part. */
const SHORTEST_TRIVIAL = 2 ** 12;

/** Bytes of the shortest input that can be hopeless: in fewer, what is chance and what is structure is not told apart. */
const SHORTEST_HOPELESS = 1_000;
/** Parts of its bytes that an input's structure may be worth, and that the quick brotli may save, for it to be hopeless: without doubt, and if a sample says so, too. */
const WITHOUT_DOUBT = { structure: 1 / 50, saved: 1 / 40 };
const IN_DOUBT = { structure: 1 / 25, saved: 1 / 28 };
const SAMPLE_IN_DOUBT = 2 ** 10;

/**
 * Whether bytes are hopeless, as compressed and encrypted ones and random ones are: simple statistics find next to no structure near by, and a quick
 * brotli hardly anything that repeats itself from further away. The network is asked only where that leaves a doubt, or where the bytes continue a
 * dictionary, which may know them.
 */
async function isHopeless(bytes: Uint8Array, ardm: ArdmSetting, signal: AbortSignal, quick?: number): Promise<boolean> {
  const { length } = bytes;
  if (length < SHORTEST_HOPELESS) return false;
  const structure = await structureIn(bytes, IN_DOUBT.structure * length, signal);
  if (structure > IN_DOUBT.structure * length) return false;
  const saved = length - (quick ?? (await quickLength(bytes, signal)));
  if (saved > IN_DOUBT.saved * length) return false;
  const isPlain = structure <= WITHOUT_DOUBT.structure * length && saved <= WITHOUT_DOUBT.saved * length;
  return (isPlain && !ardm.dictionary) || !(await shrinksSample(bytes, ardm, signal));
}

/** Whether ARDM makes a sample from the middle smaller. */
async function shrinksSample(bytes: Uint8Array, ardm: ArdmSetting, signal: AbortSignal): Promise<boolean> {
  const { coder, model, dial, dictionary } = ardm;
  const start = Math.max(0, bytes.length - SAMPLE_IN_DOUBT) >> 1;
  const sample = bytes.subarray(start, start + SAMPLE_IN_DOUBT);
  return (await coder.encode(model.id, sample, dial, signal, undefined, dictionary)).length < sample.length;
}

/** Whether a short segment, which is coded without a trial otherwise, can be given up at a glance: it is hopeless, or has one byte, or two in turn. */
export async function isUseless(bytes: Uint8Array, ardm: ArdmSetting, signal: AbortSignal): Promise<boolean> {
  if (bytes.length >= SHORTEST_TRIVIAL && entropy(bytes) <= 1) {
    return isTrivial(await quickLength(bytes, signal), bytes.length);
  }
  return await isHopeless(bytes, ardm, signal);
}

/**
 * Whether ARDM should code the bytes: not where they are hopeless at a glance, nor where it makes three samples of 2 KiB no smaller at all. On random
 * bytes and compressed formats it takes 1.02 to 1.05 times a sample, on raw sound 0.98 and less. What that may cost is the little that it
 * learns in a long file: 0.6 % of a JPEG, 0.1 % of a PNG, nothing of xz.
 *
 * @param bytes at least 2 KiB. @param quick what the quick brotli makes of them, where that is known.
 */
export async function isPromising(
  bytes: Uint8Array,
  ardm: ArdmSetting,
  signal: AbortSignal,
  quick?: number,
): Promise<boolean> {
  if (await isHopeless(bytes, ardm, signal, quick)) return false;
  const [byArdm, byBrotli] = await sampled(bytes, ardm, signal);
  return byArdm < PLACES * SAMPLE && byArdm <= HOPELESS * byBrotli;
}

/** Files up to this length are coded both ways without a trial. */
const SHORT = 2 ** 14;
/** Parts to which what a quick brotli makes of a file, and what ARDM makes of samples of it, may still fall on the whole: it learns. */
const BROTLI_FALLS = 3 / 4;
const ARDM_FALLS = 3 / 5;

/**
 * Whether a file of which a model of something else than bytes has made `most` bytes may become smaller as bytes. On photographs it may not,
 * on drawings it may; a photograph of 12 MB would be coded for ten minutes for nothing.
 */
export async function mayBeatAsBytes(
  bytes: Uint8Array,
  most: number,
  ardm: ArdmSetting,
  signal: AbortSignal,
): Promise<boolean> {
  if (bytes.length <= SHORT) return true;
  if (BROTLI_FALLS * (await quickLength(bytes, signal)) < most) return true;
  const [byArdm] = await sampled(bytes, ardm, signal);
  return byArdm < PLACES * SAMPLE && (ARDM_FALLS * byArdm * bytes.length) / (PLACES * SAMPLE) < most;
}

/** The part to which what a quick brotli makes of sound may fall by a model of bytes. */
const SOUND_FALLS = 3 / 4;

/**
 * The same of sound, of any length: waves are nothing to a model of bytes; what repeats itself bit for bit (loops, silence, tones of a program)
 * is, and a quick brotli sees it.
 */
export async function mayBeatSound(bytes: Uint8Array, most: number, signal: AbortSignal): Promise<boolean> {
  return SOUND_FALLS * (await quickLength(bytes, signal)) < most;
}

/** Bytes that ARDM and brotli make of the samples. */
async function sampled(bytes: Uint8Array, ardm: ArdmSetting, signal: AbortSignal): Promise<[number, number]> {
  const { coder, model, dial, dictionary } = ardm;
  const room = bytes.length - SAMPLE;
  const samples = Array.from({ length: PLACES }, (_, i) => {
    const start = Math.floor((room * (2 * i + 1)) / (2 * PLACES));
    return bytes.subarray(start, start + SAMPLE);
  });
  return await Promise.all([
    total(samples.map((sample) => coder.encode(model.id, sample, dial, signal, undefined, dictionary))),
    total(samples.map((sample) => brotliEncode(sample, signal))),
  ]);
}

async function total(coded: readonly Promise<Uint8Array>[]): Promise<number> {
  return (await Promise.all(coded)).reduce((sum, { length }) => sum + length, 0);
}
