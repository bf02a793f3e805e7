import { Tensor } from 'onnxruntime-node';
import { type InputShape, type Rows, widthOf } from '../ardm/network.js';

/** The first `rows` rows as a tensor. A view is enough: the binding reads it in place. */
export function tensorOf({ type, shape }: InputShape, values: Rows, rows: number): Tensor {
  return new Tensor(type, values.subarray(0, rows * widthOf({ shape })), [rows, ...shape]);
}
