/**
 * The arithmetic of `../mixing.md` (this folder is AssemblyScript: `asc` compiles it into the program of bytes, `tsc` does not). Whole numbers
 * only. Names are those of the note.
 */
import { chooseSlots, clearHistories, moveState, openHistories, stateOf } from './bit-histories';
import { networkOdds, plantTree } from './distribution';
import { clearMaps, learnMaps, openMaps, refine } from './probability-maps';
import { ratesTable, scaled, squash, stretch } from './tables';
import { inputs, moveFinal, moveWeights, weigh } from './weights';

const CONFIDENCE_LIMIT: u32 = 255;
/** The set of weights for no match, and how many sets there are. */
const NO_MATCH: i32 = 32;
const MATCH_SETS: i32 = 33;
const OTHER_INPUTS: i32 = 3;

let contexts: i32;
/** Inputs of a mixer, in groups of eight. */
let lanes: i32;
let rate: i32;
let lightest: i32;

// What a segment learns. Estimates are uint32: probability in 1/2^22, then 8 bits of observations.
let histories: usize;
let matches: usize;
let byNode: usize;
let byMatch: usize;
let final: usize;

// Of the byte that is coded:
let values: usize;
let expected: i32;
let kind: i32;
let asked: bool;
let node: i32;
let leaf: i32;
let nodeSet: usize;
let matchSets: i32;
let matchSet: i32;
let wanted: i32;
let out0: i32;
let out1: i32;
let mixed: i32;
const states = memory.data(32, 16);

/**
 * Lays out what is learned from `at` on.
 *
 * @param parameters where a model's parameters lie, as `../mixer-parameters.ts` makes them. @param length of the segment.
 * @param light distance of logits from which on weights are 0. @returns where it ends.
 */
export function openMixer(
  parameters: usize,
  at: usize,
  length: i32,
  count: i32,
  sets: usize,
  mixRate: i32,
  light: i32,
): usize {
  contexts = count;
  lanes = (count + OTHER_INPUTS + 7) & ~7;
  rate = mixRate;
  lightest = light;
  const width: usize = <usize>lanes << 2;
  histories = parameters;
  matches = histories + (<usize>count << 10);
  byNode = matches + 128;
  byMatch = byNode + 256 * sets * width;
  final = byMatch + <usize>MATCH_SETS * sets * width;
  let bits: i32 = 10;
  while (bits < 17 && 1 << bits < 2 * length) bits++;
  at = openMaps(at, min(16, bits));
  return openHistories((at + 63) & ~63, count, bits);
}

/** Everything as a segment begins with, but for the parameters. */
export function clearMixer(): void {
  clearMaps();
  clearHistories();
  memory.fill(inputs, 0, 80);
}

/**
 * Begins a byte.
 *
 * @param logits what the network says; 0 if it was not asked. @param valuesAt a value for each context. @param expectedByte the byte that
 *   the match expects, or -1. @param matchKind 0..31
 */
export function beginByte(logits: usize, valuesAt: usize, expectedByte: i32, matchKind: i32): void {
  values = valuesAt;
  expected = expectedByte;
  kind = matchKind;
  node = 1;
  leaf = 1;
  asked = logits != 0;
  nodeSet = asked ? 0 : 256;
  matchSets = asked ? 0 : MATCH_SETS;
  if (asked) plantTree(logits, lightest);
  else store<i16>(inputs, 0);
  chooseSlots(values, 0);
}

/** The probability of a 1 of the next bit, in 1/65536 and within 1..65535. */
export function probability(): i32 {
  if (asked) store<i16>(inputs, <i16>networkOdds(node));
  for (let c: i32 = 0; c < contexts; c++) {
    const state = stateOf(c, leaf);
    store<u8>(states + c, <u8>state);
    const odds = stretch(load<u32>(histories + (<usize>((c << 8) + state) << 2)));
    store<i16>(inputs + (<usize>c << 1), <i16>(state != 0 ? odds : 0), 2);
  }
  lookAtMatch();
  store<i16>(inputs + (<usize>contexts << 1), 256, 4);

  const width: usize = <usize>lanes << 2;
  out0 = scaled(weigh(byNode + (nodeSet + node) * width, lanes));
  out1 = scaled(weigh(byMatch + <usize>(matchSets + matchSet) * width, lanes));
  const finals = final + ((nodeSet + node) << 3);
  mixed = scaled(<i64>out0 * <i64>load<i32>(finals) + <i64>out1 * <i64>load<i32>(finals, 4));
  return max(1, min(65535, (2 * squash(mixed) + refine(node, load<i32>(values), mixed)) >> 2));
}

/** Takes in the bit whose probability was told last. */
export function learn(bit: i32): void {
  const target = bit << 16;
  const width: usize = <usize>lanes << 2;
  moveWeights(byNode + (nodeSet + node) * width, lanes, target - squash(out0), rate);
  moveWeights(byMatch + <usize>(matchSets + matchSet) * width, lanes, target - squash(out1), rate);
  moveFinal(final + ((nodeSet + node) << 3), out0, out1, target - squash(mixed));
  learnMaps(bit);
  for (let c: i32 = 0; c < contexts; c++) {
    const state = <i32>load<u8>(states + c);
    if (state != 0) adapt(histories + (<usize>((c << 8) + state) << 2), bit);
    moveState(c, leaf, state, bit);
  }
  if (matchSet != NO_MATCH) adapt(matches + (<usize>matchSet << 2), wanted == bit ? 1 : 0);
  node = 2 * node + bit;
  leaf = 2 * leaf + bit;
  if (node >= 16 && node < 32) {
    chooseSlots(values, node * 0x9e3779b1);
    leaf = 1;
  }
}

function lookAtMatch(): void {
  const done = 31 - clz(node);
  const at = inputs + (<usize>contexts << 1);
  if (expected < 0 || (expected | 256) >> (8 - done) != node) {
    matchSet = NO_MATCH;
    store<i16>(at, 0, 2);
    return;
  }
  matchSet = kind;
  wanted = (expected >> (7 - done)) & 1;
  const right = stretch(load<u32>(matches + (<usize>kind << 2)));
  store<i16>(at, <i16>(wanted == 1 ? right : -right), 2);
}

/** Moves an estimate towards a bit, by less the more it has seen. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function adapt(at: usize, bit: i32): void {
  const estimate = load<u32>(at);
  const value = <i32>(estimate >>> 8);
  const count = estimate & 255;
  const step = <i64>((bit << 22) - value) * <i64>load<u16>(ratesTable + (<usize>count << 1));
  store<u32>(at, (<u32>(value + <i32>(step >> 16)) << 8) | min(CONFIDENCE_LIMIT, count + 1));
}
