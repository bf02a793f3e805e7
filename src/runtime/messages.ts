import type { Shape } from '../ardm/kind.js';
import type { Rows } from '../ardm/network.js';
import type { Dial } from '../ardm/schedule.js';
import type { Condition } from '../codec/coder.js';
import type { ModelGraph } from './model.js';
import type { PreparedGraph } from './prepared-graph.js';
import type { Products, SessionSettings } from './session-settings.js';
import type { Usage } from './usage.js';

/** What a worker needs of a model; plain data. */
export interface WorkerModel {
  readonly id: string;
  /** Name of its kind. */
  readonly kind: string;
  readonly coding: unknown;
  readonly graphs: readonly WorkerGraph[];
}

/** A graph, and what it was made into for all workers. */
export interface WorkerGraph extends ModelGraph {
  readonly prepared?: PreparedGraph;
}

/** What a worker of the pool is started with (`workerData`). */
export interface WorkerInit {
  /** Those that are open from the start. */
  readonly models: readonly WorkerModel[];
  readonly settings: SessionSettings;
  /** Bytes of memory for conditions that have been learned. */
  readonly conditionBytes: number;
  /** One number in memory that all share: workers that have no task. */
  readonly idle: Int32Array;
}

/** One segment to be coded. The buffer of `bytes` belongs to the worker. */
export interface SegmentRequest {
  readonly operation: 'encode' | 'decode' | 'trace';
  readonly modelId: string;
  /** Original bytes to encode or trace, or the payload to decode. */
  readonly bytes: Uint8Array;
  /** Length of the original bytes. */
  readonly length: number;
  readonly dial: Dial;
  /** What the segment continues. */
  readonly condition?: Condition;
  readonly shape?: Shape;
}

/** A network call that a worker may leave to others. */
export interface NetworkCall {
  readonly modelId: string;
  /** Number of the graph in the model. */
  readonly graph: number;
  /** Whether it is for a short segment. */
  readonly short: boolean;
  readonly inputs: readonly Rows[];
  readonly rows: number;
}

/** From the pool to a worker. `id` names a task of that worker, or a network call of it or for it. */
export type ToWorker =
  | { readonly type: 'task'; readonly id: number; readonly request: SegmentRequest }
  /** To be computed for another worker. */
  | { readonly type: 'call'; readonly id: number; readonly call: NetworkCall }
  /** What another worker has computed for it; nothing where none has. */
  | { readonly type: 'called'; readonly id: number; readonly output?: Float32Array }
  | { readonly type: 'abort'; readonly id: number }
  /** Tasks of the model may follow at once. */
  | { readonly type: 'open'; readonly model: WorkerModel }
  | { readonly type: 'release'; readonly modelId: string }
  | { readonly type: 'close' };

/** From a worker to the pool. After `close` a worker answers its tasks and exits by itself. */
export type FromWorker =
  | { readonly type: 'ready'; readonly products: Products }
  /** What it has done since it last said so. */
  | { readonly type: 'usage'; readonly usage: Usage }
  /** Positions of a task that are coded so far. */
  | { readonly type: 'progress'; readonly id: number; readonly positions: number }
  | { readonly type: 'unavailable'; readonly reason: string }
  /** To be computed by another worker. */
  | { readonly type: 'call'; readonly id: number; readonly call: NetworkCall }
  /** What it has computed for another; nothing where it could not. */
  | { readonly type: 'called'; readonly id: number; readonly output?: Float32Array<ArrayBuffer>; readonly usage: Usage }
  | { readonly type: 'done'; readonly id: number; readonly bytes: Uint8Array; readonly usage: Usage }
  | { readonly type: 'abandoned'; readonly id: number; readonly usage: Usage }
  /** The model of the task did not open. */
  | { readonly type: 'unopened'; readonly id: number; readonly reason: string; readonly usage: Usage }
  | { readonly type: 'failed'; readonly id: number; readonly reason: string; readonly usage: Usage };
