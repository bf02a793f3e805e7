import type { InputShape, Rows } from '../ardm/network.js';
import { type ContextLayers, ContextNetwork, ROWS_AT_ONCE } from './context-layers.js';
import { verifyKnownAnswer } from './known-answer.js';
import { LookUp, type SharedTable } from './look-up.js';
import type { ModelGraph } from './model.js';
import type { Network } from './scheduler.js';
import type { Products } from './session-settings.js';

/** A context model whose layers are computed in whole numbers. `predict` blocks the thread while it computes. */
export class ContextPredictor implements Network {
  readonly products: Products = 'bytes';
  private readonly lookUp: LookUp;
  private readonly network: ContextNetwork;

  private constructor(
    table: SharedTable,
    private readonly layers: ContextLayers,
    readonly inputs: readonly InputShape[],
  ) {
    this.lookUp = new LookUp(table);
    this.network = new ContextNetwork(layers);
  }

  /** Holds it to the graph's known answer. @throws KnownAnswerMismatchError */
  static async open(
    modelId: string,
    graph: ModelGraph,
    table: SharedTable,
    layers: ContextLayers,
  ): Promise<ContextPredictor> {
    const { shape, knownAnswer } = graph;
    const predictor = new ContextPredictor(table, layers, shape.inputs);
    await verifyKnownAnswer(modelId, shape, predictor, knownAnswer);
    return predictor;
  }

  async predict([indices]: readonly Rows[], count: number): Promise<Float32Array> {
    const { columns, outputs } = this.layers;
    const all = new Float32Array(count * outputs);
    for (let row = 0; row < count; row += ROWS_AT_ONCE) {
      const some = Math.min(ROWS_AT_ONCE, count - row);
      all.set(this.part(indices?.subarray(row * columns, (row + some) * columns), some), row * outputs);
    }
    return all;
  }

  /** @returns undefined for more than 64 rows. */
  predictNow([indices]: readonly Rows[], count: number): Float32Array | undefined {
    return count <= ROWS_AT_ONCE ? this.part(indices, count) : undefined;
  }

  /** @param count 1..64. @returns `[count, outputs]`, until the next call. */
  private part(indices: Rows | undefined, count: number): Float32Array {
    if (!(indices instanceof Int32Array)) throw new TypeError('numbers of rows of the table are needed');
    this.lookUp.takeInto(this.network.found, indices, count);
    return this.network.compute(count);
  }

  async release(): Promise<void> {}
}
