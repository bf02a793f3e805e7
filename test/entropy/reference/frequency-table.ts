import { TOTAL } from '../../../src/entropy/total.js';
import { InvalidLogitWeightsError } from './errors.js';

/** Values of a byte. */
const SYMBOLS = 256;

/** Distances between two logits of the clipped range -1024..1023. */
const DISTANCES = 2048;

/** Weight of the most probable symbol; no weight is larger. */
const MAX_WEIGHT = 2 ** 16;

/** What is left of TOTAL after every symbol has got the one part that keeps it codable. */
const SHARED = TOTAL - SYMBOLS;

/**
 * Integer frequencies of the 256 byte values from a row of integer logits: every one at least 1, their sum TOTAL, the
 * same on every machine. `range-coder.md` derives the arithmetic and its bounds.
 *
 * The intervals lie in the order of the symbols, except that the most probable one (of equals, the lowest) is moved to
 * the end, where the coder's truncation is not lost but given to it. One table is loaded again for every byte.
 */
export class FrequencyTable {
  private readonly weightOfDistance = new Int32Array(DISTANCES);
  private readonly weights = new Int32Array(SYMBOLS);
  /** Where each symbol's interval starts if the most probable one has no length; at SYMBOLS, where that one starts. */
  private readonly starts = new Int32Array(SYMBOLS + 1);
  private top = 0;

  /**
   * @param logitWeights weight of a symbol whose logit is 0, 1, 2, ... below the highest; 0 past the end. The first is
   *   65536, the others integers that never rise.
   * @throws InvalidLogitWeightsError if they are not.
   */
  constructor(logitWeights: readonly number[]) {
    checkWeights(logitWeights);
    this.weightOfDistance.set(logitWeights.slice(0, DISTANCES));
    this.load(new Float32Array(SYMBOLS), 0);
  }

  /** Takes the 256 logits from `offset` on: integers, -1024..1023, as the graph's last Clip leaves them. */
  load(logits: Float32Array, offset: number): void {
    const { weightOfDistance, weights, starts } = this;
    let top = 0;
    let highest = logits[offset] as number;
    for (let symbol = 1; symbol < SYMBOLS; symbol++) {
      const logit = logits[offset + symbol] as number;
      if (logit > highest) {
        highest = logit;
        top = symbol;
      }
    }
    let sum = 0;
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      // The mask changes no distance of clipped logits; it spares the bounds check and keeps any other logit harmless.
      const distance = (highest - (logits[offset + symbol] as number)) & (DISTANCES - 1);
      const weight = weightOfDistance[distance] as number;
      weights[symbol] = weight;
      sum = (sum + weight) | 0;
    }
    const shift = 30 - Math.clz32(sum);
    const scale = Math.floor((SHARED * 2 ** shift) / sum) | 0;
    let start = 0;
    for (let symbol = 0; symbol < top; symbol++) {
      starts[symbol] = start;
      start += 1 + (Math.imul(weights[symbol] as number, scale) >>> shift);
    }
    starts[top] = start;
    for (let symbol = top + 1; symbol < SYMBOLS; symbol++) {
      starts[symbol] = start;
      start += 1 + (Math.imul(weights[symbol] as number, scale) >>> shift);
    }
    starts[SYMBOLS] = start;
    this.top = top;
  }

  /** Where the interval of a symbol (0..255) starts, 0..TOTAL-1. */
  start(symbol: number): number {
    return this.starts[symbol === this.top ? SYMBOLS : symbol] as number;
  }

  /** Length of the interval of a symbol (0..255): its frequency, 1..TOTAL-255. */
  size(symbol: number): number {
    const start = this.starts[symbol] as number;
    return symbol === this.top ? TOTAL - (this.starts[SYMBOLS] as number) : (this.starts[symbol + 1] as number) - start;
  }

  /** The symbol whose interval holds a point of [0, TOTAL). */
  symbolAt(target: number): number {
    const { starts } = this;
    if (target >= (starts[SYMBOLS] as number)) return this.top;
    // The last symbol that starts at or before the target; never the top one, whose successor starts where it does.
    let symbol = 0;
    for (let step = SYMBOLS / 2; step > 0; step >>= 1) {
      if ((starts[symbol + step] as number) <= target) symbol += step;
    }
    return symbol;
  }
}

function checkWeights(weights: readonly number[]): void {
  if (weights[0] !== MAX_WEIGHT) throw new InvalidLogitWeightsError(`the first weight is not ${MAX_WEIGHT}`);
  for (const [distance, weight] of weights.entries()) {
    const before = weights[distance - 1] ?? MAX_WEIGHT;
    if (!Number.isInteger(weight) || weight < 0 || weight > before) {
      throw new InvalidLogitWeightsError(`the weight at distance ${distance} is not an integer from 0 to ${before}`);
    }
  }
}
