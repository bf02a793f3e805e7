import type { Rows } from './network.js';

/**
 * One graph of a model's network, as the ARDM loop sees it: rows that say what is known around positions in, rows of integers out.
 *
 * What comes out for a row depends on that row alone, whatever else shares the call (DESIGN: exact integers), so callers may
 * cut or join calls as they like.
 */
export interface Predictor {
  /** Rows from which on a call does not get cheaper a row: what need not wait comes in calls of so many. */
  readonly rowsAtOnce: number;
  /** Calls from which on it computes no more of them at the same time: what need not wait asks for so many before the first has come back; default 1. */
  readonly callsAtOnce?: number;
  /**
   * @param inputs the graph's inputs in their order, each of `rows` rows.
   * @param rows number of rows in this call, at least 1.
   * @param room an output of before, which may be written over.
   * @returns so many rows of the graph's output, integers stored as floats, in a buffer that is the caller's alone: who has coded them frees it.
   */
  predict(inputs: readonly Rows[], rows: number, room?: Float32Array): Promise<Float32Array>;
  /**
   * The same at once, where that is the quickest: others get no turn meanwhile.
   *
   * @returns what is valid until the next call of either; undefined where `predict` is to be asked.
   */
  predictNow?(inputs: readonly Rows[], rows: number): Float32Array | undefined;
}
