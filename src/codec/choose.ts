import type { Segment } from '../archive/types.js';
import { archiveLength } from './archive-length.js';
import { quickLength } from './brotli.js';
import { denseStretches, inParts, joined } from './dense.js';
import { mapLimited } from './map-limited.js';
import { type ArdmSetting, ardmSegment, brotliSegment, smallest, storedSegment } from './segments.js';
import { Semaphore } from './semaphore.js';
import { balancedSegments, SEGMENT_LENGTH, splitSegments } from './split.js';
import { isPromising, isTrivial, isUseless } from './trial.js';

/** Segments up to this length that are not dense are coded both ways without a trial, unless it is plain that this is of no use. */
export const TRIAL_FREE = 2 ** 16;

/** How many times ARDM's bytes the quick brotli must make for 11 not to be tried. */
const OUT_OF_REACH = 1.35;

/** Segments of one request that are worked on at once; bounds its memory, and the most workers it can use. */
export const SEGMENTS_AT_ONCE = 16;

/** Brotli encoders of one request, besides that of the whole file: each takes memory, and turns from other requests. */
const ENCODERS = 2;

/** What a request for a certain model gets: ARDM, but stored what would grow. */
export async function encodeWithModel(input: Uint8Array, ardm: ArdmSetting, signal: AbortSignal): Promise<Segment[]> {
  const pieces = await balancedSegments(input, signal);
  ardm.progress.expect(callsOf(pieces, ardm));
  const segments = await mapLimited(SEGMENTS_AT_ONCE, signal, pieces, async (bytes) => {
    const coded = await ardmSegment(bytes, ardm, signal);
    return smallest([storedSegment(bytes), coded]);
  });
  return segments.every(({ method }) => method === 'stored') ? [storedSegment(input)] : segments;
}

/**
 * What `auto` gets: the smallest archive of three: the input itself, brotli over the whole of it, and each segment by
 * whichever of ARDM, brotli and storing is best for it. Hence never more than `brotli -q 11` and the archive's overhead.
 */
export async function encodeSmallest(input: Uint8Array, ardm: ArdmSetting, signal: AbortSignal): Promise<Segment[]> {
  const [brotli, mixed] = await Promise.all([brotliSegment(input, signal), encodeMixed(input, ardm, signal)]);
  const candidates = [[storedSegment(input)], [brotli], ...(mixed ? [mixed] : [])];
  return candidates.reduce((best, candidate) => (archiveLength(candidate) < archiveLength(best) ? candidate : best));
}

/** Network calls that pieces of the input take together. */
function callsOf(pieces: readonly Uint8Array[], { model, dial }: ArdmSetting): number {
  return pieces.reduce((sum, { length }) => sum + model.kind.encoderCalls(length, dial), 0);
}

/** A piece of the input that becomes a segment. */
interface Piece {
  readonly bytes: Uint8Array;
  /** Whether ARDM is to code it. */
  readonly promising: boolean;
  /** Bytes that the quick brotli makes of it, where that was asked. */
  readonly quick?: number;
}

/** Every segment by its best method; undefined where ARDM helps with none, since brotli then does better on the whole. */
async function encodeMixed(input: Uint8Array, ardm: ArdmSetting, signal: AbortSignal): Promise<Segment[] | undefined> {
  const pieces = await mapLimited(SEGMENTS_AT_ONCE, signal, await cut(input, ardm, signal), (piece) =>
    tried(piece, ardm, signal),
  );
  const ofNetwork = pieces.filter(({ promising }) => promising).map(({ bytes }) => bytes);
  ardm.progress.expect(callsOf(ofNetwork, ardm));
  for (const { bytes, promising } of pieces) if (!promising) ardm.progress.segment(bytes.length, 0).done();
  if (ofNetwork.length === 0) return undefined;
  const encoders = new Semaphore({ running: ENCODERS });
  return await mapLimited(SEGMENTS_AT_ONCE, signal, pieces, async ({ bytes, promising, quick }) => {
    const coded = promising ? [await ardmSegment(bytes, ardm, signal)] : [];
    const stored = storedSegment(bytes);
    // Of the only piece, brotli over the whole is the same.
    if (pieces.length === 1) return smallest([stored, ...coded]);
    return await encoders.run(signal, async () => {
      const atFive = quick ?? (await quickLength(bytes, signal));
      const most = smallest([stored, ...coded]).payload.length;
      // What the quick one cannot shrink at all, 11 does not either, or by hardly a byte.
      const reachable = promising ? atFive <= OUT_OF_REACH * most : atFive < bytes.length;
      return smallest([stored, ...(reachable ? [await brotliSegment(bytes, signal)] : []), ...coded]);
    });
  });
}

/** Cuts the input into what become its segments: dense stretches that ARDM cannot shrink, each as a whole, and between them the usual ones. */
async function cut(input: Uint8Array, ardm: ArdmSetting, signal: AbortSignal): Promise<Piece[]> {
  const stretches = (await denseStretches(input, signal)).flatMap((stretch) =>
    stretch.dense ? inParts(stretch, SEGMENT_LENGTH) : [stretch],
  );
  const looked = await mapLimited(SEGMENTS_AT_ONCE, signal, stretches, async ({ start, end, dense }) => {
    return { start, end, dense: dense && !(await isPromising(input.subarray(start, end), ardm, signal)) };
  });
  const runs = joined(looked);
  const [only] = runs;
  if (only && runs.length === 1 && !only.dense) return (await balancedSegments(input, signal)).map(promisingPiece);
  return runs.flatMap(({ start, end, dense }) => {
    const bytes = input.subarray(start, end);
    return dense ? [{ bytes, promising: false }] : splitSegments(bytes).map(promisingPiece);
  });
}

function promisingPiece(bytes: Uint8Array): Piece {
  return { bytes, promising: true };
}

/** Gives up what is not worth the network's time. */
async function tried(piece: Piece, ardm: ArdmSetting, signal: AbortSignal): Promise<Piece> {
  const { bytes, promising } = piece;
  if (!promising) return piece;
  if (bytes.length <= TRIAL_FREE) return { bytes, promising: !(await isUseless(bytes, ardm, signal)) };
  const quick = await quickLength(bytes, signal);
  const promises = !isTrivial(quick, bytes.length) && (await isPromising(bytes, ardm, signal, quick));
  return { bytes, promising: promises, quick };
}
