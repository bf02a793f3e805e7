import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Dial } from '../ardm/schedule.js';
import { abandoned } from '../codec/abandon.js';
import type { SegmentCoder } from '../codec/coder.js';
import { PoolClosedError, ProviderUnavailableError, WorkerLostError } from './errors.js';
import { Lane } from './lane.js';
import type { SegmentRequest, WorkerInit } from './messages.js';
import type { PoolOptions } from './pool-options.js';
import { SHORT_SEGMENT } from './precedence.js';
import { type Provider, providerCandidates } from './provider.js';
import { WorkerGone, WorkerHandle } from './worker-handle.js';

/**
 * Tasks of each kind that a worker runs side by side, network call by network call. Short ones have places of their own,
 * so they never wait for a long one to end. Two long ones, so that one request's do not shut out another's; more would
 * make none of them faster, and each holds up to 15.7 MB of context tables.
 */
const SHORT_TASKS_PER_WORKER = 8;
const LONG_TASKS_PER_WORKER = 2;

/** Pause before a worker that could not be replaced is tried again. */
const RESTART_DELAY_MS = 1_000;

type TaskLane = Lane<AbortSignal, Task, WorkerHandle>;

interface Task {
  readonly request: SegmentRequest;
  readonly signal: AbortSignal;
  readonly lane: TaskLane;
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
  private readonly short: TaskLane = new Lane(SHORT_TASKS_PER_WORKER);
  private readonly long: TaskLane = new Lane(LONG_TASKS_PER_WORKER);
  private readonly running = new Map<AbortSignal, number>();
  private readonly workers = new Set<WorkerHandle>();
  private readonly restarts = new Set<Promise<void>>();
  /** Ends the pause before a restart when the pool is closed. */
  private readonly stop = new AbortController();
  private closing: Promise<void> | undefined;

  private constructor(
    /** The provider that all sessions run on. */
    readonly provider: Provider,
    /** Workers that the pool keeps alive. */
    readonly size: number,
    private readonly init: WorkerInit,
    private readonly entry: URL,
    private readonly log: NonNullable<PoolOptions['log']>,
  ) {}

  /**
   * Starts all workers; resolves when every session has reproduced its known answer.
   *
   * @throws ProviderUnavailableError if a provider asked for by name cannot be used, or not even the CPU.
   */
  static async start(options: PoolOptions): Promise<WorkerPool> {
    const log = options.log ?? (() => {});
    const candidates = providerCandidates(options.provider, options.devices);
    for (;;) {
      const provider = candidates.shift() as Provider;
      try {
        return await WorkerPool.startOn(provider, options, log);
      } catch (error) {
        if (candidates.length === 0) throw error;
        log('execution provider passed over', { provider, reason: error instanceof Error ? error.message : error });
      }
    }
  }

  private static async startOn(
    provider: Provider,
    options: PoolOptions,
    log: NonNullable<PoolOptions['log']>,
  ): Promise<WorkerPool> {
    const init: WorkerInit = {
      models: options.models.map(({ id, onnxPath, coding, manifest }) => {
        return { id, onnxPath, coding, knownAnswer: manifest.knownAnswer };
      }),
      settings: { provider, intraOpNumThreads: options.intraOpNumThreads ?? 1 },
    };
    // Two sessions that run at once on one GPU device crash ONNX Runtime 1.30 (WebGPU).
    const size = provider === 'cpu' ? (options.workers ?? availableParallelism()) : 1;
    const entry = options.entry ?? new URL('./worker.js', import.meta.url);
    const pool = new WorkerPool(provider, size, init, entry, log);
    try {
      // One after another: a start needs the memory of the weights twice.
      while (pool.workers.size < size) await pool.startWorker();
    } catch (error) {
      await pool.close();
      throw new ProviderUnavailableError(provider, error instanceof Error ? error.message : String(error), {
        cause: error,
      });
    }
    return pool;
  }

  /** Whether tasks can be run now. */
  get healthy(): boolean {
    return this.workers.size > 0 && !this.closing;
  }

  /** Tasks that wait for a worker; that nothing stays in the queues is seen by this alone. */
  get queued(): number {
    return this.short.queue.size + this.long.queue.size;
  }

  encode(modelId: string, bytes: Uint8Array, dial: Dial, signal: AbortSignal): Promise<Uint8Array> {
    return this.submit({ operation: 'encode', modelId, bytes, length: bytes.length, dial }, signal);
  }

  decode(modelId: string, payload: Uint8Array, length: number, dial: Dial, signal: AbortSignal): Promise<Uint8Array> {
    return this.submit({ operation: 'decode', modelId, bytes: payload, length, dial }, signal);
  }

  /** Rejects all tasks, queued or running, with PoolClosedError, releases the sessions and ends the workers. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private submit(request: SegmentRequest, signal: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.closing) return reject(new PoolClosedError());
      if (signal.aborted) return reject(abandoned(signal));
      const settle = (): void => signal.removeEventListener('abort', onAbort);
      const lane = request.length <= SHORT_SEGMENT ? this.short : this.long;
      const task: Task = {
        request,
        signal,
        lane,
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
        lane.queue.remove(signal, task);
        task.abort?.();
        // The worker may be inside a network call; whoever asked need not wait for its end.
        task.reject(abandoned(signal));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      lane.queue.push(signal, task);
      this.dispatch();
    });
  }

  private dispatch(): void {
    for (const lane of [this.short, this.long]) {
      for (;;) {
        const worker = lane.leastLoaded(this.workers);
        const task = worker && lane.queue.take((signal) => (this.running.get(signal) ?? 0) < this.size);
        if (!worker || !task) break;
        void this.run(task, worker);
      }
    }
  }

  private async run(task: Task, worker: WorkerHandle): Promise<void> {
    const { signal, lane } = task;
    lane.count(worker, 1);
    this.running.set(signal, (this.running.get(signal) ?? 0) + 1);
    try {
      const { bytes, abort } = worker.run(task.request);
      task.abort = abort;
      task.resolve(await bytes);
    } catch (error) {
      this.handleFailure(task, error);
    } finally {
      task.abort = undefined;
      lane.count(worker, -1);
      const rest = (this.running.get(signal) ?? 1) - 1;
      if (rest > 0) this.running.set(signal, rest);
      else this.running.delete(signal);
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
      task.lane.queue.putBack(task.signal, task);
    }
  }

  private async startWorker(): Promise<void> {
    const worker = await WorkerHandle.start(this.entry, this.init);
    this.workers.add(worker);
    worker.onExit((reason) => {
      this.workers.delete(worker);
      if (this.closing) return;
      this.log('worker lost', { reason });
      this.replace();
    });
  }

  private replace(): void {
    const restart = (async () => {
      while (!this.closing) {
        try {
          await this.startWorker();
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
    for (const { queue } of [this.short, this.long]) {
      for (const task of queue.drain()) task.reject(new PoolClosedError());
    }
    await Promise.all([...this.workers].map((worker) => worker.close()));
    // A replacement that was being started when the pool was closed has joined the workers by now.
    await Promise.all(this.restarts);
    await Promise.all([...this.workers].map((worker) => worker.close()));
  }
}
