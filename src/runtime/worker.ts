/**
 * Entry of a worker thread: opens one session per model, proves each by its known answer, then codes segments.
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Predictor } from '../ardm/predictor.js';
import { decodeSegment, encodeSegment } from '../ardm/segment.js';
import { ArdmError } from '../errors.js';
import { ProviderUnavailableError } from './errors.js';
import type { FromWorker, WorkerInit } from './messages.js';
import { Precedence, SHORT_SEGMENT } from './precedence.js';
import { OnnxPredictor, type SessionModel } from './session.js';
import { describe, type SegmentWork, serveTasks } from './task-server.js';

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
  const precedence = new Precedence();
  const opened = new Map<string, { model: SessionModel; predictor: OnnxPredictor }>();
  // One after another: loading holds a second copy of the weights for a moment.
  for (const model of models) opened.set(model.id, { model, predictor: await OnnxPredictor.open(model, settings) });
  return {
    async run({ operation, modelId, bytes, length, dial }, signal) {
      const found = opened.get(modelId);
      if (!found) throw new Error(`the worker has no model ${modelId}`);
      const { model, predictor } = found;
      const code = (by: Predictor): Promise<Uint8Array> =>
        operation === 'encode'
          ? encodeSegment({ coding: model.coding, predictor: by }, bytes, dial, signal)
          : decodeSegment({ coding: model.coding, predictor: by }, bytes, length, dial, signal);
      if (length <= SHORT_SEGMENT) return await precedence.runShort(() => code(predictor));
      return await code({
        predict: (indices, rows) => precedence.longCall(() => predictor.predict(indices, rows)),
      });
    },
    async release() {
      for (const { predictor } of opened.values()) await predictor.release();
    },
  };
}
