/** Mixtures of five logistics in whole numbers: `models/training/pictures/pictures.md`, section 6. */

const K: usize = 5;
const MEANS: usize = 20;
const SCALES: usize = 80;
const COUPLINGS: usize = 140;

/** By distance from the highest logit: uint32, 2,048. */
export const logitWeights = memory.data(8192, 16);
/** By a sixteenth: uint16 of the logistic, and what the next one is more; 385. By scale: the inverse, and its `reach`; int32, 416 pairs. */
export const logisticSteps = memory.data(1540, 16);
export const inverseScales = memory.data(3328, 16);

/** Of each component: its weight of 32,768 (float64, whole), mean of green, red and blue in 1/16 level, and inverse scale of the channel now. */
const weights = memory.data(40, 16);
/** The same as uint32, once they add up to 32,768. */
const shares = memory.data(20, 16);
const greens = memory.data(20, 16);
const reds = memory.data(20, 16);
const blues = memory.data(20, 16);
const inverses = memory.data(20, 16);
/** How far from its mean, in 1/16 level, a component's logistic has come to its end: farther is not told apart, so that 32 bits hold the product. */
const reaches = memory.data(20, 16);
/** Where the means are of the channel that is coded. */
let means: usize = greens;
/** The outputs of the position: int32, 50. */
const outputs = memory.data(200, 16);
let shift: i32;

/** Takes the outputs of a position: whole numbers, stored as floats. */
export function beginMixture(output: usize, activity: i32): void {
  for (let i: usize = 0; i < 192; i += 16) v128.store(outputs + i, i32x4.trunc_sat_f32x4_s(v128.load(output + i)));
  store<i32>(outputs, <i32>load<f32>(output, 192), 192);
  store<i32>(outputs, <i32>load<f32>(output, 196), 196);
  shift = activity - 3;
  let highest = load<i32>(outputs);
  for (let k: usize = 4; k < 20; k += 4) highest = max(highest, load<i32>(outputs + k));
  for (let k: usize = 0; k < K; k++) {
    const distance = highest - load<i32>(outputs + (k << 2));
    store<f64>(weights + (k << 3), <f64>load<u32>(logitWeights + (<usize>distance << 2)));
  }
  normalise();
}

function normalise(): void {
  let total: f64 = 0;
  for (let k: usize = 0; k < 40; k += 8) total += load<f64>(weights + k);
  let left: f64 = 32768;
  for (let k: usize = 0; k < 40; k += 8) {
    // Whole numbers below 2^47 and 2^34: no quotient is so near a whole number that rounding could reach it.
    const weight = Math.floor((32768 * load<f64>(weights + k)) / total);
    store<f64>(weights + k, weight);
    left -= weight;
  }
  store<f64>(weights, load<f64>(weights) + left);
  for (let k: usize = 0; k < K; k++) store<u32>(shares + (k << 2), <u32>load<f64>(weights + (k << 3)));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function limit(mean: i32): i32 {
  return max(-32768, min(32767, mean));
}

/** Means and inverse scales of a channel (0 red, 1 green, 2 blue) before coupling. */
function openChannel(to: usize, channel: usize, base: i32): void {
  means = to;
  const its = outputs + channel * (K << 2);
  for (let k: usize = 0; k < 20; k += 4) {
    const mean = load<i32>(its + k, MEANS);
    store<i32>(to + k, limit(16 * base + (((mean << shift) + 2) >> 2)));
    const index = 128 + 32 * shift + load<i32>(its + k, SCALES);
    const scale = inverseScales + (<usize>max(0, min(415, index)) << 3);
    store<i32>(inverses + k, load<i32>(scale));
    store<i32>(reaches + k, load<i32>(scale, 4));
  }
}

export function openGreen(base: i32): void {
  openChannel(greens, 1, base);
}

/** To be called when green is known. */
export function openRed(base: i32, g: i32): void {
  condition(g);
  openChannel(reds, 0, base);
  for (let k: usize = 0; k < 20; k += 4) {
    const change = load<i32>(outputs + k, COUPLINGS) * (16 * g - load<i32>(greens + k));
    store<i32>(reds + k, limit(load<i32>(reds + k) + ((change + 32) >> 6)));
  }
}

/** To be called when red is known, too. */
export function openBlue(base: i32, g: i32, r: i32): void {
  condition(r);
  openChannel(blues, 2, base);
  for (let k: usize = 0; k < 20; k += 4) {
    const change =
      load<i32>(outputs + k, COUPLINGS + 20) * (16 * g - load<i32>(greens + k)) +
      load<i32>(outputs + k, COUPLINGS + 40) * (16 * r - load<i32>(reds + k));
    store<i32>(blues + k, limit(load<i32>(blues + k) + ((change + 32) >> 6)));
  }
}

/** What a value of the channel says of the components. */
function condition(value: i32): void {
  for (let k: usize = 0; k < K; k++) {
    const mass = below(value + 1, k) - below(value, k) + 1;
    store<f64>(weights + (k << 3), load<f64>(weights + (k << 3)) * <f64>mass);
  }
  normalise();
}

/** Mass of component k below a bound, 0..256. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function below(bound: i32, k: usize): i32 {
  if (bound <= 0) return 0;
  if (bound >= 256) return 65536;
  return belowMiddle(16 * bound - 8, k);
}

/** Mass of component k below a point in 1/16 level. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function belowMiddle(point: i32, k: usize): i32 {
  const reach = load<i32>(reaches + (k << 2));
  const far = max(-reach, min(reach, point - load<i32>(means + (k << 2))));
  const z = max(0, min(98304, ((far * load<i32>(inverses + (k << 2))) >> 8) + 49152));
  const step = load<u32>(logisticSteps + (<usize>(z >> 8) << 2));
  return <i32>((step & 0xffff) + (((step >>> 16) * (z & 255)) >>> 8));
}

/** The same of the first four components. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function fourBelowMiddle(point: i32): v128 {
  const reach = v128.load(reaches);
  const far = i32x4.sub(i32x4.splat(point), v128.load(means));
  const near = i32x4.max_s(i32x4.neg(reach), i32x4.min_s(reach, far));
  const scaled = i32x4.add(i32x4.shr_s(i32x4.mul(near, v128.load(inverses)), 8), i32x4.splat(49152));
  const z = i32x4.max_s(i32x4.splat(0), i32x4.min_s(i32x4.splat(98304), scaled));
  const at = i32x4.shl(i32x4.shr_u(z, 8), 2);
  let step = v128.load32_zero(logisticSteps + <usize>i32x4.extract_lane(at, 0));
  step = v128.load32_lane(logisticSteps + <usize>i32x4.extract_lane(at, 1), step, 1);
  step = v128.load32_lane(logisticSteps + <usize>i32x4.extract_lane(at, 2), step, 2);
  step = v128.load32_lane(logisticSteps + <usize>i32x4.extract_lane(at, 3), step, 3);
  const part = i32x4.mul(i32x4.shr_u(step, 16), v128.and(z, i32x4.splat(255)));
  return i32x4.add(v128.and(step, i32x4.splat(0xffff)), i32x4.shr_u(part, 8));
}

/** Cumulative frequency of the values below a bound, 1..255. */
export function cumulative(bound: i32): i32 {
  const point = 16 * bound - 8;
  // All five together at most 32,768 * 65,535.
  let masses = i32x4.mul(v128.load(shares), fourBelowMiddle(point));
  masses = i32x4.add(masses, v128.shuffle<i32>(masses, masses, 2, 3, 0, 1));
  masses = i32x4.add(masses, v128.shuffle<i32>(masses, masses, 1, 0, 3, 2));
  const mass = <u32>i32x4.extract_lane(masses, 0) + load<u32>(shares, 16) * <u32>belowMiddle(point, 4);
  return bound + <i32>((<u64>(mass >>> 15) * 65280) >> 16);
}

/** The mean of the channel, in 1/16 level, rounded down. */
export function meanOfChannel(): i32 {
  let sum: i64 = 0;
  for (let k: usize = 0; k < K; k++) sum += <i64>load<f64>(weights + (k << 3)) * <i64>load<i32>(means + (k << 2));
  return <i32>(sum >> 15);
}

/** Inverse scale of the heaviest component; of equal ones the first. */
export function sharpness(): i32 {
  let heaviest: f64 = -1;
  let inverse: i32 = 0;
  for (let k: usize = 0; k < K; k++) {
    const weight = load<f64>(weights + (k << 3));
    if (weight <= heaviest) continue;
    heaviest = weight;
    inverse = load<i32>(inverses + (k << 2));
  }
  return inverse;
}
