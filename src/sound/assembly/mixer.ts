/** Mixing of a sample's decisions: `../sound.md`, section 6. What all inputs say is weighed by two sets of weights, and those by a last one. */
import { between, clearRows, ENTRIES, entryBelow, learnEntry, nearestEntry } from '../../mixing/assembly/refinement-rows';
import { log2, scaled, squash } from '../../mixing/assembly/tables';
import { addUp, inputs, moveFinal, moveWeights, weighLower, weighUpper } from '../../mixing/assembly/weights';
import {
  CENTRES,
  cut,
  gateAbove,
  gateBelow,
  lowerOf,
  narrow,
  networkAbove,
  networkBelow,
  RATES,
  upperOf,
} from './components';
import { take } from './memory-plan';

/** Two rates of each centre, the gate, the network, a constant, and a zero. */
const INPUTS: usize = 16;
const GATE: usize = 2 * CENTRES;
const CONSTANT: i32 = 256;
const WIDTH: usize = INPUTS << 2;
/** Decisions that are told apart: cuts of the first 32 parts, halves of a part, doublings beyond the outermost. */
export const NODES: usize = 64;
/** Surroundings: six of how the deviation changes, four of how far predictions are apart. */
const SURROUNDINGS: usize = 24;
const RATE: i32 = 8;
const REFINEMENT_RATE: i32 = 6;

/** What segments start with: by node, a set of weights, and the two of the last mixer. Written before `clearMixer`. */
export let parameters: usize;
export const parameterBytes: i32 = <i32>(NODES * (WIDTH + 8));
let byNode: usize;
let bySurrounding: usize;
let finals: usize;
let refinements: usize;

let set0: usize;
let set1: usize;
let final: usize;
let out0: i32;
let out1: i32;
let mixed: i32;
let nearest: usize;

export function openMixer(): void {
  parameters = take(parameterBytes);
  byNode = take(NODES * WIDTH);
  bySurrounding = take(NODES * SURROUNDINGS * WIDTH);
  finals = take(NODES << 3);
  refinements = take((<usize>ENTRIES * NODES) << 1);
}

export function clearMixer(): void {
  memory.copy(byNode, parameters, NODES * WIDTH);
  memory.copy(finals, parameters + NODES * WIDTH, NODES << 3);
  for (let node: usize = 0; node < NODES; node++) {
    for (let s: usize = 0; s < SURROUNDINGS; s++) {
      memory.copy(bySurrounding + (node * SURROUNDINGS + s) * WIDTH, parameters + node * WIDTH, WIDTH);
    }
  }
  clearRows(refinements, <i32>NODES);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function oddsOf(below: i32, above: i32): i32 {
  return max(-4095, min(4095, log2(above) - log2(below)));
}

/** The probability, in 1/65536 and within 1..65535, that the sample is not below a cut. */
export function probability(sample: i32, node: usize, surrounding: usize): i32 {
  cut(sample);
  for (let i: usize = 0; i < CENTRES; i++) {
    const fast = i * RATES + 1;
    const slow = i * RATES + 3;
    store<i16>(inputs + (i << 2), <i16>oddsOf(lowerOf(fast) + 1, upperOf(fast) + 1));
    store<i16>(inputs + (i << 2), <i16>oddsOf(lowerOf(slow) + 1, upperOf(slow) + 1), 2);
  }
  store<i16>(inputs + (GATE << 1), <i16>oddsOf(<i32>(gateBelow >> 16) + 1, <i32>(gateAbove >> 16) + 1));
  store<i16>(inputs + (GATE << 1), <i16>oddsOf(<i32>(networkBelow >> 16) + 1, <i32>(networkAbove >> 16) + 1), 2);
  store<i16>(inputs + (GATE << 1), <i16>CONSTANT, 4);
  store<i16>(inputs + (GATE << 1), 0, 6);
  set0 = byNode + node * WIDTH;
  set1 = bySurrounding + (node * SURROUNDINGS + surrounding) * WIDTH;
  final = finals + (node << 3);
  const first = v128.load(inputs);
  const second = v128.load(inputs, 16);
  const sums = addUp(
    i32x4.add(weighUpper(first, set0), weighUpper(second, set0 + 32)),
    i32x4.add(weighLower(first, set0), weighLower(second, set0 + 32)),
    i32x4.add(weighUpper(first, set1), weighUpper(second, set1 + 32)),
    i32x4.add(weighLower(first, set1), weighLower(second, set1 + 32)),
  );
  out0 = scaled((<i64>i32x4.extract_lane(sums, 0) << 12) + i32x4.extract_lane(sums, 1));
  out1 = scaled((<i64>i32x4.extract_lane(sums, 2) << 12) + i32x4.extract_lane(sums, 3));
  mixed = scaled(<i64>out0 * <i64>load<i32>(final) + <i64>out1 * <i64>load<i32>(final, 4));
  const row = entryBelow(refinements, <i32>node, mixed);
  nearest = nearestEntry(row, mixed);
  return max(1, min(65535, (squash(mixed) + between(row, mixed)) >> 1));
}

/** Takes in whether the sample was not below the cut whose probability was told last. */
export function learn(isAbove: i32): void {
  learnEntry(nearest, isAbove, REFINEMENT_RATE);
  const target = isAbove << 16;
  moveWeights(set0, INPUTS, target - squash(out0), RATE);
  moveWeights(set1, INPUTS, target - squash(out1), 2 * RATE);
  moveFinal(final, out0, out1, target - squash(mixed));
  narrow(isAbove);
}

/** Copies what has been learned over what segments start with: for fitting. */
export function keepLearned(): void {
  memory.copy(parameters, byNode, NODES * WIDTH);
  memory.copy(parameters + NODES * WIDTH, finals, NODES << 3);
}
