import { BLOCK_LENGTH } from '../ardm/order.js';
import { quickLength } from './brotli.js';
import { timed } from './estimate-seconds.js';
import { judgeByBeginnings, withBrotli } from './lane-beginnings.js';
import { lanesOf, type Network } from './lanes.js';
import { mapLimited } from './map-limited.js';
import type { SampleSetting } from './sample-setting.js';
import { evenly, sum } from './sums.js';

/** Bytes that are coded in a number of lanes, at most, and in all of them together. */
const SAMPLE = 2 ** 17;
const SAMPLES = 2 ** 18;

/** Numbers of lanes that a segment is coded in whole: the first two always (8 are `balanced`), the others where it is short. */
const WHOLE = [8, 256, 32, 1, 1024] as const;

/**
 * Numbers of lanes whose beginnings are coded. Those of few lanes come from too few places: of a log whose parts differ, those of 8 lanes told twice
 * the truth.
 */
const BEGUN = [32, 256] as const;

/**
 * Where the bytes of 1, 2, 4 ... 1024 lanes lie between those of 32 (0) and 256 (1): the more lanes, the less each byte knows of those before it, and
 * the more beginnings there are. Measured with text-2 on logs of installations, a patch, JSON and sources; of 8 lanes, which lie at -0.15 to -0.5 on logs and
 * -1.1 to -1.3 on data, on held-out logs, JSON and tables.
 */
const PLACES = [-1.6, -1.35, -1.1, -0.8, -0.4, 0, 0.28, 0.57, 1, 1.75, 2.85];
/** How far off that may be, in parts of the distance from what is known. */
const PLACE_ERROR = 0.8;

/** Part by which what brotli tells of other segments may be wrong. */
const SEGMENTS_ERROR = 0.03;

/** Segments that the quick brotli is given at most, to find one that is like all. */
const MOST_SEGMENTS = 16;

/**
 * What a model makes of a long input that reads each segment in lanes. Of one segment the beginnings of all lanes are coded, as its first network calls
 * would be: so they come from all over it, and the rest differs only by what has been learned until then. Few numbers of lanes are coded; the others lie between.
 */
export async function judgeLanes(
  input: Uint8Array,
  segments: readonly Uint8Array[],
  sampling: SampleSetting,
): Promise<Network> {
  const { segment, ratio, mixed } = await typical(segments, sampling.signal);
  const coded = segment.length <= SAMPLE ? await codeWhole(segment, sampling) : await codeBeginnings(segment, sampling);
  const known = [...coded].sort((a, b) => a.lanes - b.lanes);
  const ofSegments = segments.length > 1 ? SEGMENTS_ERROR : 0;
  return {
    bytes: (dial) => Math.min(input.length, ratio * between(known, lanesOf(dial)).bytes),
    error: (dial) => {
      const { bytes, error } = between(known, lanesOf(dial));
      return ratio * (error + ofSegments * bytes);
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

/** Bytes of a whole segment, and how many more or less they may be. */
interface Bytes {
  readonly bytes: number;
  readonly error: number;
}

interface CodedLanes extends Bytes {
  readonly lanes: number;
  /** Bytes that were coded, and what that took. */
  readonly length: number;
  readonly seconds: number;
}

async function codeWhole(
  segment: Uint8Array,
  { coder, model, dictionary, signal }: SampleSetting,
): Promise<readonly CodedLanes[]> {
  const numbers = WHOLE.slice(0, Math.max(2, Math.floor(SAMPLES / segment.length)));
  return await mapLimited(coder.size, signal, numbers, async (lanes) => {
    const dial = model.kind.dial(callsOf(lanes), segment.length);
    const { result, seconds } = await timed(() => coder.encode(model.id, segment, dial, signal, undefined, dictionary));
    return { lanes, bytes: result.length, error: 0, length: segment.length, seconds };
  });
}

/** Judges a segment by the beginnings of its lanes. */
async function codeBeginnings(
  segment: Uint8Array,
  { coder, model, dictionary, signal }: SampleSetting,
): Promise<readonly CodedLanes[]> {
  const quick = await quickLength(segment, signal);
  return await mapLimited(coder.size, signal, BEGUN, async (lanes) => {
    const beginnings = beginningsOf(segment, lanes, Math.floor(SAMPLE / lanes));
    const dial = model.kind.dial(callsOf(lanes), beginnings.length);
    const { result, seconds } = await timed(() => coder.trace(model.id, beginnings, dial, signal, dictionary));
    const judged = judgeByBeginnings(result.bits, lanes, segment.length);
    const byBrotli = (sum(result.bits) * quick) / (await quickLength(beginnings, signal));
    const { bits, error } = withBrotli(judged, byBrotli);
    return { lanes, bytes: bits / 8, error: error / 8, length: beginnings.length, seconds };
  });
}

function callsOf(lanes: number): number {
  return Math.ceil(BLOCK_LENGTH / lanes);
}

/** The first bytes of all lanes of a segment, one lane after the other. */
function beginningsOf(segment: Uint8Array, lanes: number, each: number): Uint8Array {
  const length = Math.floor(segment.length / lanes);
  const starts = Array.from({ length: lanes }, (_, lane) => lane * length);
  return Buffer.concat(starts.map((start) => segment.subarray(start, start + each)));
}

/** Bytes at any number of lanes, from the nearest that are known below and above, or the two nearest. @param known in the order of their lanes. */
function between(known: readonly CodedLanes[], lanes: number): Bytes {
  const exact = known.find((each) => each.lanes === lanes);
  if (exact) return exact;
  const above = known.findIndex((each) => each.lanes > lanes);
  const from = Math.min(known.length - 2, Math.max(0, (above === -1 ? known.length : above) - 1));
  const [low, high] = [known[from] as CodedLanes, known[from + 1] as CodedLanes];
  const distance = placeOf(high.lanes) - placeOf(low.lanes);
  const part = (placeOf(lanes) - placeOf(low.lanes)) / distance;
  const step = high.bytes - low.bytes;
  const away = distance * Math.min(Math.abs(part), Math.abs(1 - part));
  return {
    bytes: Math.max(1, low.bytes + step * part),
    error:
      Math.abs(1 - part) * low.error + Math.abs(part) * high.error + PLACE_ERROR * away * Math.abs(step / distance),
  };
}

function placeOf(lanes: number): number {
  const at = Math.log2(lanes);
  const low = PLACES[Math.floor(at)] as number;
  const high = PLACES[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}
