import { ContextPredictor } from './context-predictor.js';
import { KnownAnswerMismatchError } from './errors.js';
import type { WorkerGraph } from './messages.js';
import type { ModelGraph } from './model.js';
import { type PreparedGraph, prepareGraph } from './prepared-graph.js';
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
  const onnx = prepared && 'table' in prepared ? prepared : undefined;
  try {
    const predictor = prepared && (await inWholeNumbers(modelId, graph, prepared));
    if (predictor) return predictor;
  } catch (error) {
    if (!(error instanceof KnownAnswerMismatchError)) throw error;
  }
  return await OnnxPredictor.open(modelId, graph, settings, onnx);
}

async function inWholeNumbers(
  modelId: string,
  graph: ModelGraph,
  prepared: PreparedGraph,
): Promise<OpenNetwork | undefined> {
  if ('sparse' in prepared) return await SparsePredictor.open(modelId, graph, prepared.sparse);
  const { table, whole } = prepared;
  return whole && (await ContextPredictor.open(modelId, graph, table, whole));
}
