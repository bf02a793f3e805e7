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
  const whole = context?.whole;
  const few = whole && (await proven(() => ContextPredictor.open(modelId, graph, context.table, whole.layers)));
  if (few && whole.upTo === Number.POSITIVE_INFINITY) return few;
  const sparse = prepared && 'sparse' in prepared ? prepared.sparse : undefined;
  const predictor = sparse && (await proven(() => SparsePredictor.open(modelId, graph, sparse)));
  if (predictor) return predictor;
  const onnx = await OnnxPredictor.open(modelId, graph, settings, context);
  return few ? new NetworkByRows(few, onnx, whole.upTo) : onnx;
}

/** What opens, unless it fails its known answer. */
async function proven<T>(open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof KnownAnswerMismatchError) return undefined;
    throw error;
  }
}
