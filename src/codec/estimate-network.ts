import type { Dial } from '../archive/types.js';
import { BLOCK_LENGTH } from '../ardm/order.js';
import { timed } from './estimate-seconds.js';
import { judgeLearning, PIECE } from './learning.js';
import { mapLimited } from './map-limited.js';
import type { SampleSetting } from './sample-setting.js';

/** Inputs up to so many bytes are coded whole, three times. */
const CODED_WHOLE = 3 * PIECE;

/**
 * How much longer a segment gets that is read in 2, 4, 8 ... 1024 lanes than in one, in parts of what it gets longer in 32: what it learns comes from
 * other places. It was measured with text-2 on books, HTML and JSON of the training data; the starts of lanes come on top.
 */
const LONGER = [0, 0.3, 0.53, 0.7, 0.87, 1, 1.1, 1.15, 1.18, 1.22, 1.25];

/** What is made of an input with the network. */
export interface Network {
  /** Bytes of all payloads at a setting of the dial. */
  bytes(dial: Dial): number;
  /** How many bytes more or less they may be. */
  error(dial: Dial): number;
  /** Whether there are pieces that the network does not shrink. */
  readonly mixed: boolean;
  /** That a worker takes to encode a byte. */
  readonly secondsPerByte: number;
}

/**
 * Judges what a model makes of a long input: how long it is when its positions are coded one after the other, and how much longer in lanes.
 *
 * @param segments that the input is cut into. @param dials that will be asked for, all of the interleaved order.
 */
export async function judgeNetwork(
  input: Uint8Array,
  segments: readonly Uint8Array[],
  dials: readonly Dial[],
  sampling: SampleSetting,
): Promise<Network> {
  const { model } = sampling;
  const inOneBlock = (model.blockLength ?? Number.POSITIVE_INFINITY) > BLOCK_LENGTH;
  // Where blocks are short, each number of lanes is measured: of less.
  const isWhole = input.length <= (inOneBlock ? CODED_WHOLE : PIECE);
  const learning = isWhole ? undefined : await judgeLearning(input, segments, sampling);
  const pieces = learning ? learning.pieces.slice(1, inOneBlock ? 3 : 2) : [input];
  const few = 32;
  const many = isWhole ? 1024 : 128;
  const wanted = inOneBlock ? [few, many] : [...new Set(dials.map(lanesOf))].filter((lanes) => lanes > 1);
  const coded = await codeInLanes(pieces, learning ? wanted : [1, ...wanted], sampling);
  const inOrder = learning ? sum(pieces.map((piece) => learning.lengthOf(piece))) : (coded.lengths.get(1) as number);
  const longer = (lanes: number): number => (coded.lengths.get(lanes) as number) / inOrder - 1;
  const length = sum(pieces.map((piece) => piece.length)) / pieces.length;
  const longest = Math.max(...segments.map((segment) => segment.length));
  const inLanes = inOneBlock
    ? between({ few, longer: longer(few) }, { many, longer: longer(many) }, length, longest)
    : longer;
  const extra = (dial: Dial): number => (lanesOf(dial) === 1 ? 0 : inLanes(lanesOf(dial)));
  const bytes = learning?.bytes ?? inOrder;
  // Of an input that is coded whole, some rungs are known.
  const isKnown = (lanes: number): boolean => isWhole && (!inOneBlock || [1, few, many].includes(lanes));
  return {
    bytes: (dial) => bytes * (1 + extra(dial)),
    error: (dial) => (isKnown(lanesOf(dial)) ? 0 : bytes * ((learning?.error ?? 0.005) + LANE_ERROR * extra(dial))),
    mixed: learning?.mixed ?? false,
    secondsPerByte: coded.secondsPerByte,
  };
}

/** Part of what lanes cost that it may be less or more. */
const LANE_ERROR = 0.15;

/**
 * How much longer a segment gets in so many lanes, from how much longer pieces get in `few` and in `many`: a part that depends on their number
 * alone, and one for the start of each.
 */
function between(
  { few, longer: inFew }: { readonly few: number; readonly longer: number },
  { many, longer: inMany }: { readonly many: number; readonly longer: number },
  pieceLength: number,
  segmentLength: number,
): (lanes: number) => number {
  const ratio = shapeAt(many) / shapeAt(few);
  const perStart = Math.max(0, (inMany - ratio * inFew) / (many - ratio * few));
  const learned = Math.max(0, inFew - few * perStart) / shapeAt(few);
  // Starts cost as much in a longer segment, so a smaller part of it.
  const perStartOfSegment = (perStart * pieceLength) / segmentLength;
  return (lanes) => learned * shapeAt(lanes) + perStartOfSegment * lanes;
}

/** `LONGER` at any number of lanes. */
function shapeAt(lanes: number): number {
  const at = Math.log2(lanes);
  const low = LONGER[Math.floor(at)] as number;
  const high = LONGER[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

/** Bytes of all pieces by their lanes, and what it takes to encode one. */
async function codeInLanes(
  pieces: readonly Uint8Array[],
  wanted: readonly number[],
  { coder, model, dictionary, signal }: SampleSetting,
): Promise<{ readonly lengths: ReadonlyMap<number, number>; readonly secondsPerByte: number }> {
  const runs = wanted.flatMap((lanes) => pieces.map((piece) => ({ lanes, piece })));
  const coded = await mapLimited(coder.size, signal, runs, async ({ lanes, piece }) => {
    const dial = model.kind.dial(Math.ceil(BLOCK_LENGTH / lanes), piece.length);
    return await timed(() => coder.encode(model.id, piece, dial, signal, undefined, dictionary));
  });
  const lengths = new Map<number, number>();
  for (const [i, { lanes }] of runs.entries()) {
    lengths.set(lanes, (lengths.get(lanes) ?? 0) + (coded[i]?.result.length ?? 0));
  }
  return {
    lengths,
    secondsPerByte: sum(coded.map(({ seconds }) => seconds)) / sum(runs.map(({ piece }) => piece.length)),
  };
}

/** Lanes of an interleaved block of at least 1,024 positions. */
function lanesOf({ calls }: Dial): number {
  return Math.ceil(BLOCK_LENGTH / calls);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
