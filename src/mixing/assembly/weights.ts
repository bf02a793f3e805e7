/**
 * Sets of a mixer's weights: int32 in 1/65536, within 2^22, in groups of eight lanes; and its inputs, int16. Products are taken in parts of
 * 16 bits, whose sums no order of addition changes and 32 bits hold (`../mixing.md`, section 8).
 */

const WEIGHT_LIMIT: i32 = 1 << 22;
/** Errors, in 1/65536, that teach the weights nothing. */
const SMALL_ERROR: i32 = 1024;
const FINAL_RATE: i32 = 2;

/** Inputs, filled up with zeros to whole groups: 40 int16. */
export const inputs = memory.data(80, 16);

/** Sum of inputs times weights. @param lanes a multiple of 8. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function weigh(weights: usize, lanes: i32): i64 {
  let high = v128.splat<i32>(0);
  let low = v128.splat<i32>(0);
  const mask = v128.splat<i32>(4095);
  for (let i: i32 = 0; i < lanes; i += 8) {
    const input = v128.load(inputs + (<usize>i << 1));
    const at = weights + (<usize>i << 2);
    const a = v128.load(at);
    const b = v128.load(at, 16);
    // weight = 4096 * high + low, 0 <= low < 4096
    high = i32x4.add(high, i32x4.dot_i16x8_s(input, i16x8.narrow_i32x4_s(i32x4.shr_s(a, 12), i32x4.shr_s(b, 12))));
    low = i32x4.add(low, i32x4.dot_i16x8_s(input, i16x8.narrow_i32x4_s(v128.and(a, mask), v128.and(b, mask))));
  }
  return (sumOf(high) << 12) + sumOf(low);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function sumOf(four: v128): i64 {
  const two = i32x4.add(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1));
  return <i64>(i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1));
}

/** Moves a set of weights against an error of its mixer, in 1/65536: by floor((input * error * rate + 2^19) / 2^20). */
export function moveWeights(weights: usize, lanes: i32, error: i32, rate: i32): void {
  if (abs(error) < SMALL_ERROR) return;
  // step = 2048 * high + low, so floor((input * step + 2^19) / 2^20) = floor((input * high + floor((input * low + 2^19) / 2^11)) / 2^9)
  const step = error * rate;
  const high = v128.splat<i32>((step >> 11) & 0xffff);
  const low = v128.splat<i32>(step & 2047);
  for (let i: i32 = 0; i < lanes; i += 8) {
    const input = v128.load(inputs + (<usize>i << 1));
    const at = weights + (<usize>i << 2);
    moveFour(at, i32x4.extend_low_i16x8_s(input), high, low);
    moveFour(at + 16, i32x4.extend_high_i16x8_s(input), high, low);
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function moveFour(at: usize, input: v128, high: v128, low: v128): void {
  // The upper halves of high and low are 0: each lane is one product of 16 bits.
  const rest = i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(input, low), v128.splat<i32>(524288)), 11);
  const change = i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(input, high), rest), 9);
  const moved = i32x4.add(v128.load(at), change);
  v128.store(at, i32x4.max_s(i32x4.min_s(moved, v128.splat<i32>(WEIGHT_LIMIT)), v128.splat<i32>(-WEIGHT_LIMIT)));
}

/** The same for the two weights of the last mixer. */
export function moveFinal(weights: usize, out0: i32, out1: i32, error: i32): void {
  if (abs(error) < SMALL_ERROR) return;
  moveOne(weights, out0 * error * FINAL_RATE);
  moveOne(weights + 4, out1 * error * FINAL_RATE);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function moveOne(at: usize, change: i32): void {
  store<i32>(at, max(-WEIGHT_LIMIT, min(WEIGHT_LIMIT, load<i32>(at) + ((change + 524288) >> 20))));
}
