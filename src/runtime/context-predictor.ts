import { free } from '../ardm/free.js';
import type { InputShape, Rows } from '../ardm/network.js';
import { type ContextLayers, ContextNetwork } from './context-layers.js';
import { verifyKnownAnswer } from './known-answer.js';
import { LookUp, type SharedTable } from './look-up.js';
import type { ModelGraph } from './model.js';
import type { Network } from './scheduler.js';
import type { Products } from './session-settings.js';

/** A context model whose layers are computed in whole numbers. `predict` blocks the thread while it computes. */
export class ContextPredictor implements Network {
  readonly products: Products = 'bytes';

  private constructor(
    private readonly lookUp: LookUp,
    private readonly network: ContextNetwork,
    readonly inputs: readonly InputShape[],
  ) {}

  /** Holds it to the graph's known answer. @throws KnownAnswerMismatchError */
  static async open(
    modelId: string,
    graph: ModelGraph,
    table: SharedTable,
    layers: ContextLayers,
  ): Promise<ContextPredictor> {
    const { shape, knownAnswer } = graph;
    const predictor = new ContextPredictor(new LookUp(table), new ContextNetwork(layers), shape.inputs);
    await verifyKnownAnswer(modelId, shape, predictor, knownAnswer);
    return predictor;
  }

  async predict([indices]: readonly Rows[], count: number): Promise<Float32Array> {
    if (!(indices instanceof Int32Array)) throw new TypeError('numbers of rows of the table are needed');
    const found = this.lookUp.take(indices, count);
    const output = this.network.compute(indices, found, count);
    free(found);
    return output;
  }

  async release(): Promise<void> {}
}
