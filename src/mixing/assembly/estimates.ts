/** Adaptive probabilities: uint32, a probability in 1/2^22, then 8 bits of observations (`../mixing.md`, section 7). */
import { ratesTable } from './tables';

const CONFIDENCE_LIMIT: u32 = 255;

/** An estimate after a bit, which moves it by less the more it has seen. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function adapted(estimate: u32, bit: i32): u32 {
  const value = <i32>(estimate >>> 8);
  const count = estimate & 255;
  const step = <i64>((bit << 22) - value) * <i64>load<u16>(ratesTable + (<usize>count << 1));
  return (<u32>(value + <i32>(step >> 16)) << 8) | min(CONFIDENCE_LIMIT, count + 1);
}

/** `adapted` of four estimates at once. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function adaptedFour(four: v128, bit: i32): v128 {
  const counts = v128.and(four, i32x4.splat(255));
  const values = i32x4.shr_u(four, 8);
  const way = i32x4.sub(i32x4.splat(bit << 22), values);
  const most = i32x4.splat(CONFIDENCE_LIMIT);
  // What has seen the most, as nearly all have, moves by less than 2^8 / 2^16: 32 bits hold the product.
  const steps = i32x4.all_true(i32x4.eq(counts, most))
    ? i32x4.shr_s(i32x4.mul(way, i32x4.splat(load<u16>(ratesTable + 2 * CONFIDENCE_LIMIT))), 16)
    : stepsOf(way, counts);
  return v128.or(i32x4.shl(i32x4.add(values, steps), 8), i32x4.min_u(most, i32x4.add(counts, i32x4.splat(1))));
}

/** Parts of the way, by observations: way = 4096 * upper + lower, so that 32 bits hold both products. */
function stepsOf(way: v128, counts: v128): v128 {
  let rates = i32x4.splat(rateOf(i32x4.extract_lane(counts, 0)));
  rates = i32x4.replace_lane(rates, 1, rateOf(i32x4.extract_lane(counts, 1)));
  rates = i32x4.replace_lane(rates, 2, rateOf(i32x4.extract_lane(counts, 2)));
  rates = i32x4.replace_lane(rates, 3, rateOf(i32x4.extract_lane(counts, 3)));
  const upper = i32x4.mul(i32x4.shr_s(way, 12), rates);
  const lower = i32x4.mul(v128.and(way, i32x4.splat(4095)), rates);
  return i32x4.shr_s(i32x4.add(upper, i32x4.shr_u(lower, 12)), 4);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function rateOf(count: i32): i32 {
  return load<u16>(ratesTable + (<usize>count << 1));
}
