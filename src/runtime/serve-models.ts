import { parentPort, workerData } from 'node:worker_threads';
import type { Conditions, KindOfModel } from '../ardm/kind.js';
import type { Dial } from '../ardm/schedule.js';
import { decodeSegment, encodeSegment, learnCondition, type Phase, traceSegment } from '../ardm/segment.js';
import type { Condition } from '../codec/coder.js';
import { ArdmError } from '../errors.js';
import { ProviderUnavailableError } from './errors.js';
import type { FromWorker, NetworkCall, WorkerInit } from './messages.js';
import type { Kinds } from './model.js';
import { type OpenModel, OpenModels } from './open-models.js';
import { PrimedStates } from './primed-states.js';
import { MOST_ROWS, Scheduler, SHORT_SEGMENT } from './scheduler.js';
import { OtherWorkers, serveCalls, shared } from './shared-calls.js';
import { describe, type SegmentWork, serveTasks } from './task-server.js';
import { traceToBytes } from './trace-bytes.js';
import { countCall, newUsage } from './usage.js';

/** Rows of a call on the CPU: with more, what lies between two products of matrices leaves the cache (1,024 rows: a fourth slower a row). */
const CPU_ROWS = 256;

/** The signal of work that is never given up. */
const NEVER = { aborted: false };

/** What a worker does: opens a session for each graph of its models, proves it by its known answer, then codes segments. */
export async function serveModels(kinds: Kinds): Promise<void> {
  if (!parentPort) throw new Error('a worker of the pool only may serve models');
  // Only the pool starts workers, with exactly this.
  const init: WorkerInit = workerData;
  const port = parentPort;
  const others = new OtherWorkers(init.idle, (message) => port.postMessage(message));
  try {
    const work = await openModels(init, kinds, others);
    serveCalls(port, others, work.compute, work.takeUsage);
    serveTasks(port, work);
  } catch (error) {
    const message: FromWorker = { type: 'unavailable', reason: reasonOf(error) };
    parentPort.postMessage(message);
    parentPort.close();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ProviderUnavailableError) return error.reason;
  return error instanceof ArdmError ? error.message : describe(error);
}

interface Work extends SegmentWork {
  /** Computes a network call of another worker. */
  readonly compute: (call: NetworkCall) => Promise<Float32Array>;
}

async function openModels(
  { models, settings, conditionBytes }: WorkerInit,
  kinds: Kinds,
  others: OtherWorkers,
): Promise<Work> {
  let usage = newUsage();
  const mostRows = settings.mostRows ?? (settings.provider === 'cpu' ? CPU_ROWS : MOST_ROWS);
  const scheduler = new Scheduler(mostRows, (rows, ms) => countCall(usage, rows, ms));
  const opened = new OpenModels(kinds, settings);
  for (const model of models) await opened.open(model);
  const states = new PrimedStates(conditionBytes, (event) => {
    usage.conditions[event]++;
  });
  // All calls of other workers are of one task: the next of a segment must not be computed along with the one that it waits for.
  const ofOthers = { short: { short: true, signal: NEVER }, long: { short: false, signal: NEVER } };
  const spent = (phase: Phase, milliseconds: number): void => {
    usage.phases[phase] += milliseconds;
  };
  /** Segments as they begin behind a condition. It is learned for all who want it: none of them can give it up. */
  const primedBy = async (
    { id, bytes }: Condition,
    modelId: string,
    { conditions, networks }: OpenModel & { readonly conditions: Conditions },
    length: number,
  ): Promise<KindOfModel['domain']> => {
    const size = conditions.sizeFor(bytes.length, length);
    const short = bytes.length <= SHORT_SEGMENT;
    const state = await states.take(`${modelId} ${size} ${id}`, () => {
      const predictors = networks.map((network) => scheduler.predictor(network, { short, signal: NEVER }));
      return learnCondition({ predictors, spent }, conditions.prime(bytes, size), NEVER);
    });
    return (data, dial) => state.domain(data, dial);
  };
  return {
    products: await opened.products(),
    takeUsage() {
      const taken = usage;
      usage = newUsage();
      return taken;
    },
    compute: async ({ modelId, graph, short, inputs, rows }) =>
      await opened.use(modelId, async ({ networks }) => {
        const network = networks[graph];
        if (!network) throw new Error(`${modelId} has no graph ${graph}`);
        const own = scheduler.predictor(network, short ? ofOthers.short : ofOthers.long);
        return await own.predict(inputs, rows);
      }),
    async run({ operation, modelId, bytes, length, dial, condition, shape }, signal, coded) {
      return await opened.use(modelId, async (found) => {
        const short = length <= SHORT_SEGMENT;
        const { conditions } = found;
        if (condition && !conditions) throw new Error(`segments of ${modelId} continue nothing`);
        const domain =
          condition && conditions ? await primedBy(condition, modelId, { ...found, conditions }, length) : found.domain;
        const task = { short, signal };
        const own = found.networks.map((network) => scheduler.predictor(network, task));
        // A decoder has one call at a time. Short of two calls, and where all workers have one device, others are of no help.
        const helped = operation !== 'decode' && length > 2 * mostRows && settings.provider === 'cpu';
        const ardm = {
          domain: (data: Uint8Array, of: Dial) => domain(data, of, shape),
          predictors: helped ? own.map((one, graph) => shared(one, others, { modelId, graph, short })) : own,
          spent,
          coded,
        };
        const code = async (): Promise<Uint8Array> => {
          if (operation === 'encode') return await encodeSegment(ardm, bytes, dial, signal);
          if (operation === 'decode') return await decodeSegment(ardm, bytes, length, dial, signal);
          return traceToBytes(await traceSegment(ardm, bytes, dial, signal));
        };
        try {
          return await scheduler.run(task, code);
        } finally {
          // Programs that came back have joined their states.
          if (condition) states.evict();
        }
      });
    },
    open(model) {
      // Tasks of the model tell what became of it.
      opened.open(model).catch(() => {});
    },
    close(modelId) {
      void opened.release(modelId);
    },
    release: () => opened.releaseAll(),
  };
}
