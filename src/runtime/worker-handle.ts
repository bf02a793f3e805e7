import { Worker } from 'node:worker_threads';
import { WorkAbandoned } from '../ardm/errors.js';
import { ModelUnavailableError, SegmentFailedError } from './errors.js';
import type { FromWorker, NetworkCall, SegmentRequest, ToWorker, WorkerInit, WorkerModel } from './messages.js';
import type { Products } from './session-settings.js';
import type { Usage } from './usage.js';

/** How long a worker may take to finish its network call and release its sessions before it is stopped by force. */
const CLOSE_TIMEOUT_MS = 5_000;

/** The worker ended without being asked to; its tasks may be given to another. */
export class WorkerGone extends Error {}

/** A worker that could not open its sessions; the message says why. */
export class WorkerUnavailable extends Error {}

interface Pending {
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
  readonly onProgress: ((positions: number) => void) | undefined;
  readonly modelId: string;
}

/** What a worker tells the one who started it. */
export interface WorkerListener {
  /** What it has done. */
  used(usage: Usage): void;
  /** A network call that it would leave to another. @returns undefined where none computes it. */
  shared(call: NetworkCall): Promise<Float32Array<ArrayBuffer> | undefined>;
}

/** One worker thread, seen from the main thread. */
export class WorkerHandle {
  private readonly pending = new Map<number, Pending>();
  /** Network calls that it computes for others. */
  private readonly calls = new Map<number, (output?: Float32Array<ArrayBuffer>) => void>();
  private readonly exited: Promise<void>;
  /** Models that it was told to open after its start. */
  private readonly opened = new Set<string>();
  private nextId = 0;
  private gone: WorkerGone | undefined;

  private constructor(
    private readonly worker: Worker,
    /** What its matrix products are computed in. */
    readonly products: Products,
    /** Ids of the models that it had open at its start. */
    private readonly models: readonly string[],
    private readonly listener: WorkerListener,
  ) {
    worker.on('message', (message: FromWorker) => this.receive(message));
    worker.on('error', (error) => this.lose(error instanceof Error ? error.message : String(error)));
    this.exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.lose(`it exited with code ${code}`);
        resolve();
      });
    });
  }

  /**
   * @param entry the script of the worker, see `task-server.ts`.
   * @throws WorkerUnavailable if it cannot open its sessions, WorkerGone if it ends before that is known.
   */
  static async start(entry: URL, init: WorkerInit, listener: WorkerListener): Promise<WorkerHandle> {
    const worker = new Worker(entry, { workerData: init });
    const ready = new Promise<Products>((resolve, reject) => {
      worker.once('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve(message.products);
        else reject(new WorkerUnavailable(message.type === 'unavailable' ? message.reason : 'it did not start.'));
      });
      worker.once('error', (error) => reject(new WorkerGone(error instanceof Error ? error.message : String(error))));
      worker.once('exit', (code) => reject(new WorkerGone(`it exited with code ${code} before it was ready`)));
    });
    const models = init.models.map(({ id }) => id);
    return new WorkerHandle(worker, await ready, models, listener);
  }

  /** Tasks that it has been given and has not answered, abandoned ones included; infinite once it has ended. */
  get load(): number {
    return this.gone ? Number.POSITIVE_INFINITY : this.pending.size;
  }

  /** Calls back once, at the end of the thread, whether or not it was asked for. */
  onExit(listener: (reason: string) => void): void {
    void this.exited.then(() => listener(this.gone?.message ?? 'it exited'));
  }

  /**
   * Has a segment coded.
   *
   * @param onProgress told now and then how many positions are coded so far.
   * @returns the bytes, and `abort`, after which the promise is rejected with WorkAbandoned between two network calls.
   * Rejected with WorkerGone if the thread ends first, with ModelUnavailableError if its model does not open, with SegmentFailedError if coding fails.
   */
  run(
    request: SegmentRequest,
    onProgress?: (positions: number) => void,
  ): { bytes: Promise<Uint8Array>; abort: () => void } {
    const id = this.nextId++;
    const bytes = new Promise<Uint8Array>((resolve, reject) => {
      if (this.gone) {
        reject(this.gone);
        return;
      }
      this.pending.set(id, { resolve, reject, onProgress, modelId: request.modelId });
      // A copy of its own: a view would drag its whole buffer along, and the original is needed if the worker dies.
      const own = Uint8Array.from(request.bytes);
      this.send({ type: 'task', id, request: { ...request, bytes: own } }, [own.buffer]);
    });
    return { bytes, abort: () => this.send({ type: 'abort', id }) };
  }

  /** Network calls that it has been given and has not answered. */
  get callsOfOthers(): number {
    return this.calls.size;
  }

  /** Whether it has a model open, or has been told to. */
  has(modelId: string): boolean {
    return this.models.includes(modelId) || this.opened.has(modelId);
  }

  /** Has a network call of another worker computed. @returns undefined where it could not. */
  compute(call: NetworkCall): Promise<Float32Array<ArrayBuffer> | undefined> {
    const id = this.nextId++;
    return new Promise((resolve) => {
      if (this.gone) return resolve(undefined);
      this.calls.set(id, resolve);
      // It is copied no second time.
      this.send(
        { type: 'call', id, call },
        call.inputs.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer),
      );
    });
  }

  /** Has a model opened before the tasks that follow, if it is not. */
  open(model: WorkerModel): void {
    if (this.opened.has(model.id)) return;
    this.opened.add(model.id);
    this.send({ type: 'open', model });
  }

  /** Has a model released when its tasks are done. */
  release(modelId: string): void {
    if (this.opened.delete(modelId)) this.send({ type: 'release', modelId });
  }

  /** Abandons its tasks, lets it release its sessions, and ends it. */
  async close(): Promise<void> {
    this.send({ type: 'close' });
    const timer = setTimeout(() => void this.worker.terminate(), CLOSE_TIMEOUT_MS);
    await this.exited;
    clearTimeout(timer);
  }

  private send(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private receive(message: FromWorker): void {
    if (message.type === 'ready' || message.type === 'unavailable') return;
    if (message.type === 'progress') {
      this.pending.get(message.id)?.onProgress?.(message.positions);
      return;
    }
    if (message.type === 'call') {
      void this.passOn(message.id, message.call);
      return;
    }
    this.listener.used(message.usage);
    if (message.type === 'usage') return;
    if (message.type === 'called') {
      this.calls.get(message.id)?.(message.output);
      this.calls.delete(message.id);
      return;
    }
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.type === 'done') pending?.resolve(message.bytes);
    else if (message.type === 'abandoned') pending?.reject(new WorkAbandoned());
    else if (message.type === 'unopened') {
      const modelId = pending?.modelId ?? '';
      // The next task tries again.
      this.opened.delete(modelId);
      pending?.reject(new ModelUnavailableError(modelId, message.reason));
    } else pending?.reject(new SegmentFailedError(message.reason));
  }

  private async passOn(id: number, call: NetworkCall): Promise<void> {
    const output = await this.listener.shared(call);
    if (this.gone) return;
    this.send({ type: 'called', id, ...(output && { output }) }, output ? [output.buffer] : []);
  }

  private lose(reason: string): void {
    this.gone ??= new WorkerGone(reason);
    for (const { reject } of this.pending.values()) reject(this.gone);
    this.pending.clear();
    for (const resolve of this.calls.values()) resolve();
    this.calls.clear();
  }
}
