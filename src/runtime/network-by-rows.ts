import type { InputShape, Rows } from '../ardm/network.js';
import type { ContextPredictor } from './context-predictor.js';
import type { Network } from './scheduler.js';
import type { OnnxPredictor } from './session.js';

/** A context model that is computed in two ways: calls of few rows in whole numbers, at once; longer ones, which that is slower for, in ONNX Runtime. */
export class NetworkByRows implements Network {
  readonly inputs: readonly InputShape[];

  /** @param upTo the most rows that are computed in whole numbers, 1..64. */
  constructor(
    private readonly few: ContextPredictor,
    private readonly many: OnnxPredictor,
    private readonly upTo: number,
  ) {
    this.inputs = many.inputs;
  }

  get products(): OnnxPredictor['products'] {
    return this.many.products;
  }

  async predict(inputs: readonly Rows[], rows: number): Promise<Float32Array> {
    return await (rows <= this.upTo ? this.few : this.many).predict(inputs, rows);
  }

  predictNow(inputs: readonly Rows[], rows: number): Float32Array | undefined {
    return rows <= this.upTo ? this.few.predictNow(inputs, rows) : undefined;
  }

  async release(): Promise<void> {
    await this.many.release();
  }
}
