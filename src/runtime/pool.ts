import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Shape } from '../ardm/kind.js';
import type { Dial } from '../ardm/schedule.js';
import type { Trace } from '../ardm/segment.js';
import { abandoned } from '../codec/abandon.js';
import type { Condition, OnCoded, SegmentCoder } from '../codec/coder.js';
import { PoolClosedError, ProviderUnavailableError, WorkerLostError } from './errors.js';
import type { NetworkCall, SegmentRequest, WorkerInit, WorkerModel } from './messages.js';
import type { Model } from './model.js';
import { ModelsOnDemand } from './models-on-demand.js';
import { Places } from './places.js';
import type { PassedOver, PoolObserver, PoolOptions, SegmentKind } from './pool-options.js';
import { prepareModel, unprepared } from './prepare-model.js';
import { type Provider, providerCandidates } from './provider.js';
import { SHORT_SEGMENT } from './scheduler.js';
import type { Products, SessionSettings } from './session-settings.js';
import { traceFromBytes } from './trace-bytes.js';
import { WorkerGone, WorkerHandle } from './worker-handle.js';

/**
 * Tasks of each kind that a worker runs side by side, network call by network call. Short ones have places of their own,
 * so they never wait for a long one to end. Two long ones, so that one request's do not shut out another's; more would
 * make none of them faster, and each holds up to 15.7 MB of context tables.
 */
const SHORT_TASKS_PER_WORKER = 8;
const LONG_TASKS_PER_WORKER = 2;

const CONDITION_BYTES = 64 * 2 ** 20;

/** How long a model that was opened on first use stays open. */
const IDLE_MS = 10 * 60_000;

/** Pause before a worker that could not be replaced is tried again. */
const RESTART_DELAY_MS = 1_000;

type TaskPlaces = Places<AbortSignal, Task, WorkerHandle>;

interface Task {
  readonly request: SegmentRequest;
  readonly signal: AbortSignal;
  readonly kind: SegmentKind;
  readonly onProgress: OnCoded | undefined;
  /** When it was last put in line, in milliseconds. */
  queuedAt: number;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  retried: boolean;
  abort: (() => void) | undefined;
}

/**
 * Codes segments in worker threads; the calling thread only passes buffers on.
 *
 * Requests (told apart by their signal) are served in turn, and none has more tasks running than there are workers.
 */
export class WorkerPool implements SegmentCoder {
  private readonly places: Readonly<Record<SegmentKind, TaskPlaces>> = {
    short: new Places(SHORT_TASKS_PER_WORKER),
    long: new Places(LONG_TASKS_PER_WORKER),
  };
  private readonly onDemand: ModelsOnDemand;
  private readonly checks = new Map<string, Promise<void>>();
  private readonly runningOf = new Map<AbortSignal, number>();
  private readonly workers = new Set<WorkerHandle>();
  private readonly restarts = new Set<Promise<void>>();
  /** Ends the pause before a restart when the pool is closed. */
  private readonly stop = new AbortController();
  private closing: Promise<void> | undefined;

  private constructor(
    /** The provider that all sessions run on. */
    readonly provider: Provider,
    /** Providers that were tried before it. */
    readonly passedOver: readonly PassedOver[],
    /** What each of the workers that the pool keeps alive is started with. */
    private readonly inits: readonly WorkerInit[],
    private readonly entry: URL,
    private readonly log: NonNullable<PoolOptions['log']>,
    private readonly observer: PoolObserver | undefined,
    private readonly models: readonly Model[],
    onDemand: {
      readonly models: readonly Model[];
      readonly idleMilliseconds: number;
      readonly prepare: (model: Model) => Promise<WorkerModel>;
    },
    private readonly check: PoolOptions['check'],
  ) {
    const { models: opened, idleMilliseconds } = onDemand;
    const prepare = (id: string): Promise<WorkerModel> =>
      onDemand.prepare(opened.find((model) => model.id === id) as Model);
    const release = (id: string): void => {
      for (const worker of this.workers) worker.release(id);
    };
    this.onDemand = new ModelsOnDemand(
      opened.map(({ id }) => id),
      prepare,
      release,
      idleMilliseconds,
    );
  }

  /**
   * Starts all workers; resolves when every session has reproduced its known answer.
   *
   * @throws ProviderUnavailableError if a provider asked for by name cannot be used, or not even the CPU.
   */
  static async start(options: PoolOptions): Promise<WorkerPool> {
    const log = options.log ?? (() => {});
    const candidates = providerCandidates(options.provider, options.devices);
    const passedOver: PassedOver[] = [];
    for (;;) {
      const provider = candidates.shift() as Provider;
      try {
        return await WorkerPool.startOn(provider, passedOver, options, log);
      } catch (error) {
        if (candidates.length === 0) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        passedOver.push({ provider, reason });
        log('execution provider passed over', { provider, reason });
      }
    }
  }

  private static async startOn(
    provider: Provider,
    passedOver: readonly PassedOver[],
    options: PoolOptions,
    log: NonNullable<PoolOptions['log']>,
  ): Promise<WorkerPool> {
    const entry = options.entry ?? new URL('./worker.js', import.meta.url);
    const settings = settingsOn(provider, options);
    const { keepOpen, idleMilliseconds = IDLE_MS, check } = options;
    const isKept = ({ id }: Model): boolean => keepOpen?.includes(id) ?? true;
    const prepare = async (model: Model): Promise<WorkerModel> =>
      options.prepare === false ? unprepared(model) : await prepareModel(model, settings);
    const models: WorkerModel[] = [];
    for (const model of options.models.filter(isKept)) models.push(await prepare(model));
    const onDemand = { models: options.models.filter((model) => !isKept(model)), idleMilliseconds, prepare };
    const inits = initsOf(models, settings, options);
    const { observer } = options;
    const pool = new WorkerPool(provider, passedOver, inits, entry, log, observer, options.models, onDemand, check);
    try {
      // One after another: a start needs the memory of the weights twice.
      for (const init of pool.inits) await pool.startWorker(init);
    } catch (error) {
      await pool.close();
      throw new ProviderUnavailableError(provider, error instanceof Error ? error.message : String(error), {
        cause: error,
      });
    }
    return pool;
  }

  /** Workers that the pool keeps alive. */
  get size(): number {
    return this.inits.length;
  }

  /** Workers that can take segments now. */
  get running(): number {
    return this.workers.size;
  }

  /** What the matrix products are computed in: bytes where every worker can. */
  get products(): Products {
    return [...this.workers].every(({ products }) => products === 'bytes') ? 'bytes' : 'floats';
  }

  /** Whether tasks can be run now. */
  get healthy(): boolean {
    return this.workers.size > 0 && !this.closing;
  }

  /** Segments that wait for a place in a worker. */
  queued(kind: SegmentKind): number {
    return this.places[kind].queue.size;
  }

  encode(
    modelId: string,
    bytes: Uint8Array,
    dial: Dial,
    signal: AbortSignal,
    onProgress?: OnCoded,
    condition?: Condition,
    shape?: Shape,
  ): Promise<Uint8Array> {
    const request = { operation: 'encode', modelId, bytes, length: bytes.length, dial } as const;
    return this.submit({ ...request, ...conditionOf(condition), ...(shape && { shape }) }, signal, onProgress);
  }

  decode(
    modelId: string,
    payload: Uint8Array,
    length: number,
    dial: Dial,
    signal: AbortSignal,
    onProgress?: OnCoded,
    condition?: Condition,
    shape?: Shape,
  ): Promise<Uint8Array> {
    const request = { operation: 'decode', modelId, bytes: payload, length, dial } as const;
    return this.submit({ ...request, ...conditionOf(condition), ...(shape && { shape }) }, signal, onProgress);
  }

  async trace(
    modelId: string,
    bytes: Uint8Array,
    dial: Dial,
    signal: AbortSignal,
    condition?: Condition,
    shape?: Shape,
  ): Promise<Trace> {
    const request = { operation: 'trace', modelId, bytes, length: bytes.length, dial } as const;
    const all = { ...request, ...conditionOf(condition), ...(shape && { shape }) };
    return traceFromBytes(await this.submit(all, signal));
  }

  /** Rejects all tasks, queued or running, with PoolClosedError, releases the sessions and ends the workers. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async submit(request: SegmentRequest, signal: AbortSignal, onProgress?: OnCoded): Promise<Uint8Array> {
    const coded = this.onDemand.use(request.modelId, () => this.enqueue(request, signal, onProgress));
    const [bytes] = await Promise.all([coded, this.checked(request.modelId)]);
    return bytes;
  }

  /** @throws ModelFileMismatchError */
  private checked(id: string): Promise<void> | undefined {
    const model = this.models.find((one) => one.id === id);
    const known = this.checks.get(id);
    if (known || !model || !this.check) return known;
    const check = this.check(model);
    this.checks.set(id, check);
    return check;
  }

  private enqueue(request: SegmentRequest, signal: AbortSignal, onProgress?: OnCoded): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.closing) return reject(new PoolClosedError());
      if (signal.aborted) return reject(abandoned(signal));
      const settle = (): void => signal.removeEventListener('abort', onAbort);
      const kind = request.length <= SHORT_SEGMENT ? 'short' : 'long';
      const { queue } = this.places[kind];
      const task: Task = {
        request,
        signal,
        kind,
        onProgress,
        queuedAt: performance.now(),
        resolve: (bytes) => {
          settle();
          resolve(bytes);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        retried: false,
        abort: undefined,
      };
      const onAbort = (): void => {
        queue.remove(signal, task);
        task.abort?.();
        // The worker may be inside a network call; whoever asked need not wait for its end.
        task.reject(abandoned(signal));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      queue.push(signal, task);
      this.dispatch();
    });
  }

  private dispatch(): void {
    for (const places of Object.values(this.places)) {
      for (;;) {
        const worker = places.leastLoaded(this.workers);
        const task = worker && places.queue.take((signal) => (this.runningOf.get(signal) ?? 0) < this.size);
        if (!worker || !task) break;
        void this.run(task, worker);
      }
    }
  }

  private async run(task: Task, worker: WorkerHandle): Promise<void> {
    const { signal, kind } = task;
    const places = this.places[kind];
    places.count(worker, 1);
    this.observer?.waited(kind, (performance.now() - task.queuedAt) / 1_000);
    this.runningOf.set(signal, (this.runningOf.get(signal) ?? 0) + 1);
    try {
      const model = this.onDemand.modelOf(task.request.modelId);
      if (model) worker.open(model);
      const { bytes, abort } = worker.run(task.request, task.onProgress);
      task.abort = abort;
      this.countIdle();
      task.resolve(await bytes);
    } catch (error) {
      this.handleFailure(task, error);
    } finally {
      task.abort = undefined;
      places.count(worker, -1);
      this.countIdle();
      const rest = (this.runningOf.get(signal) ?? 1) - 1;
      if (rest > 0) this.runningOf.set(signal, rest);
      else this.runningOf.delete(signal);
      this.dispatch();
    }
  }

  private handleFailure(task: Task, error: unknown): void {
    if (this.closing) {
      task.reject(new PoolClosedError());
    } else if (!(error instanceof WorkerGone)) {
      task.reject(error instanceof Error ? error : new Error(String(error)));
    } else if (task.retried) {
      task.reject(new WorkerLostError(error.message, { cause: error }));
    } else if (!task.signal.aborted) {
      task.retried = true;
      task.queuedAt = performance.now();
      this.observer?.retried();
      this.places[task.kind].queue.putBack(task.signal, task);
    }
  }

  private async startWorker(init: WorkerInit): Promise<void> {
    const worker = await WorkerHandle.start(this.entry, init, {
      used: (usage) => this.observer?.used(usage),
      shared: async (call) => await this.idleWorkerFor(call)?.compute(call),
    });
    this.workers.add(worker);
    this.countIdle();
    worker.onExit((reason) => {
      this.workers.delete(worker);
      this.countIdle();
      if (this.closing) return;
      this.log('worker lost', { reason });
      this.observer?.workerLost();
      this.replace(init);
    });
  }

  /** The worker without work that has fewest network calls of others. Who asks has work, and is none. */
  private idleWorkerFor({ modelId }: NetworkCall): WorkerHandle | undefined {
    let found: WorkerHandle | undefined;
    for (const worker of this.workers) {
      if (worker.load > 0 || !worker.has(modelId)) continue;
      if (!found || worker.callsOfOthers < found.callsOfOthers) found = worker;
    }
    return found;
  }

  private countIdle(): void {
    let idle = 0;
    for (const { load } of this.workers) if (load === 0) idle++;
    const [init] = this.inits;
    if (init) Atomics.store(init.idle, 0, idle);
  }

  private replace(init: WorkerInit): void {
    const restart = (async () => {
      while (!this.closing) {
        try {
          await this.startWorker(init);
          this.dispatch();
          return;
        } catch (error) {
          this.log('worker could not be replaced', { reason: error instanceof Error ? error.message : error });
          await setTimeout(RESTART_DELAY_MS, undefined, { signal: this.stop.signal }).catch(() => {});
        }
      }
    })();
    this.restarts.add(restart);
    void restart.finally(() => this.restarts.delete(restart));
  }

  private async shutDown(): Promise<void> {
    this.stop.abort();
    this.onDemand.close();
    for (const { queue } of Object.values(this.places)) {
      for (const task of queue.drain()) task.reject(new PoolClosedError());
    }
    await Promise.all([...this.workers].map((worker) => worker.close()));
    // A replacement that was being started when the pool was closed has joined the workers by now.
    await Promise.all(this.restarts);
    await Promise.all([...this.workers].map((worker) => worker.close()));
  }
}

/** What a worker is told of a condition, and nothing else that its owner keeps there. */
function conditionOf(condition: Condition | undefined): { readonly condition?: Condition } {
  return condition ? { condition: { id: condition.id, bytes: condition.bytes } } : {};
}

function settingsOn(provider: Provider, options: PoolOptions): SessionSettings {
  const { intraOpNumThreads = 1, mostRows, prepare } = options;
  // To make bytes of floats and to measure which are faster takes longer than to open them.
  const products = options.products ?? (prepare === false ? 'floats' : undefined);
  return { provider, intraOpNumThreads, mostRows, products };
}

/** What the workers are started with, one entry for each. */
function initsOf(models: readonly WorkerModel[], settings: SessionSettings, options: PoolOptions): WorkerInit[] {
  const { provider } = settings;
  const { conditionBytes = CONDITION_BYTES } = options;
  const { cudaDevices = [0], workersPerDevice = 1, workers = availableParallelism() } = options;
  const idle = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const devices = cudaDevices.flatMap((deviceId) => Array.from({ length: workersPerDevice }, () => deviceId));
  if (provider === 'cuda')
    return devices.map((deviceId) => ({ models, conditionBytes, idle, settings: { ...settings, deviceId } }));
  // Two sessions that run at once on one WebGPU device crash ONNX Runtime 1.30.
  return Array.from({ length: provider === 'cpu' ? workers : 1 }, () => ({ models, conditionBytes, idle, settings }));
}
