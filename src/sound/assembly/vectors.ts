/** Vectors of float64 in memory, two at a time. The order of every sum is fixed: `../predictors.md`, section 1. */

/** Keeps numbers that decay from becoming subnormal, whose arithmetic is slow: 2^-100. */
export const FLOOR: f64 = 7.888609052210118e-31;

/** Values that `dot` takes at once: vectors that it is given end in zeros, or in anything that zeros of the other one meet. */
const STEP: usize = 8;

/** Bytes of a vector of so many values with its zeros behind it, whole steps from wherever they begin. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function bytesOf(values: usize): usize {
  return ((values + STEP - 1) & ~(STEP - 1)) << 3;
}

/** The sum of products, in eight partial sums. */
export function dot(a: usize, b: usize, count: usize): f64 {
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  let sum2 = f64x2.splat(0);
  let sum3 = f64x2.splat(0);
  for (let end = a + (count << 3); a < end; a += 64, b += 64) {
    sum0 = f64x2.add(sum0, f64x2.mul(v128.load(a), v128.load(b)));
    sum1 = f64x2.add(sum1, f64x2.mul(v128.load(a, 16), v128.load(b, 16)));
    sum2 = f64x2.add(sum2, f64x2.mul(v128.load(a, 32), v128.load(b, 32)));
    sum3 = f64x2.add(sum3, f64x2.mul(v128.load(a, 48), v128.load(b, 48)));
  }
  return total(sum0, sum1, sum2, sum3);
}

/** Of eight partial sums. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function total(sum0: v128, sum1: v128, sum2: v128, sum3: v128): f64 {
  const sum = f64x2.add(f64x2.add(sum0, sum1), f64x2.add(sum2, sum3));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** to[i] = forgetting * from[i] + (scale * values[i] + FLOOR), i < count; one more if it is odd. */
export function accumulate(to: usize, from: usize, forgetting: f64, scale: f64, values: usize, count: usize): void {
  const forget = f64x2.splat(forgetting);
  const by = f64x2.splat(scale);
  const floor = f64x2.splat(FLOOR);
  for (let i: usize = 0; i < count << 3; i += 16) {
    const added = f64x2.add(f64x2.mul(by, v128.load(values + i)), floor);
    v128.store(to + i, f64x2.add(f64x2.mul(forget, v128.load(from + i)), added));
  }
}

/** to[i] += scale * values[i], i < count, which is a multiple of 8. */
export function addScaled(to: usize, scale: f64, values: usize, count: usize): void {
  const by = f64x2.splat(scale);
  for (let i: usize = 0; i < count << 3; i += 32) {
    v128.store(to + i, f64x2.add(v128.load(to + i), f64x2.mul(by, v128.load(values + i))));
    v128.store(to + i, f64x2.add(v128.load(to + i, 16), f64x2.mul(by, v128.load(values + i, 16))), 16);
  }
}
