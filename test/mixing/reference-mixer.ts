import { CLASSES, MATCH_SETS, type MixingParameters, OTHER_INPUTS } from '../../src/mixing/parameters.js';
import { CONFIDENCE_LIMIT, LIMIT, log2, RATES, SQUASH, STRETCH } from '../../src/mixing/tables.js';
import { BitHistoryTable } from './bit-history-table.js';
import { ProbabilityMap } from './probability-map.js';

const SYMBOLS = 256;
const MIXERS = 3;
const BITS = 8;
/** Weights stay within ±64. */
const WEIGHT_LIMIT = 2 ** 22;
const FINAL_RATE = 2;
/** Errors, in 1/65536, that teach the weights nothing: with them three quarters of the work, and no bytes, are saved. */
const SMALL_ERROR = 1024;
/** The same for bytes that the network is not asked about: they are certain, and errors small. */
const SMALLER_ERROR = 64;

/**
 * `src/mixing/mixing.md` in plain TypeScript, which the WebAssembly of `src/mixing/assembly` is held to. All numbers are integers below 2^53, most of
 * them kept as doubles.
 */
export class ReferenceMixer {
  private readonly contexts: number;
  private readonly inputs: number;
  private readonly tables: BitHistoryTable[];
  private readonly history: Float64Array;
  private readonly historySeen: Uint8Array;
  private readonly match: Float64Array;
  private readonly matchSeen: Uint8Array;
  /** By node, by match and, if the model has any, by class. */
  private readonly weights: readonly Float64Array[];
  private readonly final: Float64Array;
  private readonly orderZero = new ProbabilityMap(SYMBOLS);
  private readonly orderOne: ProbabilityMap;
  private readonly orderOneShift: number;
  private readonly rate: number;

  /** The network's distribution: node n has the weight of its two children; leaves from 256 on. */
  private readonly tree = new Int32Array(2 * SYMBOLS);
  private readonly odds: Float64Array;
  private readonly states: Int32Array;
  private readonly weightOfDistance = new Int32Array(2048);
  // Of the byte begun.
  private values: Uint32Array = new Uint32Array(0);
  private at = 0;
  private asked = true;
  private expected = -1;
  private kind = 0;
  private classes = 0;
  private node = 1;
  // Of the bit whose probability was asked for.
  private leaf = 1;
  private matchSet = 0;
  private wanted = 0;
  private readonly out: number[] = [0, 0, 0];
  private mixed = 0;

  /** @param length bytes of the segment. @param logitWeights as for FrequencyTable. */
  constructor(parameters: MixingParameters, logitWeights: readonly number[], length: number) {
    const bits = tableBits(length);
    this.contexts = parameters.history.length;
    this.inputs = this.contexts + OTHER_INPUTS;
    this.tables = parameters.history.map(() => new BitHistoryTable(bits));
    const start = startOf(parameters);
    this.history = start.history.slice();
    this.historySeen = start.historySeen.slice();
    this.match = start.match.slice();
    this.matchSeen = start.matchSeen.slice();
    this.weights = [start.byNode, start.byMatch, ...(parameters.classes ? [start.byClass] : [])].map((all) =>
      all.slice(),
    );
    this.final = start.final.slice();
    const mapBits = Math.min(16, bits);
    this.orderOne = new ProbabilityMap(2 ** mapBits);
    this.orderOneShift = 32 - mapBits;
    this.rate = parameters.rate;
    this.odds = new Float64Array(this.inputs);
    this.states = new Int32Array(this.contexts);
    this.weightOfDistance.set(logitWeights);
  }

  /**
   * @param logits 256 integers from `offset` on, -1024..1023; undefined if the network was not asked. @param values a uint32 for each context of the parameters, from `at` on.
   * @param expected the byte that the match expects, or -1. @param kind of match, 0..31. @param classes of the bytes before, 0..342.
   */
  begin(
    logits: Float32Array | undefined,
    offset: number,
    values: Uint32Array,
    at: number,
    expected: number,
    kind: number,
    classes: number,
  ): void {
    this.asked = logits !== undefined;
    this.values = values;
    this.at = at;
    this.expected = expected;
    this.kind = kind;
    this.classes = classes;
    this.node = 1;
    const { tree, weightOfDistance } = this;
    let highest = -1024;
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const logit = logits ? (logits[offset + symbol] as number) | 0 : 0;
      tree[SYMBOLS + symbol] = logit;
      if (logit > highest) highest = logit;
    }
    for (let leaf = SYMBOLS; leaf < 2 * SYMBOLS; leaf++) {
      tree[leaf] = 1 + (weightOfDistance[(highest - (tree[leaf] as number)) & 2047] as number);
    }
    for (let node = SYMBOLS - 1; node > 0; node--) {
      tree[node] = (tree[2 * node] as number) + (tree[2 * node + 1] as number);
    }
    this.chooseSlots(0);
  }

  /** Probability, in 1/65536 and within 1..65535, that the next bit is a 1; bits come from the highest to the lowest. */
  probability(): number {
    const { node, odds, states, tables, history, inputs, contexts, leaf } = this;
    const network = log2(this.tree[2 * node + 1] as number) - log2(this.tree[2 * node] as number);
    odds[0] = network > LIMIT ? LIMIT : Math.max(network, -LIMIT);
    for (let c = 0; c < contexts; c++) {
      const state = (tables[c] as BitHistoryTable).state(leaf);
      states[c] = state;
      odds[c + 1] = state === 0 ? 0 : (STRETCH[(history[(c << 8) + state] as number) >> 10] as number);
    }
    this.lookAtMatch();
    odds[contexts + 2] = 256;

    const f = this.nodeSet() * MIXERS;
    let together = 0;
    for (const [q, weights] of this.weights.entries()) {
      const at = this.setOf(q) * inputs;
      let sum = 0;
      for (let j = 0; j < inputs; j++) sum += (odds[j] as number) * (weights[at + j] as number);
      this.out[q] = scaled(sum);
      together += (this.out[q] as number) * (this.final[f + q] as number);
    }
    this.mixed = scaled(together);
    const probability = SQUASH[this.mixed + LIMIT + 1] as number;
    const context = Math.imul(((this.values[this.at] as number) + node) | 0, 0x9e3779b1) >>> this.orderOneShift;
    const refined = this.orderZero.refine(node, this.mixed) + this.orderOne.refine(context, this.mixed);
    const coded = (2 * probability + refined) >> 2;
    return coded < 1 ? 1 : Math.min(coded, 65535);
  }

  /** Takes in the bit that `probability()` was asked for. */
  learn(bit: number): void {
    this.learnWeights(bit);
    this.orderZero.learn(bit);
    this.orderOne.learn(bit);
    const { tables, states, history, historySeen, leaf } = this;
    for (let c = 0; c < this.contexts; c++) {
      const state = states[c] as number;
      if (state !== 0) adapt(history, historySeen, (c << 8) + state, bit);
      (tables[c] as BitHistoryTable).update(leaf, state, bit);
    }
    if (this.matchSet !== MATCH_SETS - 1) adapt(this.match, this.matchSeen, this.matchSet, this.wanted === bit ? 1 : 0);
    this.node = 2 * this.node + bit;
    // Within each half of the byte, nodes of its own tree: 1, 2..3, 4..7, 8..15.
    this.leaf = 2 * leaf + bit;
    if (this.node >= 16 && this.node < 32) this.chooseSlots(Math.imul(this.node, 0x9e3779b1));
  }

  private chooseSlots(half: number): void {
    const { tables, values, at } = this;
    for (let c = 0; c < this.contexts; c++)
      (tables[c] as BitHistoryTable).choose(((values[at + c] as number) + half) | 0);
    this.leaf = 1;
  }

  private lookAtMatch(): void {
    const { expected, node, odds, contexts } = this;
    const done = 31 - Math.clz32(node);
    if (expected < 0 || (expected | 256) >> (8 - done) !== node) {
      this.matchSet = MATCH_SETS - 1;
      odds[contexts + 1] = 0;
      return;
    }
    this.matchSet = this.kind;
    this.wanted = (expected >> (7 - done)) & 1;
    const right = STRETCH[(this.match[this.kind] as number) >> 10] as number;
    odds[contexts + 1] = this.wanted === 1 ? right : -right;
  }

  /** Sets of weights: behind those of bytes that the network was asked about are those of the others. */
  private nodeSet(): number {
    return this.node + (this.asked ? 0 : SYMBOLS);
  }

  /** The least error that teaches the weights. */
  private least(): number {
    return this.asked ? SMALL_ERROR : SMALLER_ERROR;
  }

  /** Which set of mixer `q` is used. */
  private setOf(q: number): number {
    if (q === 0) return this.nodeSet();
    if (q === 1) return this.matchSet + (this.asked ? 0 : MATCH_SETS);
    return (this.asked ? this.classes : CLASSES - 1) * BITS + 31 - Math.clz32(this.node);
  }

  private learnWeights(bit: number): void {
    const { inputs, final } = this;
    const target = bit << 16;
    for (const [q, weights] of this.weights.entries()) {
      this.moveWeights(
        weights,
        this.setOf(q) * inputs,
        target - (SQUASH[(this.out[q] as number) + LIMIT + 1] as number),
      );
    }
    const error = target - (SQUASH[this.mixed + LIMIT + 1] as number);
    if (Math.abs(error) < this.least()) return;
    const f = this.nodeSet() * MIXERS;
    for (const q of this.weights.keys()) {
      final[f + q] = moved(final[f + q] as number, (this.out[q] as number) * error * FINAL_RATE);
    }
  }

  /** Moves the set of weights at `at` against an error of its mixer, in 1/65536. */
  private moveWeights(weights: Float64Array, at: number, error: number): void {
    if (Math.abs(error) < this.least()) return;
    const { odds, inputs } = this;
    const step = error * this.rate;
    for (let j = 0; j < inputs; j++) weights[at + j] = moved(weights[at + j] as number, (odds[j] as number) * step);
  }
}

interface Start {
  readonly history: Float64Array;
  readonly historySeen: Uint8Array;
  readonly match: Float64Array;
  readonly matchSeen: Uint8Array;
  readonly byNode: Float64Array;
  readonly byMatch: Float64Array;
  readonly byClass: Float64Array;
  readonly final: Float64Array;
}

/** A model's parameters as the mixer holds them: made once, copied for each segment, which a short one would notice. */
const starts = new WeakMap<MixingParameters, Start>();

function startOf(parameters: MixingParameters): Start {
  const known = starts.get(parameters);
  if (known) return known;
  const sets = parameters.skip ? [parameters, parameters.skip] : [parameters];
  const start = {
    history: Float64Array.from(parameters.history.flat()),
    historySeen: Uint8Array.from(parameters.historySeen.flat()),
    match: Float64Array.from(parameters.match),
    matchSeen: Uint8Array.from(parameters.matchSeen),
    byNode: Float64Array.from(sets.flatMap(({ weights }) => weights[0].flat())),
    byMatch: Float64Array.from(sets.flatMap(({ weights }) => weights[1].flat())),
    byClass: Float64Array.from((parameters.classes ?? []).flat()),
    final: Float64Array.from(sets.flatMap(({ final }) => final.flatMap(([a = 0, b = 0, c = 0]) => [a, b, c]))),
  };
  starts.set(parameters, start);
  return start;
}

/** floor(sum / 65536), within the limits of log odds. */
function scaled(sum: number): number {
  const value = Math.floor(sum / 65536);
  return value > LIMIT ? LIMIT : Math.max(value, -LIMIT);
}

/** A weight after a step of floor(change / 2^20 + 1/2). */
function moved(weight: number, change: number): number {
  const value = weight + Math.floor((change + 524288) / 1048576);
  return value > WEIGHT_LIMIT ? WEIGHT_LIMIT : Math.max(value, -WEIGHT_LIMIT);
}

/** Moves a probability in 1/2^22 towards a bit, by less the more it has seen. */
function adapt(probabilities: Float64Array, seen: Uint8Array, at: number, bit: number): void {
  const probability = probabilities[at] as number;
  const count = seen[at] as number;
  probabilities[at] = probability + Math.floor((((bit << 22) - probability) * (RATES[count] as number)) / 65536);
  if (count < CONFIDENCE_LIMIT) seen[at] = count + 1;
}

/** log2 of the slots of a history table: two a byte, from 1,024 to 131,072. */
function tableBits(length: number): number {
  let bits = 10;
  while (bits < 17 && 2 ** bits < 2 * length) bits++;
  return bits;
}
