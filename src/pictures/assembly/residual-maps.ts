/**
 * Residual maps: how often a sample has differed so and so much from a prediction, in contexts that tell how far it may be off. Between two
 * bounds of the sample lies a window of a map's row; the two halves of the window give the odds of the next bit. (`../mixing.md`, section 5.)
 */
import { log2 } from '../../mixing/assembly/tables';

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
/** Of the sample that is coded: per map, its row, where the row's window begins, what the prediction is, and the sum of the window. */
const chosen = memory.data(128, 16);
const windows = memory.data(128, 16);
const predictions = memory.data(128, 16);
const sums = memory.data(128, 16);
const halves = memory.data(128, 16);

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
 * Log odds of the upper half of the window, of `half` values each, that begins `low` values into the whole.
 *
 * @param isSummed whether the sum of the window is known from the bit before.
 */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function oddsOfMap(m: usize, low: i32, half: i32, isSummed: bool): i32 {
  const at = <usize>load<u32>(windows + (m << 2)) + (<usize>low << 1);
  const lower = sumOf(at, half);
  const upper = isSummed ? load<i32>(sums + (m << 2)) - lower : sumOf(at + (<usize>half << 1), half);
  store<i32>(sums + (m << 2), lower + upper);
  store<i32>(halves + (m << 2), lower);
  return max(-2047, min(2047, log2(upper + PRIOR) - log2(lower + PRIOR)));
}

/** Sum of so many entries. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function sumOf(at: usize, count: i32): i32 {
  if (count >= 8) {
    let sum = v128.splat<i32>(0);
    for (let i: usize = 0; i < <usize>count << 1; i += 16) {
      sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(v128.load(at + i)));
    }
    return added(sum);
  }
  if (count == 4) {
    return <i32>load<u16>(at) + <i32>load<u16>(at, 2) + <i32>load<u16>(at, 4) + <i32>load<u16>(at, 6);
  }
  return count == 2 ? <i32>load<u16>(at) + <i32>load<u16>(at, 2) : <i32>load<u16>(at);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function added(sum: v128): i32 {
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)
  );
}

/** Narrows the windows to the half that the bit says. */
export function narrowMaps(bit: i32): void {
  for (let m: usize = 0; m < MAPS << 2; m += 4) {
    const lower = load<i32>(halves + m);
    store<i32>(sums + m, bit ? load<i32>(sums + m) - lower : lower);
  }
}

/** Takes in the value of the sample. */
export function learnMaps(value: i32): void {
  for (let m: usize = 0; m < MAPS; m++) {
    const number = <usize>load<u32>(chosen + (m << 2));
    const row = rows + number * ROW;
    const e = (value - load<i32>(predictions + (m << 2))) & 255;
    add(row, e, HIT);
    add(row, (e + 1) & 255, NEAR);
    add(row, (e - 1) & 255, NEAR);
    const total = load<u32>(totals + (number << 2)) + HIT + 2 * NEAR;
    store<u32>(totals + (number << 2), total > MOST ? halve(row) : total);
  }
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
