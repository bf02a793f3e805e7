import type { InputShape, Rows } from '../ardm/network.js';
import { verifyKnownAnswer } from './known-answer.js';
import type { ModelGraph } from './model.js';
import type { Network } from './scheduler.js';
import type { Products } from './session-settings.js';
import { HIGHEST_INPUT, type SparseLayers, SparseNetwork } from './sparse-layers.js';

/** A graph that is layers alone, in whole numbers. `predict` blocks the thread while it computes. */
export class SparsePredictor implements Network {
  readonly products: Products = 'bytes';

  private constructor(
    private readonly network: SparseNetwork,
    readonly inputs: readonly InputShape[],
  ) {}

  /**
   * Holds the layers to the graph's known answer.
   *
   * @returns undefined where its inputs are not whole numbers that they are made for. @throws KnownAnswerMismatchError
   */
  static async open(modelId: string, graph: ModelGraph, layers: SparseLayers): Promise<SparsePredictor | undefined> {
    const { inputs } = graph.shape;
    const fits = ({ type, ranges }: InputShape): boolean =>
      type === 'float32' && ranges.every(({ lowest, highest }) => lowest >= 0 && highest <= HIGHEST_INPUT);
    if (!inputs.every(fits)) return undefined;
    const predictor = new SparsePredictor(new SparseNetwork(layers), inputs);
    await verifyKnownAnswer(modelId, graph.shape, predictor, graph.knownAnswer);
    return predictor;
  }

  async predict([rows]: readonly Rows[], count: number): Promise<Float32Array> {
    if (!(rows instanceof Float32Array)) throw new TypeError('rows of floats are needed');
    return this.network.compute(rows, count);
  }

  async release(): Promise<void> {}
}
