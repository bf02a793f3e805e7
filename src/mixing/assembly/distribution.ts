import { log2 } from './tables';

/** The network's distribution: node n has the weight of its two children; leaves from 256 on. */
const tree = memory.data(2048, 64);
/** By distance from the highest logit, the weight of a leaf, 1 to 65537: 2,048 int32. */
export const leafWeights = memory.data(8192, 64);

/** @param logits 256 integers, stored as floats. @param lightest distance from the highest logit from which on a leaf's weight is 1. */
export function plantTree(logits: usize, lightest: i32): void {
  let highest = v128.splat<f32>(-1024);
  for (let i: usize = 0; i < 1024; i += 16) highest = f32x4.pmax(highest, v128.load(logits + i));
  let top = f32x4.extract_lane(highest, 0);
  top = max(top, f32x4.extract_lane(highest, 1));
  top = max(top, f32x4.extract_lane(highest, 2));
  top = max(top, f32x4.extract_lane(highest, 3));
  // The lowest bits of 2^23 + d are those of d: quicker than a conversion, and as exact.
  const most = v128.splat<f32>(top + 8388608);
  const far = v128.splat<i32>(lightest);
  for (let leaves = tree + 1024; leaves < tree + 2048; leaves += 64, logits += 64) {
    const a = distances(most, logits);
    const b = distances(most, logits + 16);
    const c = distances(most, logits + 32);
    const d = distances(most, logits + 48);
    // Sixteen at once: of the improbable bytes many are neighbours.
    if (v128.any_true(i32x4.lt_s(i32x4.min_s(i32x4.min_s(a, b), i32x4.min_s(c, d)), far))) {
      weighLeaves(leaves, a);
      weighLeaves(leaves + 16, b);
      weighLeaves(leaves + 32, c);
      weighLeaves(leaves + 48, d);
    } else {
      v128.store(leaves, v128.splat<i32>(1), 0);
      v128.store(leaves, v128.splat<i32>(1), 16);
      v128.store(leaves, v128.splat<i32>(1), 32);
      v128.store(leaves, v128.splat<i32>(1), 48);
    }
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

// @ts-ignore: a decorator of AssemblyScript
@inline
function distances(most: v128, logits: usize): v128 {
  return v128.and(f32x4.sub(most, v128.load(logits)), v128.splat<i32>(2047));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function weighLeaves(leaves: usize, distance: v128): void {
  store<i32>(leaves, load<i32>(leafWeights + (<usize>i32x4.extract_lane(distance, 0) << 2)), 0);
  store<i32>(leaves, load<i32>(leafWeights + (<usize>i32x4.extract_lane(distance, 1) << 2)), 4);
  store<i32>(leaves, load<i32>(leafWeights + (<usize>i32x4.extract_lane(distance, 2) << 2)), 8);
  store<i32>(leaves, load<i32>(leafWeights + (<usize>i32x4.extract_lane(distance, 3) << 2)), 12);
}

/** Log odds of a 1 after the bits that lead to a node. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function networkOdds(node: usize): i32 {
  const children = tree + (node << 3);
  return max(-4095, min(4095, log2(load<i32>(children, 4)) - log2(load<i32>(children))));
}
