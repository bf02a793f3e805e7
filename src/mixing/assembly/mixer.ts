/**
 * The arithmetic of `../mixing.md` (this folder is AssemblyScript: `asc` compiles it into the program of bytes, `tsc` does not). Whole numbers
 * only. Names are those of the note.
 */
import { chooseSlots, clearHistories, moveState, openHistories, seekSlots, stateOf } from './bit-histories';
import { networkOdds, plantTree } from './distribution';
import { clearMaps, learnMaps, openMaps, refine } from './probability-maps';
import { adapted } from './estimates';
import { scaled, squash, stretch } from './tables';
import { addUp, inputs, moveFinal, moveOne, moveWeights, weighLower, weighUpper } from './weights';

/** Errors, in 1/65536, that teach the weights nothing: of bytes that the network is asked about, and of certain ones. */
const SMALL_ERROR: i32 = 1024;
const SMALLER_ERROR: i32 = 64;
/** The set of weights for no match, and how many sets there are. */
const NO_MATCH: usize = 32;
const MATCH_SETS: usize = 33;
/** Classes that weights are chosen by, each with a set for every bit of a byte; the last is that of bytes that the network is not asked about. */
const CLASSES: usize = 344;
const BITS: usize = 8;
/** Inputs come in groups of eight. The last three of all are the network, the match and a constant; before them come the contexts. */
const GROUP: usize = 8;
const OTHER_INPUTS: usize = 3;
const CONSTANT: i16 = 256;

let contexts: usize;
let setSize: usize;
let rate: i32;
let lightest: i32;

// What a segment learns. Estimates are uint32: probability in 1/2^22, then 8 bits of observations.
let estimates: usize;
let matches: usize;
let byNode: usize;
let byMatch: usize;
/** 0 where weights are not chosen by classes. */
let byClass: usize;
let final: usize;
let finalSize: usize;
/** Log odds of the contexts' estimates: int16, 256 for each input. Those of state 0, never seen, stay 0. */
const oddsOfStates = memory.data(20480, 64);

// Of the byte that is coded:
let values: usize;
let expected: i32;
let kind: usize;
let asked: bool;
let node: usize;
let leaf: usize;
let nodeSets: usize;
let matchSets: usize;
let matchSet: usize;
let classSet: usize;
let wanted: i32;
let out0: i32;
let out1: i32;
let out2: i32;
let mixed: i32;

/**
 * Lays out what is learned from `at` on.
 *
 * @param parameters where a model's parameters lie, as `../mixer-parameters.ts` makes them. @param size of the segment that the tables are as large for, in
 *   bytes. @param count contexts. @param sets 2 if bytes that the network is not asked about have weights of their own, else 1.
 * @param classes whether there are weights by class, too. @param light distance of logits from which on weights are 0. @returns where it ends.
 */
export function openMixer(
  parameters: usize,
  at: usize,
  size: i32,
  count: i32,
  sets: usize,
  classes: bool,
  mixRate: i32,
  light: i32,
): usize {
  contexts = count;
  setSize = (contexts + OTHER_INPUTS + GROUP - 1) & ~(GROUP - 1);
  rate = mixRate;
  lightest = light;
  const width = setSize << 2;
  estimates = parameters;
  matches = estimates + (contexts << 10);
  byNode = matches + 128;
  byMatch = byNode + 256 * sets * width;
  const behind = byMatch + MATCH_SETS * sets * width;
  byClass = classes ? behind : 0;
  final = behind + (classes ? CLASSES * BITS * width : 0);
  finalSize = classes ? 16 : 8;
  let bits: i32 = 10;
  while (bits < 17 && 1 << bits < 2 * size) bits++;
  at = openMaps(at, min(16, bits));
  return openHistories((at + 63) & ~63, count, bits);
}

/** Everything as a segment begins with, but for the parameters. */
export function clearMixer(): void {
  clearMaps();
  clearHistories();
  for (let i: usize = 0; i < contexts << 8; i++) {
    if ((i & 255) != 0) store<i16>(oddsOfStates + (i << 1), <i16>stretch(load<u32>(estimates + (i << 2))));
  }
}

/**
 * Begins a byte.
 *
 * @param logits what the network says; 0 if it was not asked. @param valuesAt a value for each context. @param expectedByte the byte that
 *   the match expects, or -1. @param matchKind 0..31. @param classes of the bytes before, 0..342.
 */
export function beginByte(logits: usize, valuesAt: usize, expectedByte: i32, matchKind: i32, classes: i32): void {
  values = valuesAt;
  expected = expectedByte;
  kind = matchKind;
  node = 1;
  leaf = 1;
  asked = logits != 0;
  nodeSets = asked ? 0 : 256;
  matchSets = asked ? 0 : MATCH_SETS;
  classSet = byClass + BITS * (asked ? <usize>classes : CLASSES - 1) * (setSize << 2);
  seekSlots(values, 0);
  if (asked) plantTree(logits, lightest);
  chooseSlots();
}

/** The probability of a 1 of the next bit, in 1/65536 and within 1..65535. */
export function probability(): i32 {
  const matchOdds = lookAtMatch();
  const width = setSize << 2;
  let w0 = byNode + (nodeSets + node) * width;
  let w1 = byMatch + (matchSets + matchSet) * width;
  let w2 = classSet;
  let upper0 = v128.splat<i32>(0);
  let lower0 = v128.splat<i32>(0);
  let upper1 = v128.splat<i32>(0);
  let lower1 = v128.splat<i32>(0);
  let upper2 = v128.splat<i32>(0);
  let lower2 = v128.splat<i32>(0);
  for (let i: usize = 0; i < setSize; i += GROUP) {
    let input = v128.splat<i16>(0);
    input = v128.load16_lane(oddsOf(i), input, 0);
    input = v128.load16_lane(oddsOf(i + 1), input, 1);
    input = v128.load16_lane(oddsOf(i + 2), input, 2);
    input = v128.load16_lane(oddsOf(i + 3), input, 3);
    input = v128.load16_lane(oddsOf(i + 4), input, 4);
    if (i + GROUP < setSize) {
      input = v128.load16_lane(oddsOf(i + 5), input, 5);
      input = v128.load16_lane(oddsOf(i + 6), input, 6);
      input = v128.load16_lane(oddsOf(i + 7), input, 7);
    } else {
      input = i16x8.replace_lane(input, 5, <i16>(asked ? networkOdds(node) : 0));
      input = i16x8.replace_lane(input, 6, <i16>matchOdds);
      input = i16x8.replace_lane(input, 7, CONSTANT);
    }
    v128.store(inputs + (i << 1), input);
    upper0 = i32x4.add(upper0, weighUpper(input, w0));
    lower0 = i32x4.add(lower0, weighLower(input, w0));
    upper1 = i32x4.add(upper1, weighUpper(input, w1));
    lower1 = i32x4.add(lower1, weighLower(input, w1));
    w0 += 32;
    w1 += 32;
    if (byClass == 0) continue;
    upper2 = i32x4.add(upper2, weighUpper(input, w2));
    lower2 = i32x4.add(lower2, weighLower(input, w2));
    w2 += 32;
  }
  const sums = addUp(upper0, lower0, upper1, lower1);
  out0 = scaled((<i64>i32x4.extract_lane(sums, 0) << 12) + i32x4.extract_lane(sums, 1));
  out1 = scaled((<i64>i32x4.extract_lane(sums, 2) << 12) + i32x4.extract_lane(sums, 3));
  const finals = final + (nodeSets + node) * finalSize;
  let sum = <i64>out0 * <i64>load<i32>(finals) + <i64>out1 * <i64>load<i32>(finals, 4);
  if (byClass != 0) {
    const parts = addUp(upper2, lower2, upper2, lower2);
    out2 = scaled((<i64>i32x4.extract_lane(parts, 0) << 12) + i32x4.extract_lane(parts, 1));
    sum += <i64>out2 * <i64>load<i32>(finals, 8);
  }
  mixed = scaled(sum);
  return max(1, min(65535, (2 * squash(mixed) + refine(<i32>node, load<i32>(values), mixed)) >> 2));
}

/** Where the log odds of a context are, by its state. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function oddsOf(context: usize): usize {
  return oddsOfStates + (context << 9) + (stateOf(context, leaf) << 1);
}

/** Takes in the bit whose probability was told last. */
export function learn(bit: i32): void {
  const next = (node << 1) + bit;
  const halved = next >= 16 && next < 32;
  if (halved) seekSlots(values, <i32>next * 0x9e3779b1);
  const target = bit << 16;
  const width = setSize << 2;
  const least = asked ? SMALL_ERROR : SMALLER_ERROR;
  const error0 = target - squash(out0);
  if (abs(error0) >= least) moveWeights(byNode + (nodeSets + node) * width, setSize, error0, rate);
  const error1 = target - squash(out1);
  if (abs(error1) >= least) moveWeights(byMatch + (matchSets + matchSet) * width, setSize, error1, rate);
  const error = target - squash(mixed);
  const finals = final + (nodeSets + node) * finalSize;
  if (abs(error) >= least) {
    moveFinal(finals, out0, out1, error);
    if (byClass != 0) moveOne(finals + 8, out2, error);
  }
  if (byClass != 0) {
    const error2 = target - squash(out2);
    if (abs(error2) >= least) moveWeights(classSet, setSize, error2, rate);
    classSet += width;
  }
  learnMaps(bit);
  for (let c: usize = 0; c < contexts; c++) {
    const state = stateOf(c, leaf);
    const at = (c << 8) + state;
    // That of state 0 moves, too, which nobody sees: a branch would cost more.
    const estimate = adapted(load<u32>(estimates + (at << 2)), bit);
    store<u32>(estimates + (at << 2), estimate);
    store<i16>(oddsOfStates + (at << 1), <i16>select<i32>(stretch(estimate), 0, state != 0));
    moveState(c, leaf, state, bit);
  }
  if (matchSet != NO_MATCH) {
    const at = matches + (matchSet << 2);
    store<u32>(at, adapted(load<u32>(at), wanted == bit ? 1 : 0));
  }
  node = next;
  leaf = (leaf << 1) + bit;
  if (halved) {
    chooseSlots();
    leaf = 1;
  }
}

/** Finds which set of weights goes with the match. @returns its input. */
function lookAtMatch(): i32 {
  const done = 31 - clz(<i32>node);
  if (expected < 0 || (expected | 256) >> (8 - done) != <i32>node) {
    matchSet = NO_MATCH;
    return 0;
  }
  matchSet = kind;
  wanted = (expected >> (7 - done)) & 1;
  const right = stretch(load<u32>(matches + (matchSet << 2)));
  return wanted == 1 ? right : -right;
}
