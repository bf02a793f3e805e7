/**
 * Residual maps: how often a sample has differed so and so much from a prediction, in contexts that tell how far it may be off. Between two
 * bounds of the sample lies a window of a map's row; the two halves of the window give the odds of the next bit. (`../mixing.md`, section 5.)
 */
import { raisedLogs2 } from '../../mixing/assembly/tables';

/** Levels of a context; kinds of samples; entries of a row, which stand in it twice, so that no window wraps. */
export const LEVELS: usize = 24;
const SAMPLES: usize = 4;
const ENTRIES: usize = 256;
const ROW: usize = 4 * ENTRIES;
/** What a residual adds to its entry and to those beside it; the most that a row may add up to before it is halved. */
const HIT: i32 = 32;
const NEAR: i32 = 10;
const MOST: u32 = 24000;
/** What is added to either half, so that a few observations say little. */
const PRIOR: i32 = 16;

export const MAPS: usize = 8;

let rows: usize;
let totals: usize;
/** Of the sample that is coded: per map, its row, where the row's window begins, what the prediction is, and the sums of the window and of its lower half. */
const chosen = memory.data(32, 16);
const windows = memory.data(32, 16);
const predictions = memory.data(32, 16);
const sums = memory.data(32, 16);
const halves = memory.data(32, 16);
/** Eight ones, eight zeros, of 16 bits: what begins n before the zeros keeps n of eight entries. */
const kept = memory.data<u16>([
  0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0, 0, 0, 0, 0, 0, 0, 0,
], 16);

/** Lays out the maps from `at` on: first the rows, then their sums. @returns where they end. */
export function openMaps(at: usize): usize {
  rows = at;
  totals = rows + MAPS * SAMPLES * LEVELS * ROW;
  return totals + MAPS * SAMPLES * LEVELS * 4;
}

/** Begins a sample in map m. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function beginMap(m: usize, sample: i32, level: i32, prediction: i32): void {
  const number = (m * SAMPLES + <usize>sample) * LEVELS + <usize>level;
  store<u32>(chosen + (m << 2), <u32>number);
  store<i32>(predictions + (m << 2), prediction);
  store<u32>(windows + (m << 2), <u32>(rows + number * ROW + (<usize>((0 - prediction) & 255) << 1)));
  store<u32>(sums + (m << 2), load<u32>(totals + (number << 2)));
}

/**
 * Log odds of the upper halves of the windows, of `half` values each, that begin `low` values into the whole: eight int16, one a map.
 *
 * @param isSummed whether the sums of the windows are known from the bit before.
 */
export function oddsOfMaps(low: i32, half: i32, isSummed: bool): v128 {
  const lower0 = sumsOfFour(windows, low, half);
  const lower1 = sumsOfFour(windows + 16, low, half);
  let upper0: v128;
  let upper1: v128;
  if (isSummed) {
    upper0 = i32x4.sub(v128.load(sums), lower0);
    upper1 = i32x4.sub(v128.load(sums, 16), lower1);
  } else {
    upper0 = sumsOfFour(windows, low + half, half);
    upper1 = sumsOfFour(windows + 16, low + half, half);
    v128.store(sums, i32x4.add(lower0, upper0));
    v128.store(sums, i32x4.add(lower1, upper1), 16);
  }
  v128.store(halves, lower0);
  v128.store(halves, lower1, 16);
  const odds = i16x8.narrow_i32x4_s(differenceOfLogs(lower0, upper0), differenceOfLogs(lower1, upper1));
  return i16x8.max_s(i16x8.splat(-2047), i16x8.min_s(i16x8.splat(2047), odds));
}

/** Sums of `half` entries of four windows, `low` entries into them: int32. No sum of a window, nor a part of it, reaches 2^15. */
function sumsOfFour(at: usize, low: i32, half: i32): v128 {
  const offset = <usize>low << 1;
  const a = <usize>load<u32>(at) + offset;
  const b = <usize>load<u32>(at, 4) + offset;
  const c = <usize>load<u32>(at, 8) + offset;
  const d = <usize>load<u32>(at, 12) + offset;
  let sumA = v128.load(a);
  let sumB = v128.load(b);
  let sumC = v128.load(c);
  let sumD = v128.load(d);
  if (half < 8) {
    const mask = v128.load(kept + 16 - (<usize>half << 1));
    sumA = v128.and(sumA, mask);
    sumB = v128.and(sumB, mask);
    sumC = v128.and(sumC, mask);
    sumD = v128.and(sumD, mask);
  } else {
    for (let i: usize = 16; i < <usize>half << 1; i += 16) {
      sumA = i16x8.add(sumA, v128.load(a + i));
      sumB = i16x8.add(sumB, v128.load(b + i));
      sumC = i16x8.add(sumC, v128.load(c + i));
      sumD = i16x8.add(sumD, v128.load(d + i));
    }
  }
  const ones = i16x8.splat(1);
  const ab = i16x8.add(v128.shuffle<i64>(sumA, sumB, 0, 2), v128.shuffle<i64>(sumA, sumB, 1, 3));
  const cd = i16x8.add(v128.shuffle<i64>(sumC, sumD, 0, 2), v128.shuffle<i64>(sumC, sumD, 1, 3));
  const pairsAB = i32x4.dot_i16x8_s(ab, ones);
  const pairsCD = i32x4.dot_i16x8_s(cd, ones);
  return i32x4.add(
    v128.shuffle<i32>(pairsAB, pairsCD, 0, 2, 4, 6),
    v128.shuffle<i32>(pairsAB, pairsCD, 1, 3, 5, 7),
  );
}

/** log2(upper + PRIOR) - log2(lower + PRIOR) of four sums. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function differenceOfLogs(lower: v128, upper: v128): v128 {
  const prior = i32x4.splat(PRIOR);
  return i32x4.sub(raisedLogs2(i32x4.add(upper, prior)), raisedLogs2(i32x4.add(lower, prior)));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function added(sum: v128): i32 {
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)
  );
}

/** Narrows the windows to the half that the bit says. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function narrowMaps(bit: i32): void {
  const lower0 = v128.load(halves);
  const lower1 = v128.load(halves, 16);
  v128.store(sums, bit ? i32x4.sub(v128.load(sums), lower0) : lower0);
  v128.store(sums, bit ? i32x4.sub(v128.load(sums, 16), lower1) : lower1, 16);
}

/** Takes in the value of the sample. */
export function learnMaps(value: i32): void {
  for (let m: usize = 0; m < MAPS; m++) {
    const number = <usize>load<u32>(chosen + (m << 2));
    const row = rows + number * ROW;
    const e = (value - load<i32>(predictions + (m << 2))) & 255;
    if (e > 0 && e < 255) {
      addThree(row + (<usize>(e - 1) << 1));
      addThree(row + (<usize>(e - 1) << 1) + 2 * ENTRIES);
    } else {
      add(row, e, HIT);
      add(row, (e + 1) & 255, NEAR);
      add(row, (e - 1) & 255, NEAR);
    }
    const total = load<u32>(totals + (number << 2)) + HIT + 2 * NEAR;
    store<u32>(totals + (number << 2), total > MOST ? halve(row) : total);
  }
}

/** Adds to three entries side by side; nothing to the fourth, which may be another row's. No entry reaches 2^16. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function addThree(at: usize): void {
  store<u64>(at, load<u64>(at) + (<u64>NEAR | (<u64>HIT << 16) | (<u64>NEAR << 32)));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function add(row: usize, e: i32, count: i32): void {
  const at = row + (<usize>e << 1);
  const sum = <u16>(<i32>load<u16>(at) + count);
  store<u16>(at, sum);
  store<u16>(at, sum, ENTRIES << 1);
}

/** @returns what the row adds up to then. */
function halve(row: usize): u32 {
  let sum = v128.splat<i32>(0);
  for (let i: usize = 0; i < ENTRIES << 1; i += 16) {
    const half = i16x8.shr_u(v128.load(row + i), 1);
    v128.store(row + i, half);
    v128.store(row + i, half, ENTRIES << 1);
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(half));
  }
  return added(sum);
}
