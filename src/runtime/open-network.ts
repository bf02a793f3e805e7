import { KnownAnswerMismatchError } from './errors.js';
import type { WorkerGraph } from './messages.js';
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
  if (!prepared || !('sparse' in prepared)) return await OnnxPredictor.open(modelId, graph, settings, prepared);
  try {
    const predictor = await SparsePredictor.open(modelId, graph, prepared.sparse);
    if (predictor) return predictor;
  } catch (error) {
    if (!(error instanceof KnownAnswerMismatchError)) throw error;
  }
  return await OnnxPredictor.open(modelId, graph, settings, undefined);
}
