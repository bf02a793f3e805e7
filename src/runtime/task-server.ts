import type { MessagePort } from 'node:worker_threads';
import { WorkAbandoned } from '../ardm/errors.js';
import { ModelNotOpened } from './errors.js';
import type { FromWorker, SegmentRequest, ToWorker, WorkerModel } from './messages.js';
import type { Products } from './session-settings.js';
import type { Usage } from './usage.js';

/** Codes segments inside a worker. */
export interface SegmentWork {
  readonly products: Products;
  /** What has been done since this was last asked for. */
  takeUsage(): Usage;
  /**
   * @param coded told of how many more positions are coded.
   * @throws WorkAbandoned soon after `signal.aborted` has become true.
   */
  run(
    request: SegmentRequest,
    signal: { readonly aborted: boolean },
    coded: (positions: number) => void,
  ): Promise<Uint8Array>;
  /** Opens a model. Tasks of it may follow at once, and tell whether it opened. */
  open(model: WorkerModel): void;
  /** Releases a model when no task of it runs any more. */
  close(modelId: string): void;
  /** Frees what the worker holds; called once, when no task runs any more. */
  release(): Promise<void>;
}

/** How often a worker tells what it has done while it works: with what jobs wait before they write it down, they move every second. */
const TELL_INTERVAL_MS = 400;

/** A task, as far as the one who gave it has been told of it. */
interface Running {
  aborted: boolean;
  positions: number;
  toldPositions: number;
}

/**
 * The worker's side of the pool: runs the tasks that come in on `port`, several at a time. They share the thread call by
 * call of the network, so a short one is not held up by a long one, and each can be given up between two calls.
 */
export function serveTasks(port: MessagePort, work: SegmentWork): void {
  const running = new Map<number, Running>();
  let closing = false;

  const send = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

  const closeWhenIdle = async (): Promise<void> => {
    if (!closing || running.size > 0) return;
    await work.release();
    port.close();
  };

  const run = async (id: number, request: SegmentRequest): Promise<void> => {
    const task: Running = { aborted: false, positions: 0, toldPositions: 0 };
    const coded = (positions: number): void => {
      task.positions += positions;
    };
    running.set(id, task);
    try {
      const bytes = wholeBuffer(await work.run(request, task, coded));
      send({ type: 'done', id, bytes, usage: work.takeUsage() }, [bytes.buffer]);
    } catch (error) {
      const usage = work.takeUsage();
      if (error instanceof WorkAbandoned) send({ type: 'abandoned', id, usage });
      else if (error instanceof ModelNotOpened) send({ type: 'unopened', id, reason: error.message, usage });
      else send({ type: 'failed', id, reason: describe(error), usage });
    } finally {
      running.delete(id);
      await closeWhenIdle();
    }
  };

  port.on('message', (message: ToWorker) => {
    if (message.type === 'task') {
      void run(message.id, message.request);
    } else if (message.type === 'abort') {
      const task = running.get(message.id);
      if (task) task.aborted = true;
    } else if (message.type === 'open') {
      work.open(message.model);
    } else if (message.type === 'release') {
      work.close(message.modelId);
    } else if (message.type === 'close') {
      closing = true;
      for (const task of running.values()) task.aborted = true;
      void closeWhenIdle();
    }
  });
  // A long task tells what it does before it is done; when nothing runs, there is nothing to tell.
  setInterval(() => {
    if (running.size > 0) send({ type: 'usage', usage: work.takeUsage() });
    for (const [id, task] of running) {
      if (task.positions === task.toldPositions) continue;
      task.toldPositions = task.positions;
      send({ type: 'progress', id, positions: task.positions });
    }
  }, TELL_INTERVAL_MS).unref();
  send({ type: 'ready', products: work.products });
}

/** Bytes that are alone in their buffer, so that the buffer can be handed over. */
export function wholeBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? new Uint8Array(buffer)
    : Uint8Array.from(bytes);
}

export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
