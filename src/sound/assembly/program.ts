/**
 * The program of sound: predictors, features, mixing and range coder of a segment, in one memory. What is here is AssemblyScript: `asc`
 * compiles it, `tsc` does not. `../sound-program.ts` owns its memory and calls what is exported here.
 */
import { decodeBit, encodeBit } from '../../entropy/assembly/decision';
import { beginDecoding, endDecoding } from '../../entropy/assembly/range-decoder';
import { beginEncoding, endEncoding } from '../../entropy/assembly/range-encoder';
import {
  beginComponents,
  centreOf,
  CENTRES,
  COMPONENTS,
  deviationOf,
  learnComponents,
  networkOf,
  openComponents,
  RATES,
} from './components';
import { COLUMNS, logOf, writeRow } from './features';
import { openMemory, take } from './memory-plan';
import { learn, openMixer, probability } from './mixer';
import { openPredictors, predict, update } from './predictors';
import { cutAt } from './thresholds';

export { decoderState } from '../../entropy/assembly/range-decoder';
export { encoderState } from '../../entropy/assembly/range-encoder';
export { logsTable, nextTable, ratesTable, seenTable, squashTable, stretchTable } from '../../mixing/assembly/tables';
export { inverseScales, likelihoods, logistic, tellLikelihoods } from './components';
export { clearMixer, keepLearned, parameterBytes, parameters } from './mixer';
export { predict, predictionCount, predictions, settings, update } from './predictors';

/** Where JavaScript writes: what the network says of each channel (float32, 36 a channel); coded bytes of a chunk. */
export const outputs = memory.data(1152, 16);
export const coded = memory.data(16384, 16);
/** By how far a logit is below the highest: weight in 1/65536, uint32, 2,048. */
export const logitWeights = memory.data(8192, 16);
/** Where JavaScript reads the rows of features, a channel each; where the samples are, int32, interleaved. */
export const rows = memory.data(2560, 16);
export let samples: usize;

const PARTS: i32 = 32;
/** Halves of a part that are told apart, and doublings beyond the outermost parts. */
const HALVES: i32 = 24;
const DOUBLINGS: i32 = 8;

let channels: i32;
let lowest: i32;
let rate: i32;
let bits: i32;
let coding: i32;
let isDecoding: bool;

/**
 * Begins a segment of `frames` frames, none of which is known: lays out its memory. `settings` have been written; the parameters are to be
 * written before `clearMixer`.
 */
export function begin(frames: i32, channelCount: i32, bitsOfSample: i32, samplesASecond: i32): void {
  openMemory(__heap_base);
  channels = channelCount;
  bits = bitsOfSample;
  rate = samplesASecond;
  lowest = -(1 << (bits - 1));
  openPredictors();
  openComponents(<usize>channels);
  openMixer();
  samples = take(<usize>(frames * channels) << 2);
}

/** Writes the rows of a call of `frames` frames. */
export function look(frames: i32): void {
  for (let c: i32 = 0; c < channels; c++) {
    writeRow(rows + <usize>c * COLUMNS * 4, <usize>c, channels, frames, rate, bits);
  }
}

/** Takes what the network says of the call: logits into weights of 65536 at most. */
export function hear(): void {
  for (let c: i32 = 0; c < channels; c++) {
    const its = outputs + ((<usize>c * COMPONENTS) << 2);
    const to = networkOf(<usize>c);
    let best: f32 = load<f32>(its);
    for (let i: usize = 1; i < COMPONENTS; i++) best = max(best, load<f32>(its + (i << 2)));
    let total: u32 = 0;
    for (let i: usize = 0; i < COMPONENTS; i++) {
      const weight = load<u32>(logitWeights + (<usize>(best - load<f32>(its + (i << 2))) << 2));
      store<u32>(to + (i << 2), weight);
      total += weight;
    }
    for (let i: usize = 0; i < COMPONENTS; i++) {
      store<u32>(to + (i << 2), <u32>((<u64>load<u32>(to + (i << 2)) << 16) / total));
    }
  }
}

/** Codes `frames` frames from frame `from` on. @returns bytes that were put out. */
export function encode(from: i32, frames: i32): i32 {
  isDecoding = false;
  beginEncoding(coded);
  codeFrames(from, frames);
  return endEncoding();
}

/** The inverse: fills the samples in, from `length` coded bytes. @returns coded bytes that were taken. */
export function decode(from: i32, frames: i32, length: i32): i32 {
  isDecoding = true;
  beginDecoding(coded, length);
  codeFrames(from, frames);
  return endDecoding();
}

function codeFrames(from: i32, frames: i32): void {
  let at = samples + (<usize>(from * channels) << 2);
  for (let i: i32 = 0; i < frames; i++) {
    for (let c: i32 = 0; c < channels; c++) {
      predict(<usize>c);
      beginComponents(<usize>c);
      coding = load<i32>(at);
      const sample = codeSample(<usize>c);
      store<i32>(at, sample);
      learnComponents(sample);
      update(<usize>c, <f64>sample);
      at += 4;
    }
  }
}

/** How the blend's deviation changes: fast against slow. */
function changeOf(difference: i32): usize {
  if (difference < -60) return difference < -388 ? 0 : difference < -189 ? 1 : 2;
  return difference < 67 ? 3 : difference < 217 ? 4 : 5;
}

let node: usize;
let surrounding: usize;

// @ts-ignore: a decorator of AssemblyScript
@inline
function isAtLeast(sample: i32): i32 {
  const one = probability(sample, node, surrounding);
  let bit: i32;
  if (isDecoding) bit = decodeBit(one);
  else {
    bit = coding >= sample ? 1 : 0;
    encodeBit(one, bit);
  }
  learn(bit);
  return bit;
}

function codeSample(c: usize): i32 {
  const blend = COMPONENTS - RATES;
  const fast = deviationOf(c, blend + 1);
  const slow = deviationOf(c, blend + 3);
  const centre = centreOf(CENTRES - 1);
  const scale = <i32>max<i64>(5, ((fast + slow) * 26) >> 18);
  const apart = <i64>abs(centreOf(0) - centreOf(CENTRES - 3)) << 6;
  const far = apart / <i64>scale;
  surrounding = changeOf(logOf(fast) - logOf(slow)) * 4 + (far < 16 ? 0 : far < 45 ? 1 : far < 96 ? 2 : 3);
  // The sample is one of low .. high - 1.
  let low = lowest;
  let high = -lowest;
  let part: i32 = 0;
  let parts = PARTS;
  node = 1;
  while (parts > 1 && high - low > 1) {
    parts >>= 1;
    const middle = cutAt(part + parts, centre, scale);
    let isUpper: i32;
    if (middle <= low) isUpper = 1;
    else if (middle >= high) isUpper = 0;
    else {
      isUpper = isAtLeast(middle);
      if (isUpper) low = middle;
      else high = middle;
    }
    if (isUpper) part += parts;
    node = 2 * node + isUpper;
  }
  const isLast = part == PARTS - 1;
  if (part == 0 || isLast) {
    for (let k: i32 = 0; high - low > 1; k++) {
      const step = max(1, <i32>((<i64>scale << min(k, 30)) >> 4));
      if (step >= high - low) break;
      const edge = isLast ? low + step : high - step;
      node = PARTS + HALVES + min(k, DOUBLINGS - 1);
      const isUpper = isAtLeast(edge);
      if (isUpper) low = edge;
      else high = edge;
      if (isUpper != <i32>isLast) break;
    }
  }
  for (let k: i32 = 0; high - low > 1; k++) {
    const middle = low + ((high - low) >> 1);
    node = PARTS + min(k, HALVES - 1);
    if (isAtLeast(middle)) low = middle;
    else high = middle;
  }
  return low;
}
