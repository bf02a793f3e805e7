/**
 * The arithmetic of `../mixing.md`, for WebAssembly (this file is AssemblyScript: `asc` compiles it, `tsc` does not). Whole numbers only, in
 * 32 and 64 bits. `../mixer-memory.ts` lays out the memory, writes the tables and parameters into it, and calls what is exported here.
 * Names are those of the note.
 */

const LIMIT: i64 = 4095;
const WEIGHT_LIMIT: i32 = 1 << 22;
const FINAL_RATE: i64 = 2;
/** Errors, in 1/65536, that teach the weights nothing. */
const SMALL_ERROR: i32 = 1024;
const CONFIDENCE_LIMIT: u8 = 255;
/** The set of weights for no match. */
const NO_MATCH: i32 = 32;
const OTHER_INPUTS: i32 = 3;
/** Bytes of a slot of bit histories, and entries of a row of a probability map. */
const SLOT: i32 = 16;
const ENTRIES: i32 = 33;
const MAP_RATE: i32 = 5;
const GOLDEN: i32 = 0x9e3779b1;

// Where things are in memory. Constant tables:
let squashAt: usize;
let logsAt: usize;
let stretchAt: usize;
let ratesAt: usize;
let nextAt: usize;
let seenAt: usize;
let distanceWeightsAt: usize;
// What a segment learns:
let historyAt: usize;
let historySeenAt: usize;
let matchAt: usize;
let matchSeenAt: usize;
let byNodeAt: usize;
let byMatchAt: usize;
let finalAt: usize;
let orderZeroAt: usize;
let orderOneAt: usize;
let tablesAt: usize;
// Scratch of a byte:
let logitsAt: usize;
let valuesAt: usize;
let treeAt: usize;
let oddsAt: usize;
let statesAt: usize;
let slotsAt: usize;

let contexts: i32;
/** Inputs of a mixer, in groups of four. */
let lanes: i32;
let tableBits: i32;
let orderOneShift: i32;
let rate: i64;

let node: i32;
let leaf: i32;
let expected: i32;
let kind: i32;
let matchSet: i32;
let wanted: i32;
let out0: i64;
let out1: i64;
let mixed: i64;
let nearestZero: usize;
let nearestOne: usize;

/** @param layout 23 addresses, in the order of the declarations above. */
export function configure(layout: usize, contextCount: i32, bits: i32, mapBits: i32, mixRate: i32): void {
  squashAt = load<u32>(layout, 0);
  logsAt = load<u32>(layout, 4);
  stretchAt = load<u32>(layout, 8);
  ratesAt = load<u32>(layout, 12);
  nextAt = load<u32>(layout, 16);
  seenAt = load<u32>(layout, 20);
  distanceWeightsAt = load<u32>(layout, 24);
  historyAt = load<u32>(layout, 28);
  historySeenAt = load<u32>(layout, 32);
  matchAt = load<u32>(layout, 36);
  matchSeenAt = load<u32>(layout, 40);
  byNodeAt = load<u32>(layout, 44);
  byMatchAt = load<u32>(layout, 48);
  finalAt = load<u32>(layout, 52);
  orderZeroAt = load<u32>(layout, 56);
  orderOneAt = load<u32>(layout, 60);
  tablesAt = load<u32>(layout, 64);
  logitsAt = load<u32>(layout, 68);
  valuesAt = load<u32>(layout, 72);
  treeAt = load<u32>(layout, 76);
  oddsAt = load<u32>(layout, 80);
  statesAt = load<u32>(layout, 84);
  slotsAt = load<u32>(layout, 88);
  contexts = contextCount;
  lanes = (contextCount + OTHER_INPUTS + 3) & ~3;
  tableBits = bits;
  orderOneShift = 32 - mapBits;
  rate = mixRate;
  clearMap(orderZeroAt, 256);
  clearMap(orderOneAt, 1 << mapBits);
  memory.fill(tablesAt, 0, <usize>(contextCount * SLOT) << bits);
  memory.fill(oddsAt, 0, <usize>lanes << 2);
}

/** Rows that are the identity. */
function clearMap(at: usize, rows: i32): void {
  for (let i: i32 = 0; i < ENTRIES; i++) {
    store<u16>(at + (<usize>i << 1), <u16>load<i32>(squashAt + (<usize>min(8191, 256 * i) << 2)));
  }
  const bytes: usize = <usize>(rows * ENTRIES) << 1;
  let filled: usize = ENTRIES << 1;
  while (filled < bytes) {
    memory.copy(at + filled, at, min(filled, bytes - filled));
    filled <<= 1;
  }
}

/**
 * Begins a byte whose logits and values have been written.
 *
 * @returns the probability of a 1 of its first bit, in 1/65536 and within 1..65535.
 */
export function begin(expectedByte: i32, matchKind: i32): i32 {
  expected = expectedByte;
  kind = matchKind;
  node = 1;
  plantTree();
  chooseSlots(0);
  return probability();
}

/** Takes in the bit whose probability was told last. @returns that of the next one; 0 after the eighth. */
export function learn(bit: i32): i32 {
  learnWeights(bit);
  learnMap(nearestZero, bit);
  learnMap(nearestOne, bit);
  for (let c: i32 = 0; c < contexts; c++) {
    const state = <i32>load<u8>(statesAt + c);
    if (state != 0) {
      const at: usize = (c << 8) + state;
      adapt(historyAt + (at << 2), historySeenAt + at, bit);
    }
    const slot: usize = load<u32>(slotsAt + (<usize>c << 2));
    store<u8>(slot + leaf, load<u8>(nextAt + ((state << 1) + bit)));
  }
  if (matchSet != NO_MATCH) {
    adapt(matchAt + (<usize>matchSet << 2), matchSeenAt + matchSet, wanted == bit ? 1 : 0);
  }
  node = 2 * node + bit;
  leaf = 2 * leaf + bit;
  if (node >= 256) return 0;
  if (node >= 16 && node < 32) chooseSlots(node * GOLDEN);
  return probability();
}

/** The network's distribution: a node has the weight of its two children; leaves from 256 on. */
function plantTree(): void {
  let highest = v128.splat<f32>(-1024);
  for (let i: usize = 0; i < 1024; i += 16) highest = f32x4.pmax(highest, v128.load(logitsAt + i));
  let top = f32x4.extract_lane(highest, 0);
  top = max(top, f32x4.extract_lane(highest, 1));
  top = max(top, f32x4.extract_lane(highest, 2));
  top = max(top, f32x4.extract_lane(highest, 3));
  const most = v128.splat<f32>(top);
  const leaves = treeAt + 1024;
  for (let i: usize = 0; i < 1024; i += 16) {
    const distance = v128.and(
      i32x4.trunc_sat_f32x4_s(f32x4.sub(most, v128.load(logitsAt + i))),
      v128.splat<i32>(2047),
    );
    store<i32>(leaves + i, 1 + load<i32>(distanceWeightsAt + (<usize>i32x4.extract_lane(distance, 0) << 2)), 0);
    store<i32>(leaves + i, 1 + load<i32>(distanceWeightsAt + (<usize>i32x4.extract_lane(distance, 1) << 2)), 4);
    store<i32>(leaves + i, 1 + load<i32>(distanceWeightsAt + (<usize>i32x4.extract_lane(distance, 2) << 2)), 8);
    store<i32>(leaves + i, 1 + load<i32>(distanceWeightsAt + (<usize>i32x4.extract_lane(distance, 3) << 2)), 12);
  }
  // Four sums of neighbours at a time, as far as whole vectors go; then one by one.
  for (let n: usize = 252; n >= 4; n -= 4) {
    const a = v128.load(treeAt + (n << 3));
    const b = v128.load(treeAt + (n << 3), 16);
    v128.store(
      treeAt + (n << 2),
      i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7)),
    );
  }
  for (let n: usize = 3; n > 0; n--) {
    store<i32>(treeAt + (n << 2), load<i32>(treeAt + (n << 3)) + load<i32>(treeAt + (n << 3), 4));
  }
}

function probability(): i32 {
  const children = treeAt + (<usize>node << 3);
  const network = log2(load<i32>(children, 4)) - log2(load<i32>(children));
  store<i32>(oddsAt, max(-4095, min(4095, network)));
  for (let c: i32 = 0; c < contexts; c++) {
    const state = <i32>load<u8>(<usize>load<u32>(slotsAt + (<usize>c << 2)) + leaf);
    store<u8>(statesAt + c, <u8>state);
    let odds: i32 = 0;
    if (state != 0) odds = stretch(load<i32>(historyAt + (<usize>((c << 8) + state) << 2)));
    store<i32>(oddsAt + (<usize>c << 2), odds, 4);
  }
  lookAtMatch();
  store<i32>(oddsAt + (<usize>contexts << 2), 256, 8);

  const width: usize = <usize>lanes << 2;
  let w0 = byNodeAt + <usize>node * width;
  let w1 = byMatchAt + <usize>matchSet * width;
  let sum0 = i64x2.splat(0);
  let sum1 = i64x2.splat(0);
  for (let i: usize = 0; i < width; i += 16) {
    const odds = v128.load(oddsAt + i);
    const a = v128.load(w0 + i);
    const b = v128.load(w1 + i);
    sum0 = i64x2.add(sum0, i64x2.add(i64x2.extmul_low_i32x4_s(odds, a), i64x2.extmul_high_i32x4_s(odds, a)));
    sum1 = i64x2.add(sum1, i64x2.add(i64x2.extmul_low_i32x4_s(odds, b), i64x2.extmul_high_i32x4_s(odds, b)));
  }
  out0 = scaled(i64x2.extract_lane(sum0, 0) + i64x2.extract_lane(sum0, 1));
  out1 = scaled(i64x2.extract_lane(sum1, 0) + i64x2.extract_lane(sum1, 1));
  const finals = finalAt + (<usize>node << 3);
  mixed = scaled(out0 * <i64>load<i32>(finals) + out1 * <i64>load<i32>(finals, 4));
  const mixedProbability = squash(mixed);
  const context = ((load<i32>(valuesAt) + node) * GOLDEN) >>> orderOneShift;
  const low = <i32>(mixed + LIMIT + 1);
  const part = low & 255;
  const nearest: usize = part >= 128 ? 2 : 0;
  const zero = orderZeroAt + (<usize>(node * ENTRIES + (low >> 8)) << 1);
  const one = orderOneAt + ((<usize>context * ENTRIES + (low >> 8)) << 1);
  nearestZero = zero + nearest;
  nearestOne = one + nearest;
  const coded = (2 * mixedProbability + refined(zero, part) + refined(one, part)) >> 2;
  return max(1, min(65535, coded));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function refined(at: usize, part: i32): i32 {
  return (<i32>load<u16>(at) * (256 - part) + <i32>load<u16>(at, 2) * part) >> 8;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function learnMap(at: usize, bit: i32): void {
  const entry = <i32>load<u16>(at);
  store<u16>(at, <u16>(entry + (((bit << 16) - entry) >> MAP_RATE)));
}

function lookAtMatch(): void {
  const done = 31 - clz(node);
  const at = oddsAt + (<usize>contexts << 2);
  if (expected < 0 || (expected | 256) >> (8 - done) != node) {
    matchSet = NO_MATCH;
    store<i32>(at, 0, 4);
    return;
  }
  matchSet = kind;
  wanted = (expected >> (7 - done)) & 1;
  const right = stretch(load<i32>(matchAt + (<usize>kind << 2)));
  store<i32>(at, wanted == 1 ? right : -right, 4);
}

/** Of two neighbouring slots, that of this context, or else the one seen less. @param half hash of the byte's first half, 0 before it. */
function chooseSlots(half: i32): void {
  const shift = 32 - tableBits;
  for (let c: i32 = 0; c < contexts; c++) {
    let h = (load<i32>(valuesAt + (<usize>c << 2)) + half) * 0x85ebca6b;
    h ^= h >>> 15;
    const check = max(1, h & 255);
    const first = tablesAt + ((<usize>((c << tableBits) + (h >>> shift))) << 4);
    let at = first;
    if (<i32>load<u8>(first) != check) {
      const second = tablesAt + (((<usize>((c << tableBits) + (h >>> shift))) << 4) ^ SLOT);
      if (<i32>load<u8>(second) == check) {
        at = second;
      } else {
        if (load<u8>(seenAt + <usize>load<u8>(second, 1)) < load<u8>(seenAt + <usize>load<u8>(first, 1))) at = second;
        v128.store(at, i32x4(check, 0, 0, 0));
      }
    }
    store<u32>(slotsAt + (<usize>c << 2), <u32>at);
  }
  leaf = 1;
}

function learnWeights(bit: i32): void {
  const target = bit << 16;
  const width: usize = <usize>lanes << 2;
  moveWeights(byNodeAt + <usize>node * width, width, target - squash(out0));
  moveWeights(byMatchAt + <usize>matchSet * width, width, target - squash(out1));
  const error = target - squash(mixed);
  if (abs(error) < SMALL_ERROR) return;
  const finals = finalAt + (<usize>node << 3);
  moveFinal(finals, out0 * <i64>error * FINAL_RATE);
  moveFinal(finals + 4, out1 * <i64>error * FINAL_RATE);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function moveFinal(at: usize, change: i64): void {
  const value = <i64>load<i32>(at) + ((change + 524288) >> 20);
  store<i32>(at, <i32>max(<i64>-WEIGHT_LIMIT, min(<i64>WEIGHT_LIMIT, value)));
}

/** Moves a set of weights against an error of its mixer, in 1/65536. */
function moveWeights(weights: usize, width: usize, error: i32): void {
  if (abs(error) < SMALL_ERROR) return;
  const step = v128.splat<i32>(error * <i32>rate);
  const half = v128.splat<i64>(524288);
  const most = v128.splat<i32>(WEIGHT_LIMIT);
  const least = v128.splat<i32>(-WEIGHT_LIMIT);
  for (let i: usize = 0; i < width; i += 16) {
    const odds = v128.load(oddsAt + i);
    const low = i64x2.shr_s(i64x2.add(i64x2.extmul_low_i32x4_s(odds, step), half), 20);
    const high = i64x2.shr_s(i64x2.add(i64x2.extmul_high_i32x4_s(odds, step), half), 20);
    const change = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
    const moved = i32x4.add(v128.load(weights + i), change);
    v128.store(weights + i, i32x4.max_s(i32x4.min_s(moved, most), least));
  }
}

/** Moves a probability in 1/2^22 towards a bit, by less the more it has seen. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function adapt(at: usize, seen: usize, bit: i32): void {
  const value = load<i32>(at);
  const count = load<u8>(seen);
  const step = <i64>((bit << 22) - value) * <i64>load<i32>(ratesAt + (<usize>count << 2));
  store<i32>(at, value + <i32>(step >> 16));
  if (count < CONFIDENCE_LIMIT) store<u8>(seen, count + 1);
}

/** floor(sum / 65536), within the limits of log odds. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function scaled(sum: i64): i64 {
  return max(-LIMIT, min(LIMIT, sum >> 16));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function squash(odds: i64): i32 {
  return load<i32>(squashAt + (<usize>(odds + LIMIT + 1) << 2));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function stretch(value: i32): i32 {
  return load<i32>(stretchAt + (<usize>(value >> 10) << 2));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function log2(x: i32): i32 {
  const e = 31 - clz(x);
  const mantissa = e >= 10 ? x >>> (e - 10) : x << (10 - e);
  return e * 256 + load<i32>(logsAt + (<usize>(mantissa - 1024) << 2));
}
