import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kept } from '../codec/codec.js';
import { onlyDictionary } from '../codec/dictionary.js';
import { ArdmError } from '../errors.js';
import type { BlobStore } from './blob-store.js';
import type { JobCodec, JobDictionaries, OnProgress } from './codec.js';
import { BlobMissingError, JobsUnavailableError } from './errors.js';
import { follow } from './follow.js';
import {
  begun,
  type Change,
  done,
  failed,
  isFinished,
  type Job,
  type JobFailure,
  type JobResult,
  type Progress,
  progressed,
  requeued,
  resultKey,
  type Task,
  toFailure,
} from './job.js';
import type { Delivery, JobQueue } from './queue.js';

export interface JobWorkerOptions {
  readonly queue: JobQueue;
  readonly blobs: BlobStore;
  readonly codec: JobCodec;
  readonly dictionaries: JobDictionaries;
  /** Times that a job is begun before it is given up. */
  readonly maxAttempts: number;
  /** Milliseconds for which a finished job is kept. */
  readonly ttl: number;
  readonly log: JobLog;
  /** Told how many seconds a job took that was finished here. */
  readonly worked?: (seconds: number) => void;
}

/** Where a worker says what it did; never file names. */
export type JobLog = (level: 'info' | 'warn' | 'error', message: string, details: Record<string, unknown>) => void;

/** At most so often is progress written down. */
const PROGRESS_MS = 500;
/** Between two tries to tell a queue that does not answer what came of a job. */
const PATIENCE_MS = 500;
/** How long broken off deliveries have to put their jobs back. */
const GIVE_BACK_MS = 5_000;

/** Why work was broken off without a result: the job was cancelled, or another worker has it now. */
class NoLongerOurs extends Error {}
/** Why work was broken off that somebody else should do. */
class WorkerLeaving extends Error {}

/**
 * Works on the jobs that the queue delivers. A delivery may come twice or while another one is still at it: each begins an
 * attempt of its own, with a blob of its own for the result, and only the attempt that began last can end the job.
 */
export class JobWorker {
  private readonly running = new Map<Promise<unknown>, AbortController>();
  private leaving = false;

  constructor(private readonly options: JobWorkerOptions) {}

  /** @param concurrency jobs at a time; each is held in memory, input and output. */
  start(concurrency: number): void {
    this.options.queue.process(concurrency, (id) => this.deliver(id));
  }

  /**
   * Takes no more jobs, lets those that run finish, and puts what is left after `limit` milliseconds back into the queue.
   *
   * @returns whether all finished in time.
   */
  async close(limit: number): Promise<boolean> {
    this.leaving = true;
    await this.options.queue.pause();
    const inTime = await within(limit, this.running.keys());
    if (inTime) return true;
    for (const abort of this.running.values()) abort.abort(new WorkerLeaving());
    await within(GIVE_BACK_MS, this.running.keys());
    return false;
  }

  /** One delivery of a job. Rejects if the queue cannot be reached: then it is delivered again. */
  async deliver(id: string): Promise<Delivery> {
    if (this.leaving) return 'again';
    const abort = new AbortController();
    const delivery = this.begin(id, abort);
    this.running.set(delivery, abort);
    try {
      return await delivery;
    } finally {
      this.running.delete(delivery);
    }
  }

  private async begin(id: string, abort: AbortController): Promise<Delivery> {
    const { queue, maxAttempts, ttl, log } = this.options;
    const job = await queue.update(id, begun(Date.now(), maxAttempts, ttl));
    if (job?.state === 'active') return await this.work(job, abort);
    if (job?.failure) log('error', 'job given up', about(job));
    // Broken off between its end and the removal, perhaps.
    if (job) await this.removeInput(job);
    return 'settled';
  }

  private async work(job: Job, abort: AbortController): Promise<Delivery> {
    const { blobs, ttl, log } = this.options;
    const { attempts: attempt } = job;
    const over = new AbortController();
    const watching = this.watch(job, abort, over.signal);
    const start = performance.now();
    let kept = false;
    try {
      const { result, progress } = await this.code(job, abort.signal);
      const ended = await this.tell(job.id, done(attempt, result, progress, Date.now(), ttl), abort.signal);
      if (ended?.result?.blob !== result.blob) throw new NoLongerOurs();
      kept = true;
      const milliseconds = performance.now() - start;
      log('info', 'job done', { ...about(ended), ms: Math.round(milliseconds) });
      this.options.worked?.(milliseconds / 1_000);
      await this.removeInput(ended);
      return 'settled';
    } catch (error) {
      return await this.breakOff(job, error, abort.signal);
    } finally {
      over.abort();
      await watching;
      if (!kept) await this.sweepAttempt(job.id, resultKey(job.id, attempt), blobs);
    }
  }

  /** The job's result, durable in the store under a key that is this attempt's alone. */
  private async code(job: Job, signal: AbortSignal): Promise<{ result: JobResult; progress: Progress }> {
    const { blobs, codec, dictionaries } = this.options;
    const input = await collect(await blobs.read(job.input.blob), job.input.size);
    signal.throwIfAborted();
    const { task } = job;
    const demand = task.operation === 'decompress' ? codec.demand(input) : undefined;
    const report = this.reporter(
      job,
      demand
        ? { ...job.progress, totalBytes: demand.originalSize, totalNetworkCalls: demand.networkCalls }
        : job.progress,
    );
    const options = { signal, onProgress: report.onProgress };
    const used = task.dictionary === undefined ? undefined : await dictionaries.get(job.owner, task.dictionary);
    const dictionary = used?.dictionary;
    const sources = dictionary ? onlyDictionary(dictionary) : dictionaries.of(job.owner);
    const coded =
      task.operation === 'compress'
        ? await codec.compress(input, { ...options, ...keepOf(job), ...wantedOf(task), dictionary })
        : { archive: await codec.decompress(input, { ...options, dictionaries: sources }), model: null, calls: null };
    const { name, mediaType }: Kept = task.operation === 'compress' ? {} : codec.inspect(input);
    const bytes = coded.archive;
    const blob = resultKey(job.id, job.attempts);
    await report.end();
    signal.throwIfAborted();
    await blobs.write(blob, pieces(bytes));
    const sha256 = createHash('sha256').update(bytes).digest('base64');
    const totalBytes = task.operation === 'compress' ? input.length : bytes.length;
    return {
      result: { blob, size: bytes.length, sha256, model: coded.model, calls: coded.calls, name, mediaType },
      progress: { ...report.progress, bytes: totalBytes, totalBytes },
    };
  }

  private async breakOff(job: Job, error: unknown, signal: AbortSignal): Promise<Delivery> {
    const { maxAttempts, ttl, log } = this.options;
    const { attempts: attempt, forgiven } = job;
    const reason = signal.aborted ? signal.reason : error;
    if (reason instanceof NoLongerOurs) {
      log('info', 'job broken off: cancelled, or begun by another worker', about(job));
      return 'settled';
    }
    // By nobody any more: it must be told, whatever happens.
    const told = new AbortController().signal;
    if (reason instanceof WorkerLeaving) {
      const after = await this.options.queue.update(job.id, requeued(attempt, false)).catch(() => undefined);
      log('info', 'job put back into the queue', about(after ?? job));
      return 'again';
    }
    const forgive = isOutage(reason);
    const last = !forgive && attempt - forgiven >= maxAttempts;
    const failure = lasting(reason) ?? (last ? passing(reason) : undefined);
    if (!failure) {
      log('warn', 'job is tried again', { ...about(job), err: reason });
      await this.tell(job.id, requeued(attempt, !forgive), told);
      return 'again';
    }
    const after = await this.tell(job.id, failed(attempt, failure, Date.now(), ttl), told);
    const level = failure.status >= 500 ? 'error' : 'info';
    log(level, 'job failed', { ...about(job), code: failure.code, ...(level === 'error' && { err: reason }) });
    if (after) await this.removeInput(after);
    return 'settled';
  }

  /** Aborts the work when the job is cancelled, removed, or begun by another worker. */
  private async watch(job: Job, abort: AbortController, over: AbortSignal): Promise<void> {
    let seen: Job | undefined;
    try {
      for await (seen of follow(this.options.queue, job.id, over)) {
        if (seen.attempts !== job.attempts) break;
      }
    } catch (error) {
      // A record that cannot be read: the end of the work will say so.
      this.options.log('error', 'job cannot be followed', { ...about(job), err: error });
      return;
    }
    const byUs = seen?.attempts === job.attempts && seen.state === 'done';
    if (!over.aborted && !byUs) abort.abort(new NoLongerOurs());
  }

  private reporter(
    job: Job,
    progress: Progress,
  ): { onProgress: OnProgress; end: () => Promise<void>; readonly progress: Progress } {
    let timer: NodeJS.Timeout | undefined;
    let writing: Promise<unknown> = Promise.resolve();
    const state = { progress };
    const write = (): void => {
      timer = undefined;
      // Progress that cannot be written down is not worth more tries.
      writing = this.options.queue.update(job.id, progressed(job.attempts, state.progress)).catch(() => {});
    };
    if (progress !== job.progress) timer = setTimeout(write, 0);
    return {
      onProgress: (reached) => {
        state.progress = { ...state.progress, ...reached };
        timer ??= setTimeout(write, PROGRESS_MS);
      },
      end: async () => {
        clearTimeout(timer);
        await writing;
      },
      get progress() {
        return state.progress;
      },
    };
  }

  /** A change that must be made, however long the queue does not answer. */
  private async tell(id: string, change: Change, signal: AbortSignal): Promise<Job | undefined> {
    for (;;) {
      try {
        return await this.options.queue.update(id, change);
      } catch (error) {
        if (!(error instanceof JobsUnavailableError)) throw error;
        signal.throwIfAborted();
        // A process that ends does not wait: the job is delivered again.
        if (this.leaving) throw error;
        await sleep(PATIENCE_MS);
      }
    }
  }

  private async removeInput(job: Job): Promise<void> {
    if (!isFinished(job)) return;
    // Retention sees to what is left.
    await this.options.blobs.remove(job.input.blob).catch(() => {});
  }

  /** Removes the attempt's blob unless it has become the result. What cannot be decided now is decided by retention. */
  private async sweepAttempt(id: string, blob: string, blobs: BlobStore): Promise<void> {
    try {
      const job = await this.options.queue.get(id);
      if (job?.result?.blob !== blob) await blobs.remove(blob);
    } catch {
      // See above.
    }
  }
}

function wantedOf({ calls, model, pixels, pcm }: Extract<Task, { operation: 'compress' }>) {
  return { calls, model, pixels, pcm };
}

/** What the archive of a job's file is to keep of it. */
function keepOf({ task, name, mediaType }: Job): { keep?: Kept } {
  return task.operation === 'compress' && task.keep ? { keep: { name: name ?? undefined, mediaType } } : {};
}

/** What will fail however often it is tried: the request's fault, or bytes that are gone. */
function lasting(reason: unknown): JobFailure | undefined {
  if (reason instanceof BlobMissingError) return toFailure(reason);
  return reason instanceof ArdmError && reason.status < 500 ? toFailure(reason) : undefined;
}

/** What has nothing to do with the job and will end: stores that do not answer, and full disks. The job waits for that. */
function isOutage(reason: unknown): boolean {
  if (reason instanceof JobsUnavailableError) return true;
  // Dictionaries are kept in such a store, too.
  if (reason instanceof Error && reason.cause instanceof JobsUnavailableError) return true;
  return reason instanceof Error && 'code' in reason && (reason.code === 'ENOSPC' || reason.code === 'EDQUOT');
}

/** What was tried often enough. Only our own errors are made to be shown. */
function passing(reason: unknown): JobFailure {
  if (reason instanceof ArdmError) return toFailure(reason);
  const detail = 'The worker failed in a way that it should not. Report this with the id of the job.';
  return { code: 'internal-error', status: 500, title: 'Internal error', detail };
}

function about({ id, attempts, task, input, origin }: Job): Record<string, unknown> {
  // Of traceparent: version, trace id, parent id, flags.
  const traceId = origin.traceparent?.split('-')[1];
  const { requestId } = origin;
  return {
    jobId: id,
    attempt: attempts,
    operation: task.operation,
    bytes: input.size,
    requestId,
    ...(traceId && { traceId }),
  };
}

async function collect(source: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of source) {
    if (at + chunk.length > size) throw new BlobMissingError();
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (at !== size) throw new BlobMissingError();
  return bytes;
}

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  const length = 2 ** 20;
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** @returns whether all have settled within `limit` milliseconds. */
async function within(limit: number, work: Iterable<Promise<unknown>>): Promise<boolean> {
  const all = Promise.allSettled(work).then(() => true);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limit);
  });
  try {
    return await Promise.race([all, late]);
  } finally {
    clearTimeout(timer);
  }
}
