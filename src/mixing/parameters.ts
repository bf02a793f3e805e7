/** Sets of weights that are chosen by the match: 32 kinds, and one for none. */
export const MATCH_SETS = 33;
/** What weights are chosen by: the classes of the three bytes before (343), or that the byte skips the network. */
export const CLASSES = 344;
/** States of a bit history that parameters are given for. */
export const HISTORY_STATES = 256;
/** Inputs beside the contexts: the network, the match, a constant. */
export const OTHER_INPUTS = 3;

/** Weights of the mixers, in 1/65536. */
export interface MixerWeights {
  /** By the bits of the byte so far (256 sets), by match (33); per set one for each input. */
  readonly weights: readonly [readonly (readonly number[])[], readonly (readonly number[])[]];
  /** Of those two mixers in the last one, and of the one by classes where there is one: by the bits of the byte so far (256 sets of 2 or 3). */
  readonly final: readonly (readonly number[])[];
}

/** Which positions skip the network, and the weights that their bytes are mixed with. */
export interface Skip extends MixerWeights {
  /** Bytes that the long match must have held for without a miss. */
  readonly matchLength: number;
  /** How often the byte that it expects must have followed the last six bytes, nothing else ever having done so: 1..15. */
  readonly historyCount: number;
}

/**
 * What mixing starts a segment with: `mixing` of a model's coding.json, made by `models/training/bytes/fit_mixing.py`. Whole numbers;
 * bounds in `mixing.md`, checked by `src/bytes/coding-schema.ts`.
 */
export interface MixingParameters extends MixerWeights {
  /** Step of the weights, 1..64. */
  readonly rate: number;
  /** Per context and bit history: probability of a 1 in 1/2^22, and the observations it counts for, 0..255. */
  readonly history: readonly (readonly number[])[];
  readonly historySeen: readonly (readonly number[])[];
  /** Per kind of match: probability, in 1/2^22, that its next bit is right, and the observations. */
  readonly match: readonly number[];
  readonly matchSeen: readonly number[];
  /** Of a third mixer: for each of {@link CLASSES} 8 sets, one for each number of bits that have been coded. */
  readonly classes?: readonly (readonly number[])[] | undefined;
  /** Without it, every position is asked about. */
  readonly skip?: Skip | undefined;
}
