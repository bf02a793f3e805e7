import type { MixingParameters } from '../mixing/parameters.js';
import type { Context, ContextValue } from './contexts.js';

/**
 * What of a model decides coded bits, besides its ONNX graph: the content of `coding.json`, whose bytes are hashed
 * into the model's identity. Parsed by `coding-schema.ts`.
 */
export interface Coding {
  /** Positions of one ARDM data point in the interleaved order: 1,024, or 524,288, as long as the longest segment. A random order has 1,024. */
  readonly blockLength: number;
  /** Context columns of a row, in the order the graph's `indices` input expects. */
  readonly columns: readonly Column[];
  /** `round(65536 * exp(-d / s))` for logit distances d = 0, 1, ... until it reaches 0; the first entry is 65536. */
  readonly logitWeights: readonly number[];
  /** Measured loss, in 1/1000 bit, of coding one position of a random order of 1,024 when `i * 1024 / length` are known. */
  readonly randomOrderLoss: readonly number[];
  /** How the network's distribution is mixed with what the segment has shown; without it, it is coded as it is. */
  readonly mixing?: Mixing | undefined;
}

/** Block length of models whose block is the whole segment: no ardm segment of bytes is longer. */
export const SEGMENT_BLOCK = 2 ** 19;

export interface Mixing extends MixingParameters {
  /** What bit histories are kept of, in the order of the parameters. */
  readonly contexts: readonly ContextValue[];
}

/** One context: which known bytes it looks at, and its `2 ** bits` rows of the embedding table, from `offset` on. */
export interface Column {
  readonly context: Context;
  readonly bits: number;
  readonly offset: number;
}
