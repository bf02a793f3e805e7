/** Mixing of a picture's bits: `../mixing.md`. What all inputs say is weighed by two sets of weights, and those by a last one. */
import { chooseSlots, clearHistories, moveState, openHistories, seekSlots, stateOf } from '../../mixing/assembly/bit-histories';
import { adaptedFour } from '../../mixing/assembly/estimates';
import { raisedLog2, scaled, squash, stretch } from '../../mixing/assembly/tables';
import { addUp, inputs, moveFinal, moveWeights, weighLower, weighUpper } from '../../mixing/assembly/weights';
import { clearRefinements, learnRefinements, openRefinements, refine, seekRefinements } from './refinements';
import { learnMaps, narrowMaps, oddsOfMaps, openMaps } from './residual-maps';
import { CONTEXTS, values } from './surroundings';

/** Contexts, maps, zeros, the network and a constant. */
const INPUTS: usize = 24;
const CONSTANT: i16 = 256;
const WIDTH: usize = INPUTS << 2;
/** Sets of weights: by sample, bit and activity; by sample, cost and kind of step. */
const SETS0: usize = 4 * 8 * 9;
const SETS1: usize = 4 * 12 * 2;
const FINALS: usize = 32;
const RATE: i32 = 24;
const SMALL_ERROR: i32 = 256;
/** Odds of the network from which on a bit is as good as certain, so that nothing else is asked: 1 in 2^12. */
const CERTAIN: i32 = 3072;

let estimates: usize;
let weights0: usize;
let weights1: usize;
let finals: usize;
/** Log odds of the contexts' estimates: int16, 256 for each context. Those of state 0, never seen, stay 0. */
const oddsOfStates = memory.data(6144, 64);

/** Of each context, its number times 256 and its state: uint32. */
const states = memory.data(48, 16);

// Of the sample that is coded:
let set0: usize;
let set1: usize;
let final: usize;
let sampleNode: i32;
let node: i32;
let leaf: usize;
let low: i32;
let half: i32;
let out0: i32;
let out1: i32;
let mixed: i32;
/** Whether the slots of the half byte were chosen. */
let isChosen: bool;
let halfHash: i32;
/** Whether the sums of the maps' windows are known; whether the bit is as good as certain. */
let isSummed: bool;
let isCertain: bool;

/** Bytes of parameters, which come first in memory: estimates, weights, maps. */
export let parameterBytes: i32;

/** Lays out what is learned from `at` on. @param bits log2 of the slots of a context, and of rows by colour. @returns where it ends. */
export function openMixer(at: usize, bits: i32): usize {
  estimates = at;
  weights0 = estimates + (CONTEXTS << 10);
  weights1 = weights0 + SETS0 * WIDTH;
  finals = weights1 + SETS1 * WIDTH;
  const end = openMaps((finals + (FINALS << 3) + 63) & ~63);
  parameterBytes = <i32>(end - at);
  const next = openRefinements((end + 63) & ~63, min(12, bits));
  return openHistories((next + 63) & ~63, <i32>CONTEXTS, bits);
}

export function clearMixer(): void {
  clearRefinements();
  clearHistories();
  for (let i: usize = 0; i < CONTEXTS << 8; i++) {
    const odds = i & 255 ? stretch(load<u32>(estimates + (i << 2))) : 0;
    store<i16>(oddsOfStates + (i << 1), <i16>odds);
  }
}

/** Begins a sample whose values and maps are set. */
export function beginBits(sample: i32, activity: i32, cost: i32, kind: i32): void {
  set0 = <usize>(sample * 8 * 9 + activity - 3) * WIDTH;
  set1 = <usize>((sample * 12 + cost) * 2 + kind) * WIDTH;
  final = <usize>(sample * 8) << 3;
  sampleNode = sample << 8;
  node = 1;
  leaf = 1;
  low = 0;
  half = 128;
  halfHash = 0;
  isChosen = false;
  isSummed = true;
  // Begins to fetch what they know, while the network's odds are computed.
  seekSlots(values, 0);
}

/** The probability of a 1 of the next bit, in 1/65536 and within 1..65535. @param odds what the network says. */
export function probability(odds: i32): i32 {
  isCertain = abs(odds) >= CERTAIN;
  seekRefinements(sampleNode + node, load<i32>(values), odds);
  if (isCertain) {
    mixed = odds;
    return max(1, min(65535, (2 * squash(mixed) + refine(mixed)) >> 2));
  }
  if (!isChosen) {
    if (node != 1) seekSlots(values, halfHash);
    chooseSlots();
    isChosen = true;
  }
  const maps = oddsOfMaps(low, half, isSummed);
  isSummed = true;
  let first = v128.load16_lane(oddsAt(0), v128.splat<i16>(0), 0);
  first = v128.load16_lane(oddsAt(1), first, 1);
  first = v128.load16_lane(oddsAt(2), first, 2);
  first = v128.load16_lane(oddsAt(3), first, 3);
  first = v128.load16_lane(oddsAt(4), first, 4);
  first = v128.load16_lane(oddsAt(5), first, 5);
  first = v128.load16_lane(oddsAt(6), first, 6);
  first = v128.load16_lane(oddsAt(7), first, 7);
  let last = v128.load16_lane(oddsAt(8), maps, 4);
  last = v128.load16_lane(oddsAt(9), last, 5);
  last = v128.load16_lane(oddsAt(10), last, 6);
  last = v128.load16_lane(oddsAt(11), last, 7);
  // Four contexts, then four maps; four maps, two zeros, the network and the constant.
  const second = v128.shuffle<i64>(last, maps, 1, 2);
  const third = v128.shuffle<i64>(maps, i16x8(0, 0, 0, 0, 0, 0, <i16>odds, CONSTANT), 1, 3);
  v128.store(inputs, first);
  v128.store(inputs, second, 16);
  v128.store(inputs, third, 32);
  const w0 = weights0 + set0;
  const w1 = weights1 + set1;
  const upper0 = i32x4.add(
    i32x4.add(weighUpper(first, w0), weighUpper(second, w0 + 32)),
    weighUpper(third, w0 + 64),
  );
  const lower0 = i32x4.add(
    i32x4.add(weighLower(first, w0), weighLower(second, w0 + 32)),
    weighLower(third, w0 + 64),
  );
  const upper1 = i32x4.add(
    i32x4.add(weighUpper(first, w1), weighUpper(second, w1 + 32)),
    weighUpper(third, w1 + 64),
  );
  const lower1 = i32x4.add(
    i32x4.add(weighLower(first, w1), weighLower(second, w1 + 32)),
    weighLower(third, w1 + 64),
  );
  const sums = addUp(upper0, lower0, upper1, lower1);
  out0 = scaled((<i64>i32x4.extract_lane(sums, 0) << 12) + i32x4.extract_lane(sums, 1));
  out1 = scaled((<i64>i32x4.extract_lane(sums, 2) << 12) + i32x4.extract_lane(sums, 3));
  mixed = scaled(<i64>out0 * <i64>load<i32>(finals + final) + <i64>out1 * <i64>load<i32>(finals + final, 4));
  return max(1, min(65535, (2 * squash(mixed) + refine(mixed)) >> 2));
}

/** Notes the state of context `c` at the leaf. @returns where its log odds are. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function oddsAt(c: usize): usize {
  const state = (c << 8) + stateOf(c, leaf);
  store<u32>(states + (c << 2), <u32>state);
  return oddsOfStates + (state << 1);
}

/** Takes in the bit whose probability was told last. */
export function learn(bit: i32): void {
  learnRefinements(bit);
  if (isCertain) isSummed = false;
  else learnMixed(bit);
  const next = 2 * node + bit;
  const halved = next >= 16 && next < 32;
  node = next;
  leaf = halved ? 1 : 2 * leaf + bit;
  if (bit) low += half;
  half >>= 1;
  set0 += 9 * WIDTH;
  final += 8;
  if (halved) {
    halfHash = next * 0x9e3779b1;
    isChosen = false;
  }
}

/** What a bit teaches that was not certain. */
function learnMixed(bit: i32): void {
  const target = bit << 16;
  const error0 = target - squash(out0);
  if (abs(error0) >= SMALL_ERROR) moveWeights(weights0 + set0, INPUTS, error0, RATE);
  const error1 = target - squash(out1);
  if (abs(error1) >= SMALL_ERROR) moveWeights(weights1 + set1, INPUTS, error1, RATE);
  const error = target - squash(mixed);
  if (abs(error) >= SMALL_ERROR) moveFinal(finals + final, out0, out1, error);
  learnFour(0, bit);
  learnFour(4, bit);
  learnFour(8, bit);
  narrowMaps(bit);
}

/** The same of four contexts. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function learnFour(c: usize, bit: i32): void {
  const known0 = <usize>load<u32>(states + (c << 2));
  const known1 = <usize>load<u32>(states + (c << 2), 4);
  const known2 = <usize>load<u32>(states + (c << 2), 8);
  const known3 = <usize>load<u32>(states + (c << 2), 12);
  let four = v128.load32_zero(estimates + (known0 << 2));
  four = v128.load32_lane(estimates + (known1 << 2), four, 1);
  four = v128.load32_lane(estimates + (known2 << 2), four, 2);
  four = v128.load32_lane(estimates + (known3 << 2), four, 3);
  const changed = adaptedFour(four, bit);
  learnState(c, known0, i32x4.extract_lane(changed, 0), bit);
  learnState(c + 1, known1, i32x4.extract_lane(changed, 1), bit);
  learnState(c + 2, known2, i32x4.extract_lane(changed, 2), bit);
  learnState(c + 3, known3, i32x4.extract_lane(changed, 3), bit);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function learnState(c: usize, known: usize, changed: u32, bit: i32): void {
  const state = known & 255;
  store<u32>(estimates + (known << 2), changed);
  store<i16>(oddsOfStates + (known << 1), <i16>select<i32>(stretch(changed), 0, state != 0));
  moveState(c, leaf, state, bit);
}

/** Takes in a whole sample. */
export function endSample(value: i32): void {
  learnMaps(value);
}

/** Log odds of a 1, from the frequencies of both bits. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function oddsOf(zero: i32, one: i32): i32 {
  return max(-4095, min(4095, raisedLog2(one) - raisedLog2(zero)));
}
