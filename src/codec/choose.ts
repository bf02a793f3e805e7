import type { Segment } from '../archive/types.js';
import { archiveLength } from './archive-length.js';
import { brotliEncode } from './brotli.js';
import { mapLimited } from './map-limited.js';
import { type ArdmSetting, ardmSegment, brotliSegment, smallest, storedSegment } from './segments.js';
import { SEGMENT_LENGTH, splitSegments } from './split.js';

/** Segments up to this length are coded both ways without a trial. */
const TRIAL_FREE = 2 ** 16;

/** Bytes at the start of a longer segment on which ARDM must not be hopeless before it may code the whole. */
const SAMPLE = 2 ** 13;

/** ARDM learns a segment as it goes: only one that is this much behind brotli on the sample is given up. */
const HOPELESS = 2;

/** Quality of a brotli that takes a fiftieth of the time of 11, and how many times ARDM's bytes it must make for 11 not to be tried. */
const QUICK = 5;
const OUT_OF_REACH = 1.35;

/** Segments of one request that are worked on at once; bounds its memory, and the most workers it can use. */
export const SEGMENTS_AT_ONCE = 16;

/** Brotli encoders of one request, besides that of the whole file: each takes memory, and turns from other requests. */
const ENCODERS = 2;

/** What a request for a certain model gets: ARDM, but stored what would grow. */
export async function encodeWithModel(input: Uint8Array, ardm: ArdmSetting, signal: AbortSignal): Promise<Segment[]> {
  const segments = await mapLimited(SEGMENTS_AT_ONCE, signal, splitSegments(input), async (bytes) => {
    const coded = await ardmSegment(bytes, ardm, signal);
    ardm.onSegment?.(bytes, true);
    return smallest([storedSegment(bytes), coded]);
  });
  return segments.every(({ method }) => method === 'stored') ? [storedSegment(input)] : segments;
}

/**
 * What `auto` gets: the smallest archive of three: brotli over the whole input, the input itself, and each segment by
 * whichever of ARDM, brotli and storing is best for it. Hence never more than `brotli -q 11` and the archive's overhead.
 */
export async function encodeSmallest(input: Uint8Array, ardm: ArdmSetting, signal: AbortSignal): Promise<Segment[]> {
  if (input.length <= SEGMENT_LENGTH) {
    const [brotli, coded] = await Promise.all([brotliSegment(input, signal), promisingArdm(input, ardm, signal)]);
    ardm.onSegment?.(input, coded !== undefined);
    return [smallest([storedSegment(input), brotli, ...(coded ? [coded] : [])])];
  }
  const [brotli, mixed] = await Promise.all([brotliSegment(input, signal), encodeMixed(input, ardm, signal)]);
  const candidates = [[brotli], ...(mixed ? [mixed] : []), [storedSegment(input)]];
  return candidates.reduce((best, candidate) => (archiveLength(candidate) < archiveLength(best) ? candidate : best));
}

/** Every segment by its best method; undefined where ARDM helps with none, since brotli then does better on the whole. */
async function encodeMixed(input: Uint8Array, ardm: ArdmSetting, signal: AbortSignal): Promise<Segment[] | undefined> {
  const pieces = splitSegments(input);
  const coded = await mapLimited(SEGMENTS_AT_ONCE, signal, pieces, async (bytes) => {
    const segment = await promisingArdm(bytes, ardm, signal);
    ardm.onSegment?.(bytes, segment !== undefined);
    return segment;
  });
  if (coded.every((segment) => segment === undefined)) return undefined;
  return await mapLimited(ENCODERS, signal, pieces, async (bytes, index) => {
    const candidate = coded[index];
    const quick = candidate ? (await brotliEncode(bytes, signal, QUICK)).length : 0;
    if (candidate && quick > OUT_OF_REACH * candidate.payload.length)
      return smallest([storedSegment(bytes), candidate]);
    return smallest([storedSegment(bytes), await brotliSegment(bytes, signal), ...(candidate ? [candidate] : [])]);
  });
}

async function promisingArdm(bytes: Uint8Array, ardm: ArdmSetting, signal: AbortSignal): Promise<Segment | undefined> {
  if (bytes.length > TRIAL_FREE) {
    const sample = bytes.subarray(0, SAMPLE);
    const [byArdm, byBrotli] = await Promise.all([
      ardm.coder.encode(ardm.model.id, sample, ardm.dial, signal),
      brotliEncode(sample, signal),
    ]);
    if (byArdm.length > HOPELESS * byBrotli.length) return undefined;
  }
  return await ardmSegment(bytes, ardm, signal);
}
