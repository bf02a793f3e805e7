import { ContextPredictor } from './context-predictor.js';
import { KnownAnswerMismatchError } from './errors.js';
import type { WorkerGraph } from './messages.js';
import { NetworkByRows } from './network-by-rows.js';
import { prepareGraph } from './prepared-graph.js';
import type { Network } from './scheduler.js';
import { OnnxPredictor } from './session.js';
import type { Products, SessionSettings } from './session-settings.js';
import { SparsePredictor } from './sparse-predictor.js';

/** A graph that has proven itself. */
export interface OpenNetwork extends Network {
  readonly products: Products;
  release(): Promise<void>;
}

/**
 * Opens a graph as it is computed fastest here: what was prepared, or ONNX Runtime alone where that does not prove itself.
 *
 * @throws KnownAnswerMismatchError
 * @throws ProviderUnavailableError
 */
export async function openNetwork(
  modelId: string,
  { prepared: given, ...graph }: WorkerGraph,
  settings: SessionSettings,
): Promise<OpenNetwork> {
  const prepared = given ?? (settings.provider === 'cpu' ? await prepareGraph(graph.path, settings) : undefined);
  const context = prepared && 'table' in prepared ? prepared : undefined;
  const onnx = (): Promise<OnnxPredictor> => OnnxPredictor.open(modelId, graph, settings, context);
  try {
    if (context?.whole) {
      const { layers, upTo } = context.whole;
      const whole = await ContextPredictor.open(modelId, graph, context.table, layers);
      return upTo === Number.POSITIVE_INFINITY ? whole : new NetworkByRows(whole, await onnx(), upTo);
    }
    const sparse = prepared && 'sparse' in prepared ? prepared.sparse : undefined;
    const predictor = sparse && (await SparsePredictor.open(modelId, graph, sparse));
    if (predictor) return predictor;
  } catch (error) {
    if (!(error instanceof KnownAnswerMismatchError)) throw error;
  }
  return await onnx();
}
