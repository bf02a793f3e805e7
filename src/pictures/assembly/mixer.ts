/** Mixing of a picture's bits: `../mixing.md`. What all inputs say is weighed by two sets of weights, and those by a last one. */
import { chooseSlots, clearHistories, moveState, openHistories, seekSlots, stateOf } from '../../mixing/assembly/bit-histories';
import { adapted } from '../../mixing/assembly/estimates';
import { log2, scaled, squash, stretch } from '../../mixing/assembly/tables';
import { addUp, inputs, moveFinal, moveWeights, weighLower, weighUpper } from '../../mixing/assembly/weights';
import { clearRefinements, learnRefinements, openRefinements, refine } from './refinements';
import { learnMaps, MAPS, narrowMaps, oddsOfMap, openMaps } from './residual-maps';
import { CONTEXTS, values } from './surroundings';

/** Contexts, maps, zeros, the network and a constant. */
const INPUTS: usize = 24;
const NETWORK: usize = INPUTS - 2;
const CONSTANT: i32 = 256;
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
  seekSlots(values, 0);
  isChosen = false;
  isSummed = true;
}

/** The probability of a 1 of the next bit, in 1/65536 and within 1..65535. @param odds what the network says. */
export function probability(odds: i32): i32 {
  isCertain = abs(odds) >= CERTAIN;
  if (isCertain) {
    mixed = odds;
    return max(1, min(65535, (2 * squash(mixed) + refine(sampleNode + node, load<i32>(values), mixed)) >> 2));
  }
  if (!isChosen) {
    chooseSlots();
    isChosen = true;
  }
  for (let c: usize = 0; c < CONTEXTS; c++) {
    store<i16>(inputs + (c << 1), load<i16>(oddsOfStates + (((c << 8) + stateOf(c, leaf)) << 1)));
  }
  for (let m: usize = 0; m < MAPS; m++) {
    store<i16>(inputs + ((CONTEXTS + m) << 1), <i16>oddsOfMap(m, low, half, isSummed));
  }
  isSummed = true;
  store<i16>(inputs + (NETWORK << 1), <i16>odds);
  store<i16>(inputs + (NETWORK << 1), <i16>CONSTANT, 2);
  let upper0 = v128.splat<i32>(0);
  let lower0 = v128.splat<i32>(0);
  let upper1 = v128.splat<i32>(0);
  let lower1 = v128.splat<i32>(0);
  let w0 = weights0 + set0;
  let w1 = weights1 + set1;
  for (let i: usize = 0; i < INPUTS; i += 8) {
    const input = v128.load(inputs + (i << 1));
    upper0 = i32x4.add(upper0, weighUpper(input, w0));
    lower0 = i32x4.add(lower0, weighLower(input, w0));
    upper1 = i32x4.add(upper1, weighUpper(input, w1));
    lower1 = i32x4.add(lower1, weighLower(input, w1));
    w0 += 32;
    w1 += 32;
  }
  const sums = addUp(upper0, lower0, upper1, lower1);
  out0 = scaled((<i64>i32x4.extract_lane(sums, 0) << 12) + i32x4.extract_lane(sums, 1));
  out1 = scaled((<i64>i32x4.extract_lane(sums, 2) << 12) + i32x4.extract_lane(sums, 3));
  mixed = scaled(<i64>out0 * <i64>load<i32>(finals + final) + <i64>out1 * <i64>load<i32>(finals + final, 4));
  return max(1, min(65535, (2 * squash(mixed) + refine(sampleNode + node, load<i32>(values), mixed)) >> 2));
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
    seekSlots(values, next * 0x9e3779b1);
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
  for (let c: usize = 0; c < CONTEXTS; c++) {
    const state = stateOf(c, leaf);
    const at = estimates + (((c << 8) + state) << 2);
    const changed = adapted(load<u32>(at), bit);
    store<u32>(at, changed);
    store<i16>(oddsOfStates + (((c << 8) + state) << 1), <i16>select<i32>(stretch(changed), 0, state != 0));
    moveState(c, leaf, state, bit);
  }
  narrowMaps(bit);
}

/** Takes in a whole sample. */
export function endSample(value: i32): void {
  learnMaps(value);
}

/** Log odds of a 1, from the frequencies of both bits. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function oddsOf(zero: i32, one: i32): i32 {
  return max(-4095, min(4095, log2(one) - log2(zero)));
}
