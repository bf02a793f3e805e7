/**
 * Components of a sample's mixture: logistics around six predictions, each as wide as the prediction was off lately, at six rates of forgetting.
 * `../sound.md`, section 4.
 */
import { log2 } from '../../mixing/assembly/tables';
import { take } from './memory-plan';
import { predictionCount, predictions } from './predictors';

export const CENTRES: usize = 6;
export const RATES: usize = 6;
export const COMPONENTS: usize = CENTRES * RATES;

/** Cumulative frequencies of the logistic at every sixteenth of its scale, -12..12: uint32 of 2^28, 385 and one more. */
export const logistic = memory.data(1544, 16);
/** By the six bits after the first of a deviation: 2^15 scales in it, uint32. */
export const inverseScales = memory.data(256, 16);
const WHOLE: i32 = 1 << 28;
const HIGHEST: i64 = 384 << 16;

/** Shares by which a deviation moves, in 1/65536. */
const MOVES: StaticArray<i32> = [19661, 7864, 3277, 1311, 524, 197];
/** A deviation of two sixteenths of a step. */
const LEAST: i64 = 8192;
/** What deviations begin with: 64 steps. */
const FIRST: i64 = 64 << 16;
/** Of a gate's weights, in 1/65536: what every component keeps. */
const KEPT: u64 = 55;

/** Of a channel: deviations (int64), gate's weights (uint32), network's weights (uint32), samples that are known (int32). */
const GATE: usize = COMPONENTS * 8;
const NETWORK: usize = GATE + COMPONENTS * 4;
const KNOWN: usize = NETWORK + COMPONENTS * 4;
const SIZE: usize = (KNOWN + 4 + 63) & ~63;
let channels: usize;
/** That of the sample that is coded. */
let channel: usize;

/** Of the sample that is coded: centres in 1/16 step, int32; of each component the inverse scale and how far it is shifted. */
const centres = memory.data(24, 16);
const inverses = memory.data(144, 16);
const shifts = memory.data(144, 16);
/** Cumulative frequencies of each component below the range that the sample is in, above it, and at the cut. */
const lows = memory.data(144, 16);
const highs = memory.data(144, 16);
const cuts = memory.data(144, 16);

export function openComponents(count: usize): void {
  channels = take(count * SIZE);
  for (let c: usize = 0; c < count; c++) {
    const its = channels + c * SIZE;
    for (let i: usize = 0; i < COMPONENTS; i++) {
      store<i64>(its + (i << 3), FIRST);
      store<u32>(its + GATE + (i << 2), 65536 / <u32>COMPONENTS);
    }
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function deviationOf(c: usize, i: usize): i64 {
  return load<i64>(channels + c * SIZE + (i << 3));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function gateOf(c: usize, i: usize): u32 {
  return load<u32>(channels + c * SIZE + GATE + (i << 2));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function knownOf(c: usize): i32 {
  return load<i32>(channels + c * SIZE + KNOWN);
}

/** Where the network's weights of a channel are: uint32. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function networkOf(c: usize): usize {
  return channels + c * SIZE + NETWORK;
}

/** Takes the predictions of channel c: those of least squares, the cascade's last one, and the blend. */
export function beginComponents(c: usize): void {
  channel = channels + c * SIZE;
  for (let i: usize = 0; i < CENTRES; i++) {
    const k = i < CENTRES - 2 ? i : <usize>predictionCount - CENTRES + i;
    store<i32>(centres + (i << 2), <i32>Math.floor(load<f64>(predictions + (k << 3)) * 16 + 0.5));
  }
  for (let i: usize = 0; i < COMPONENTS; i++) {
    const deviation = load<u64>(channel + (i << 3));
    const octave = 63 - <i32>clz(deviation);
    const mantissa = <usize>(deviation >>> (octave - 6)) & 63;
    store<i32>(inverses + (i << 2), load<i32>(inverseScales + (mantissa << 2)));
    store<i32>(shifts + (i << 2), octave);
    store<i32>(lows + (i << 2), 0);
    store<i32>(highs + (i << 2), WHOLE);
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function centreOf(i: usize): i32 {
  return load<i32>(centres + (i << 2));
}

/** Cumulative frequency of component i below a sample. @param at the sample's lower bound, in 1/16 step. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function below(at: i32, i: usize): i32 {
  const distance = <i64>(at - load<i32>(centres + (i / RATES << 2))) * <i64>load<i32>(inverses + (i << 2));
  const octave = load<i32>(shifts + (i << 2));
  const scaled = octave > 17 ? distance >> (octave - 17) : distance << (17 - octave);
  const z = max<i64>(0, min<i64>(HIGHEST, scaled + (192 << 16)));
  const entry = logistic + (<usize>(z >> 16) << 2);
  const here = load<i32>(entry);
  return here + <i32>((<i64>(load<i32>(entry, 4) - here) * (z & 65535)) >> 16);
}

/** What the gate, in 1/65536 of a whole of 2^28, gives to the parts below and above the cut; then the network. */
export let gateBelow: i64;
export let gateAbove: i64;
export let networkBelow: i64;
export let networkAbove: i64;

/** Cuts the range before a sample. */
export function cut(sample: i32): void {
  const at = 16 * sample - 8;
  gateBelow = 0;
  gateAbove = 0;
  networkBelow = 0;
  networkAbove = 0;
  for (let i: usize = 0; i < COMPONENTS; i++) {
    const middle = below(at, i);
    store<i32>(cuts + (i << 2), middle);
    const lower = <i64>(middle - load<i32>(lows + (i << 2)));
    const upper = <i64>(load<i32>(highs + (i << 2)) - middle);
    const gate = <i64>load<u32>(channel + GATE + (i << 2));
    const network = <i64>load<u32>(channel + NETWORK + (i << 2));
    gateBelow += gate * lower;
    gateAbove += gate * upper;
    networkBelow += network * lower;
    networkAbove += network * upper;
  }
}

/** Of component i: frequencies of the parts below and above the cut. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function lowerOf(i: usize): i32 {
  return load<i32>(cuts + (i << 2)) - load<i32>(lows + (i << 2));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function upperOf(i: usize): i32 {
  return load<i32>(highs + (i << 2)) - load<i32>(cuts + (i << 2));
}

/** Goes on with the part that the sample is in. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function narrow(isAbove: i32): void {
  memory.copy(isAbove ? lows : highs, cuts, COMPONENTS << 2);
}

/** What the components gave to the sample that was found: likelihoods move the gate, errors the deviations. */
export function learnComponents(sample: i32): void {
  let total: u64 = 0;
  for (let i: usize = 0; i < COMPONENTS; i++) {
    const mass = <u64>(load<i32>(highs + (i << 2)) - load<i32>(lows + (i << 2)) + 1);
    total += <u64>load<u32>(channel + GATE + (i << 2)) * mass;
  }
  // Below 2^31, so that a share is one product: what is cut off is the same of all.
  const shift = <u64>max<i32>(0, 33 - <i32>clz(total));
  const share = ((65536 - KEPT * COMPONENTS) << 31) / ((total >>> shift) + 1);
  for (let i: usize = 0; i < COMPONENTS; i++) {
    const mass = <u64>(load<i32>(highs + (i << 2)) - load<i32>(lows + (i << 2)) + 1);
    const weight = (<u64>load<u32>(channel + GATE + (i << 2)) * mass) >>> shift;
    store<u32>(channel + GATE + (i << 2), <u32>((weight * share) >>> 31) + <u32>KEPT);
  }
  const known = load<i32>(channel, KNOWN);
  store<i32>(channel, known + 1, KNOWN);
  const first = 65536 / (known + 2);
  for (let i: usize = 0; i < COMPONENTS; i++) {
    const error = <i64>abs(16 * sample - load<i32>(centres + (i / RATES << 2))) << 12;
    const deviation = load<i64>(channel + (i << 3));
    const move = <i64>max(first, unchecked(MOVES[<i32>(i % RATES)]));
    store<i64>(channel + (i << 3), max(LEAST, deviation + (((error - deviation) * move) >> 16)));
  }
}

/** log2 of what each component gave to the last sample, in 1/256 bit: int32, for training. */
export const likelihoods = memory.data(144, 16);
export function tellLikelihoods(): void {
  for (let i: usize = 0; i < COMPONENTS; i++) {
    store<i32>(likelihoods + (i << 2), log2(load<i32>(highs + (i << 2)) - load<i32>(lows + (i << 2)) + 1));
  }
}
