/**
 * Sets of a mixer's weights: int32 in 1/65536, within 2^22, in groups of eight, as the inputs are, which are int16. Products are taken in parts
 * of 16 bits, whose sums no order of addition changes and 32 bits hold (`../mixing.md`, section 8).
 */

const WEIGHT_LIMIT: i32 = 1 << 22;
const FINAL_RATE: i32 = 2;

/** Inputs of the mixers: 40 int16. */
export const inputs = memory.data(80, 16);

/** Sum of the products of eight inputs with the upper parts of their weights: weight = 4096 * upper + lower. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function weighUpper(input: v128, weights: usize): v128 {
  const upper = i16x8.narrow_i32x4_s(i32x4.shr_s(v128.load(weights), 12), i32x4.shr_s(v128.load(weights, 16), 12));
  return i32x4.dot_i16x8_s(input, upper);
}

/** The same with the lower parts, 0..4095. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function weighLower(input: v128, weights: usize): v128 {
  const mask = v128.splat<i32>(4095);
  const lower = i16x8.narrow_i32x4_s(v128.and(v128.load(weights), mask), v128.and(v128.load(weights, 16), mask));
  return i32x4.dot_i16x8_s(input, lower);
}

/** The sums of two mixers: of the upper and lower parts of each. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function addUp(upper0: v128, lower0: v128, upper1: v128, lower1: v128): v128 {
  const first = i32x4.add(
    v128.shuffle<i32>(upper0, lower0, 0, 4, 1, 5),
    v128.shuffle<i32>(upper0, lower0, 2, 6, 3, 7),
  );
  const second = i32x4.add(
    v128.shuffle<i32>(upper1, lower1, 0, 4, 1, 5),
    v128.shuffle<i32>(upper1, lower1, 2, 6, 3, 7),
  );
  return i32x4.add(v128.shuffle<i32>(first, second, 0, 1, 4, 5), v128.shuffle<i32>(first, second, 2, 3, 6, 7));
}

/** Moves a set of weights against an error of its mixer, in 1/65536: by floor((input * error * rate + 2^19) / 2^20). */
export function moveWeights(weights: usize, setSize: usize, error: i32, rate: i32): void {
  // step = 2048 * upper + lower, so floor((input * step + 2^19) / 2^20) = floor((input * upper + floor((input * lower + 2^19) / 2^11)) / 2^9)
  const step = error * rate;
  const upper = v128.splat<i32>((step >> 11) & 0xffff);
  const lower = v128.splat<i32>(step & 2047);
  for (let i: usize = 0; i < setSize; i += 8) {
    const input = v128.load(inputs + (i << 1));
    const at = weights + (i << 2);
    moveFour(at, i32x4.extend_low_i16x8_s(input), upper, lower);
    moveFour(at + 16, i32x4.extend_high_i16x8_s(input), upper, lower);
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function moveFour(at: usize, input: v128, upper: v128, lower: v128): void {
  // The high halves of upper and lower are 0: each half is one product of 16 bits.
  const rest = i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(input, lower), v128.splat<i32>(524288)), 11);
  const change = i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(input, upper), rest), 9);
  const moved = i32x4.add(v128.load(at), change);
  v128.store(at, i32x4.max_s(i32x4.min_s(moved, v128.splat<i32>(WEIGHT_LIMIT)), v128.splat<i32>(-WEIGHT_LIMIT)));
}

/** The same for the two weights of the last mixer. */
export function moveFinal(weights: usize, out0: i32, out1: i32, error: i32): void {
  moveOne(weights, out0, error);
  moveOne(weights + 4, out1, error);
}

/** The same for one of them, whose input is what another mixer has put out. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function moveOne(at: usize, out: i32, error: i32): void {
  const change = out * error * FINAL_RATE;
  store<i32>(at, max(-WEIGHT_LIMIT, min(WEIGHT_LIMIT, load<i32>(at) + ((change + 524288) >> 20))));
}
