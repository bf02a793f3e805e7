/** Mixtures of five logistics in whole numbers: `models/training/pictures/pictures.md`, section 6. */

const K: usize = 5;
const MEANS: usize = 20;
const SCALES: usize = 80;
const COUPLINGS: usize = 140;

/** By distance from the highest logit: uint32, 2,048. By a sixteenth: uint32, 385 and one more. By scale: int32, 416. */
export const logitWeights = memory.data(8192, 16);
export const logistic = memory.data(1552, 16);
export const inverseScales = memory.data(1664, 16);

/** Of each component: its weight of 32,768 (float64, whole), mean of green, red and blue in 1/16 level, and inverse scale of the channel now. */
const weights = memory.data(40, 16);
/** The same as uint32, once they add up to 32,768. */
const shares = memory.data(20, 16);
const greens = memory.data(20, 16);
const reds = memory.data(20, 16);
const blues = memory.data(20, 16);
const inverses = memory.data(20, 16);
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
    store<i32>(inverses + k, load<i32>(inverseScales + (<usize>max(0, min(415, index)) << 2)));
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
  const far = <i64>(16 * bound - 8 - load<i32>(means + (k << 2))) * <i64>load<i32>(inverses + (k << 2));
  const z = <i32>max(<i64>0, min(<i64>98304, (far >> 8) + 49152));
  const at = logistic + (<usize>(z >> 8) << 2);
  const here = load<i32>(at);
  return here + (((load<i32>(at, 4) - here) * (z & 255)) >> 8);
}

/** Cumulative frequency of the values below a bound, 0..256. */
export function cumulative(bound: i32): i32 {
  if (bound <= 0) return 0;
  if (bound >= 256) return 65536;
  // At most 32,768 * 65,536.
  let mass: u32 = 0;
  for (let k: usize = 0; k < K; k++) mass += load<u32>(shares + (k << 2)) * <u32>below(bound, k);
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
