import { distanceWeights } from '../../entropy/assembly/frequency-table';
import { log2 } from './tables';

/** The network's distribution: node n has the weight of its two children; leaves from 256 on. */
const tree = memory.data(2048, 64);

/** @param logits 256 integers, stored as floats. @param lightest distance from the highest logit from which on weights are 0. */
export function plantTree(logits: usize, lightest: i32): void {
  let highest = v128.splat<f32>(-1024);
  for (let i: usize = 0; i < 1024; i += 16) highest = f32x4.pmax(highest, v128.load(logits + i));
  let top = f32x4.extract_lane(highest, 0);
  top = max(top, f32x4.extract_lane(highest, 1));
  top = max(top, f32x4.extract_lane(highest, 2));
  top = max(top, f32x4.extract_lane(highest, 3));
  // The lowest bits of 2^23 + d are those of d: quicker than a conversion, and as exact.
  const most = v128.splat<f32>(top + 8388608);
  const mask = v128.splat<i32>(2047);
  const far = v128.splat<i32>(lightest);
  const leaves = tree + 1024;
  for (let i: usize = 0; i < 1024; i += 16) {
    const distance = v128.and(f32x4.sub(most, v128.load(logits + i)), mask);
    if (!v128.any_true(i32x4.lt_s(distance, far))) {
      v128.store(leaves + i, v128.splat<i32>(1));
      continue;
    }
    store<i32>(leaves + i, 1 + load<i32>(distanceWeights + (<usize>i32x4.extract_lane(distance, 0) << 2)), 0);
    store<i32>(leaves + i, 1 + load<i32>(distanceWeights + (<usize>i32x4.extract_lane(distance, 1) << 2)), 4);
    store<i32>(leaves + i, 1 + load<i32>(distanceWeights + (<usize>i32x4.extract_lane(distance, 2) << 2)), 8);
    store<i32>(leaves + i, 1 + load<i32>(distanceWeights + (<usize>i32x4.extract_lane(distance, 3) << 2)), 12);
  }
  // Four sums of neighbours at a time, as far as whole vectors go; then one by one.
  for (let n: usize = 252; n >= 4; n -= 4) {
    const a = v128.load(tree + (n << 3));
    const b = v128.load(tree + (n << 3), 16);
    v128.store(tree + (n << 2), i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7)));
  }
  for (let n: usize = 3; n > 0; n--) {
    store<i32>(tree + (n << 2), load<i32>(tree + (n << 3)) + load<i32>(tree + (n << 3), 4));
  }
}

/** Log odds of a 1 after the bits that lead to a node. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function networkOdds(node: i32): i32 {
  const children = tree + (<usize>node << 3);
  return max(-4095, min(4095, log2(load<i32>(children, 4)) - log2(load<i32>(children))));
}
