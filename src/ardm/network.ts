/** Whole numbers, both ends included. */
export interface Range {
  readonly lowest: number;
  readonly highest: number;
}

/** An input of a network: so much for every position that is asked about. */
export interface InputShape {
  readonly name: string;
  readonly type: 'int32' | 'uint8' | 'float32';
  /** Dimensions of one row; a call of `N` rows has the tensor `[N, ...shape]`. */
  readonly shape: readonly number[];
  /** What element `i` of a row may be: `ranges[i % ranges.length]`. */
  readonly ranges: readonly Range[];
}

/** The output of a network: whole numbers, stored as floats. */
export interface OutputShape extends Range {
  readonly name: string;
  readonly shape: readonly number[];
}

/** One graph of a model: rows in, rows out. */
export interface GraphShape {
  readonly inputs: readonly InputShape[];
  readonly output: OutputShape;
}

/** The array that holds elements of a type. */
export const ARRAY_OF = { int32: Int32Array, uint8: Uint8Array, float32: Float32Array } as const;

/** Rows of one input or output, one after the other, each row-major. */
export type Rows = Int32Array | Uint8Array | Float32Array;

/** Elements of a row. */
export function widthOf({ shape }: { readonly shape: readonly number[] }): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
