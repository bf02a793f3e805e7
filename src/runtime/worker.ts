/**
 * Entry of a worker thread: opens one session per model, proves each by its known answer, then codes segments.
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { decodeSegment, encodeSegment, type Phase } from '../ardm/segment.js';
import { LONGEST_CALL } from '../bytes/coding.js';
import { ArdmError } from '../errors.js';
import { ProviderUnavailableError } from './errors.js';
import type { FromWorker, WorkerInit } from './messages.js';
import { Scheduler, SHORT_SEGMENT } from './scheduler.js';
import { OnnxPredictor, type SessionModel } from './session.js';
import { describe, type SegmentWork, serveTasks } from './task-server.js';
import { countCall, newUsage } from './usage.js';

/** Rows of a call on the CPU: with more, what lies between two products of matrices leaves the cache (1,024 rows: a fourth slower a row). */
const CPU_ROWS = 256;

if (!parentPort) throw new Error('src/runtime/worker.ts runs in a worker of the pool only');
// Only the pool starts this file, with exactly this.
const init: WorkerInit = workerData;
const port = parentPort;

try {
  serveTasks(port, await openSessions(init));
} catch (error) {
  const message: FromWorker = { type: 'unavailable', reason: reasonOf(error) };
  port.postMessage(message);
  port.close();
}

function reasonOf(error: unknown): string {
  if (error instanceof ProviderUnavailableError) return error.reason;
  return error instanceof ArdmError ? error.message : describe(error);
}

async function openSessions({ models, settings }: WorkerInit): Promise<SegmentWork> {
  let usage = newUsage();
  const scheduler = new Scheduler(
    settings.mostRows ?? (settings.provider === 'cpu' ? CPU_ROWS : LONGEST_CALL),
    (rows, ms) => countCall(usage, rows, ms),
  );
  const opened = new Map<string, { model: SessionModel; network: OnnxPredictor }>();
  // One after another: loading holds a second copy of the weights for a moment.
  for (const model of models) opened.set(model.id, { model, network: await OnnxPredictor.open(model, settings) });
  const networks = [...opened.values()].map(({ network }) => network);
  return {
    products: networks.every(({ products }) => products === 'bytes') ? 'bytes' : 'floats',
    takeUsage() {
      const taken = usage;
      usage = newUsage();
      return taken;
    },
    async run({ operation, modelId, bytes, length, dial }, signal) {
      const found = opened.get(modelId);
      if (!found) throw new Error(`the worker has no model ${modelId}`);
      const short = length <= SHORT_SEGMENT;
      const ardm = {
        coding: found.model.coding,
        predictor: scheduler.predictor(found.network, { short, signal }),
        spent: (phase: Phase, milliseconds: number) => {
          usage.phases[phase] += milliseconds;
        },
      };
      const code = (): Promise<Uint8Array> =>
        operation === 'encode'
          ? encodeSegment(ardm, bytes, dial, signal)
          : decodeSegment(ardm, bytes, length, dial, signal);
      return short ? await scheduler.runShort(code) : await code();
    },
    async release() {
      for (const network of networks) await network.release();
    },
  };
}
