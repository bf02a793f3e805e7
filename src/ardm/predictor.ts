/**
 * The network, as the ARDM loop sees it: rows of table indices in, rows of integer logits out.
 *
 * A row's logits depend on that row alone, whatever else shares the call (DESIGN: exact integers), so callers may
 * cut or join calls as they like.
 */
export interface Predictor {
  /** Rows from which on a call does not get cheaper a row: what need not wait comes in calls of so many. */
  readonly rowsAtOnce: number;
  /**
   * @param indices `rows * columns` row-major table indices, one per context column of the model.
   * @param rows number of positions in this call, at least 1.
   * @returns `rows * 256` integer logits stored as floats, row-major. Valid until the next call.
   */
  predict(indices: Int32Array, rows: number): Promise<Float32Array>;
}
