/**
 * A worker without networks: the "model" of a task names what it does. Started by the tests of the pool in place of
 * `src/runtime/worker.ts`.
 * @module
 */
import { existsSync, writeFileSync } from 'node:fs';
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import type { FromWorker, NetworkCall, WorkerInit } from '../../src/runtime/messages.js';
import { OtherWorkers, serveCalls } from '../../src/runtime/shared-calls.js';
import { serveTasks } from '../../src/runtime/task-server.js';
import { newUsage } from '../../src/runtime/usage.js';

/** What `sleep` and `spin` answer: who did it, and when (milliseconds of the process's clock). */
export interface Trace {
  readonly thread: number;
  readonly start: number;
  readonly end: number;
}

const now = (): number => performance.timeOrigin + performance.now();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const { models, settings, idle }: WorkerInit = workerData;
const [first] = models;

if (first?.id === 'unavailable' || (first?.id === 'cpu-only' && settings.provider !== 'cpu')) {
  const message: FromWorker = { type: 'unavailable', reason: 'there is no such device.' };
  parentPort?.postMessage(message);
  parentPort?.close();
} else if (first?.id === 'dies-at-start') {
  process.exit(3);
} else if (first?.id === 'starts-once') {
  // The file, where there is one, says that some worker has started before.
  if (existsSync(String(first.coding))) process.exit(4);
  writeFileSync(String(first.coding), '');
}

if (parentPort) {
  const port = parentPort;
  const others = new OtherWorkers(idle, (message) => port.postMessage(message));
  const compute = async ({ inputs: [numbers] }: NetworkCall): Promise<Float32Array> => {
    if (numbers?.[0] === -1) process.exit(7);
    return Float32Array.of(threadId, numbers?.[0] ?? 0);
  };
  serveCalls(port, others, compute, newUsage);
  serveTasks(port, {
    products: 'floats',
    takeUsage: newUsage,
    open() {},
    close() {},
    async run({ operation, modelId, bytes, length, dial }, signal) {
      const start = now();
      const text = Buffer.from(bytes).toString();
      if (modelId === 'echo') return Buffer.from(JSON.stringify({ operation, text, length, dial }));
      // Has another worker compute a network call of a model, and says who did.
      if (modelId === 'asks') {
        const [of = '', number] = text.split(' ');
        const inputs = [Int32Array.of(Number(number))];
        const output = await others.compute({ modelId: of, graph: 0, short: true, inputs, rows: 1 });
        return Buffer.from(JSON.stringify({ own: threadId, output: output && [...output] }));
      }
      if (modelId === 'settings') return Buffer.from(JSON.stringify(settings));
      if (modelId === 'view') return new Uint8Array(100).fill(7).subarray(10, 20);
      if (modelId === 'fail') throw new Error(`failed on ${text}`);
      if (modelId === 'crash') process.exit(5);
      if (modelId === 'throw-later') setTimeout(() => JSON.parse('{'));
      if (modelId === 'crash-once' && !existsSync(text)) {
        writeFileSync(text, '');
        process.exit(6);
      }
      if (modelId === 'stuck') for (;;) await turn();
      // `sleep:20` and `spin:20` take 20 ms; the one lets others in, the other computes all the time.
      const [what, duration] = modelId.split(':');
      while (duration !== undefined && now() < start + Number(duration)) {
        if (signal.aborted) throw new WorkAbandoned();
        if (what === 'sleep' || what === 'mark') await turn();
      }
      if (what === 'throw-later') await new Promise(() => {});
      const trace: Trace = { thread: threadId, start, end: now() };
      return Buffer.from(JSON.stringify(trace));
    },
    async release() {
      if (first && first.id === 'marks-release') writeFileSync(String(first.coding), '');
    },
  });
}
