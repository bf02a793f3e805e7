import { Worker } from 'node:worker_threads';
import type { WorkerModel } from './messages.js';
import type { Model } from './model.js';
import type { PreparedGraph } from './prepared-graph.js';
import type { SessionSettings } from './session-settings.js';

/** What the thread that prepares is started with (`workerData`). */
export interface PrepareInit {
  readonly paths: readonly string[];
  readonly settings: SessionSettings;
}

/** What it answers: a graph for each path, or why not. */
export type Prepared = { readonly graphs: readonly (PreparedGraph | undefined)[] } | { readonly reason: string };

/** What a worker opens a model from, all by itself. */
export function unprepared({ id, kind, coding, graphs }: Model): WorkerModel {
  return { id, kind: kind.name, coding, graphs };
}

/**
 * What workers open a model from, with what they share of it. It is made in a thread of its own: the file and what it is read into are
 * several times as large as what stays, and end with the thread.
 */
export async function prepareModel(model: Model, settings: SessionSettings): Promise<WorkerModel> {
  const { id, kind, coding, graphs } = model;
  if (settings.provider !== 'cpu') return unprepared(model);
  const init: PrepareInit = { paths: graphs.map(({ path }) => path), settings };
  const worker = new Worker(new URL('./prepare-worker.js', import.meta.url), { workerData: init });
  const answer = await new Promise<Prepared>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread that prepares ${id} exited with code ${code}`)));
  });
  if ('reason' in answer) throw new Error(answer.reason);
  const prepared = graphs.map((graph, i) => {
    const found = answer.graphs[i];
    return found ? { ...graph, prepared: found } : graph;
  });
  return { id, kind: kind.name, coding, graphs: prepared };
}
