import type { Dial } from '../archive/types.js';
import { BLOCK_LENGTH } from '../ardm/order.js';
import { judgeLanes } from './estimate-lanes.js';
import { timed } from './estimate-seconds.js';
import { lanesOf, type Network } from './lanes.js';
import { judgeLearning, PIECE } from './learning.js';
import { mapLimited } from './map-limited.js';
import type { SampleSetting } from './sample-setting.js';
import { sum } from './sums.js';

/**
 * Judges what a model makes of a long input.
 *
 * @param segments that the input is cut into. @param dials that will be asked for, all of the interleaved order.
 */
export async function judgeNetwork(
  input: Uint8Array,
  segments: readonly Uint8Array[],
  dials: readonly Dial[],
  sampling: SampleSetting,
): Promise<Network> {
  const inOneBlock = (sampling.model.blockLength ?? Number.POSITIVE_INFINITY) > BLOCK_LENGTH;
  return inOneBlock
    ? await judgeLanes(input, segments, sampling)
    : await judgeShortBlocks(input, segments, dials, sampling);
}

/** Where blocks are short: how long it is when positions are coded one after the other, and how much longer in each number of lanes. */
async function judgeShortBlocks(
  input: Uint8Array,
  segments: readonly Uint8Array[],
  dials: readonly Dial[],
  sampling: SampleSetting,
): Promise<Network> {
  const isWhole = input.length <= PIECE;
  const learning = isWhole ? undefined : await judgeLearning(input, segments, sampling);
  const pieces = learning ? learning.pieces.slice(1, 2) : [input];
  const wanted = [...new Set(dials.map(lanesOf))].filter((lanes) => lanes > 1);
  const coded = await codeInLanes(pieces, learning ? wanted : [1, ...wanted], sampling);
  const inOrder = learning ? sum(pieces.map((piece) => learning.lengthOf(piece))) : (coded.lengths.get(1) as number);
  const extra = (dial: Dial): number =>
    lanesOf(dial) === 1 ? 0 : (coded.lengths.get(lanesOf(dial)) as number) / inOrder - 1;
  const bytes = learning?.bytes ?? inOrder;
  return {
    bytes: (dial) => bytes * (1 + extra(dial)),
    error: (dial) => (learning ? bytes * (learning.error + LANE_ERROR * extra(dial)) : 0),
    mixed: learning?.mixed ?? false,
    secondsPerByte: coded.secondsPerByte,
  };
}

/** Part of what lanes cost that it may be less or more. */
const LANE_ERROR = 0.15;

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
