import { BLOCK_LENGTH } from '../ardm/order.js';
import { quickLength } from './brotli.js';
import { timed } from './estimate-seconds.js';
import { lanesOf, type Network } from './lanes.js';
import { mapLimited } from './map-limited.js';
import type { SampleSetting } from './sample-setting.js';
import { evenly, sum } from './sums.js';

/** Bytes that are coded in a number of lanes, at most, and in all of them together. */
const SAMPLE = 2 ** 17;
const SAMPLES = 2 ** 18;

/** Numbers of lanes that are coded: the first two always, the others where the input is short. */
const CODED = [32, 256, 1, 8, 1024] as const;

/**
 * Where the bytes of 1, 2, 4 ... 1024 lanes lie between those of 32 (0) and 256 (1): the more lanes, the less each byte knows of those before it, and
 * the more beginnings there are. Measured with text-2 on logs of installations, a patch, JSON and sources.
 */
const PLACES = [-1.6, -1.1, -0.75, -0.47, -0.22, 0, 0.28, 0.57, 1, 1.75, 2.85];
/** How far off that may be, in parts of the distance from what is known. */
const PLACE_ERROR = 0.4;

/** Part of what was learned in the last doubling that is learned in the next. Measured on the same files. */
const STILL_LEARNED = 0.9;
/** Parts by which learning, and what brotli tells of other segments, may be wrong. */
const LEARNING_ERROR = 0.3;
const SAMPLE_ERROR = 0.015;
const SEGMENTS_ERROR = 0.03;

/** Segments that the quick brotli is given at most, to find one that is like all. */
const MOST_SEGMENTS = 16;

/**
 * What a model makes of a long input that reads each segment in lanes. Of one segment the beginnings of all lanes are coded, as its first network calls
 * would be: so they come from all over it, and what is yet to come is only what is learned later. Few numbers of lanes are coded; the others lie between.
 */
export async function judgeLanes(
  input: Uint8Array,
  segments: readonly Uint8Array[],
  sampling: SampleSetting,
): Promise<Network> {
  const { segment, ratio, mixed } = await typical(segments, sampling.signal);
  const isWhole = segments.length === 1 && segment.length <= SAMPLE;
  const count = Math.max(2, Math.floor(SAMPLES / Math.min(SAMPLE, segment.length)));
  const coded = await mapLimited(sampling.coder.size, sampling.signal, CODED.slice(0, count), (lanes) =>
    codeLanes(segment, lanes, sampling),
  );
  const known = new Map(coded.map(({ lanes, bytes }) => [lanes, ratio * bytes]));
  const step = Math.abs((known.get(256) as number) - (known.get(32) as number));
  const learning = isWhole ? 0 : SAMPLE_ERROR + (segments.length > 1 ? SEGMENTS_ERROR : 0);
  const toCome = Math.max(...coded.map((each) => Math.abs(each.toCome)));
  const bytes = (lanes: number): number => Math.min(input.length, between(known, lanes));
  return {
    bytes: (dial) => bytes(lanesOf(dial)),
    error: (dial) => {
      const lanes = lanesOf(dial);
      const away = Math.min(...[...known.keys()].map((each) => Math.abs(placeOf(each) - placeOf(lanes))));
      return (learning + LEARNING_ERROR * toCome) * bytes(lanes) + PLACE_ERROR * away * step;
    },
    mixed,
    secondsPerByte: sum(coded.map(({ seconds }) => seconds)) / sum(coded.map(({ length }) => length)),
  };
}

/** A segment as like all as can be found, how many times its bytes all segments have once they are coded, and whether some do not shrink. */
async function typical(
  segments: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<{ readonly segment: Uint8Array; readonly ratio: number; readonly mixed: boolean }> {
  const [only] = segments;
  if (only && segments.length === 1) return { segment: only, ratio: 1, mixed: false };
  const looked = evenly(segments, MOST_SEGMENTS);
  const quick = await mapLimited(2, signal, looked, (segment) => quickLength(segment, signal));
  const rates = quick.map((length, i) => length / (looked[i] as Uint8Array).length);
  const mean = sum(quick) / sum(looked.map(({ length }) => length));
  const distances = rates.map((rate) => Math.abs(rate - mean));
  const at = distances.indexOf(Math.min(...distances));
  const segment = looked[at] as Uint8Array;
  const ratio = (sum(segments.map(({ length }) => length)) * mean) / (quick[at] as number);
  return { segment, ratio, mixed: rates.some((rate) => rate >= 1) && mean < 1 };
}

interface CodedLanes {
  readonly lanes: number;
  /** Of the whole segment. */
  readonly bytes: number;
  /** Logarithm of the part to which its rate still falls. */
  readonly toCome: number;
  /** Bytes that were coded, and what that took. */
  readonly length: number;
  readonly seconds: number;
}

/** Bytes of a segment in so many lanes: coded as a whole, or judged by the beginnings of its lanes. */
async function codeLanes(
  segment: Uint8Array,
  lanes: number,
  { coder, model, dictionary, signal }: SampleSetting,
): Promise<CodedLanes> {
  const calls = Math.ceil(BLOCK_LENGTH / lanes);
  if (segment.length <= SAMPLE) {
    const dial = model.kind.dial(calls, segment.length);
    const { result, seconds } = await timed(() => coder.encode(model.id, segment, dial, signal, undefined, dictionary));
    return { lanes, bytes: result.length, toCome: 0, length: segment.length, seconds };
  }
  const each = Math.floor(SAMPLE / lanes);
  const beginnings = beginningsOf(segment, lanes, each);
  const dial = model.kind.dial(calls, beginnings.length);
  const { result, seconds } = await timed(() => coder.trace(model.id, beginnings, dial, signal, dictionary));
  const { bits } = result;
  const early = sum(bits.filter((_, i) => i % each < each / 2));
  const all = sum(bits);
  // In the first half of the calls, and in all of them.
  const lastDoubling = Math.min(0, Math.log(all / (2 * Math.max(early, 1))));
  const toCome = lastDoubling * weightOf(Math.log2(segment.length / beginnings.length));
  const bytes = (all / 8) * (segment.length / beginnings.length) * Math.exp(toCome);
  return { lanes, bytes, toCome, length: beginnings.length, seconds };
}

/** The first bytes of all lanes of a segment, one lane after the other. */
function beginningsOf(segment: Uint8Array, lanes: number, each: number): Uint8Array {
  const length = Math.floor(segment.length / lanes);
  const starts = Array.from({ length: lanes }, (_, lane) => lane * length);
  return Buffer.concat(starts.map((start) => segment.subarray(start, start + each)));
}

/** How many times the last doubling's learning so many more doublings learn. */
function weightOf(doublings: number): number {
  let weight = 0;
  for (let step = 1, left = doublings; left > 0; step++, left--) weight += Math.min(1, left) * STILL_LEARNED ** step;
  return weight;
}

/** Bytes at any number of lanes, from the nearest that are known below and above, or the two nearest. */
function between(known: ReadonlyMap<number, number>, lanes: number): number {
  const exact = known.get(lanes);
  if (exact !== undefined) return exact;
  const sorted = [...known.keys()].sort((a, b) => a - b);
  const above = sorted.findIndex((each) => each > lanes);
  const from = Math.min(sorted.length - 2, Math.max(0, (above === -1 ? sorted.length : above) - 1));
  const [low, high] = [sorted[from] as number, sorted[from + 1] as number];
  const [atLow, atHigh] = [known.get(low) as number, known.get(high) as number];
  const part = (placeOf(lanes) - placeOf(low)) / (placeOf(high) - placeOf(low));
  return Math.max(1, atLow + (atHigh - atLow) * part);
}

function placeOf(lanes: number): number {
  const at = Math.log2(lanes);
  const low = PLACES[Math.floor(at)] as number;
  const high = PLACES[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}
