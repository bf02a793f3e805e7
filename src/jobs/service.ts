import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Kept } from '../codec/codec.js';
import type { BlobStore } from './blob-store.js';
import {
  IdempotencyKeyInUseError,
  IdempotencyKeyReuseError,
  JobCancelledError,
  JobExpiredError,
  JobFailedError,
  JobNotFinishedError,
  JobNotFoundError,
  JobQueueFullError,
  JobsUnavailableError,
} from './errors.js';
import { follow } from './follow.js';
import { cancelled, isFinished, JOB_ID, type Job, type JobResult, newJobId, type Task, uploadKey } from './job.js';
import type { Claim, JobCounts, JobPage, JobQueue, PageRange } from './queue.js';

export interface JobRequest {
  readonly owner: string;
  /** Idempotency-Key of the request, if it has one. */
  readonly key: string | undefined;
  readonly origin: Job['origin'];
}

/** Takes the file's bytes as they come. @returns how many there were. */
export type Sink = (file: AsyncIterable<Uint8Array>) => Promise<number>;

/** What came with the file, which may say only at its end what is to be done with it. */
export interface Received {
  readonly kept: Kept;
  readonly task: Task;
}

/** Brings the file to the sink, once, and resolves when all of it has come and is sound. */
type Receive = (sink: Sink) => Promise<Received>;

export interface JobServiceOptions {
  readonly queue: JobQueue;
  readonly blobs: BlobStore;
  /** Milliseconds for which a finished job is kept. */
  readonly ttl: number;
  /** Jobs that may wait. */
  readonly maxQueued: number;
}

/** How long an idempotency key stays with a process that has died over it. */
const LEASE_MS = 30_000;

/** What clients can do with jobs. Runs none; worker.ts does. */
export class JobService {
  constructor(private readonly options: JobServiceOptions) {}

  /**
   * Makes a job. In this order, so that a crash at any moment loses nothing that was acknowledged: the file is durable, then
   * the job is, then the caller learns of it.
   *
   * @returns the job; for a request that is repeated under its key, the job that it made first.
   * @throws JobQueueFullError, IdempotencyKeyInUseError, IdempotencyKeyReuseError, JobsUnavailableError, what `receive` throws.
   */
  async submit(request: JobRequest, receive: Receive): Promise<Job> {
    const { queue } = this.options;
    const key = request.key === undefined ? undefined : digestOf([request.owner, request.key]);
    const claim = key === undefined ? undefined : await this.claim(key);
    if (claim?.kind === 'busy') throw new IdempotencyKeyInUseError();
    if (claim?.kind === 'taken') return await this.repeat(claim.id, receive);
    const { waiting } = await queue.counts();
    if (waiting >= this.options.maxQueued) {
      await this.giveBack(key, claim);
      throw new JobQueueFullError(this.options.maxQueued);
    }
    // An upload may take longer than the lease.
    const renewal = setInterval(() => this.renew(key, claim), LEASE_MS / 3);
    try {
      return await this.receiveAndAccept(request, key, claim, receive);
    } catch (error) {
      await this.giveBack(key, claim);
      throw error;
    } finally {
      clearInterval(renewal);
    }
  }

  /** @throws JobNotFoundError, also where the job is somebody else's. */
  async find(id: string, owner: string): Promise<Job> {
    const job = JOB_ID.test(id) ? await this.options.queue.get(id) : undefined;
    if (!job || job.owner !== owner) throw new JobNotFoundError();
    return job;
  }

  /** The owner's jobs, the newest first. */
  list(owner: string, range: PageRange): Promise<JobPage> {
    return this.options.queue.list(owner, range);
  }

  /** The job's states, as `follow` does. */
  follow(id: string, signal: AbortSignal): AsyncGenerator<Job> {
    return follow(this.options.queue, id, signal);
  }

  /** @throws JobExpiredError, JobNotFinishedError, JobCancelledError, JobFailedError */
  resultOf(job: Job): JobResult {
    if (job.expired) throw new JobExpiredError();
    if (job.state === 'cancelled') throw new JobCancelledError();
    if (job.failure) throw new JobFailedError(job.failure);
    if (!job.result) throw new JobNotFinishedError();
    return job.result;
  }

  /** Bytes of a result. @throws BlobMissingError */
  read(result: JobResult, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    return this.options.blobs.read(result.blob, range);
  }

  /**
   * Cancels the job, or removes it where it is finished.
   *
   * @returns the cancelled job, or undefined if it was removed.
   */
  async cancelOrRemove(job: Job): Promise<Job | undefined> {
    const { queue, blobs, ttl } = this.options;
    if (!isFinished(job)) {
      const after = await queue.update(job.id, cancelled(Date.now(), ttl));
      if (after?.state === 'cancelled') {
        await blobs.remove(after.input.blob);
        return after;
      }
      if (!after) return undefined;
      // It was finished in the meantime.
      return await this.cancelOrRemove(after);
    }
    // Blobs last: if this is broken off between the two, they are orphans and swept.
    await queue.remove(job.id);
    await blobs.remove(job.input.blob);
    if (job.result) await blobs.remove(job.result.blob);
    return undefined;
  }

  counts(): Promise<JobCounts> {
    return this.options.queue.counts();
  }

  private async receiveAndAccept(
    request: JobRequest,
    key: string | undefined,
    claim: Claim | undefined,
    receive: Receive,
  ): Promise<Job> {
    const { queue, blobs } = this.options;
    const id = newJobId();
    const blob = uploadKey(id);
    const hash = createHash('sha256');
    let size = 0;
    let received: Received;
    const stored: Promise<number>[] = [];
    try {
      received = await receive((file) => {
        const writing = blobs.write(blob, hashed(file, hash)).then((written) => {
          size = written;
          return written;
        });
        stored.push(writing);
        return writing;
      });
    } catch (error) {
      // Not before the writing has ended, or it could put the blob in place after it was removed.
      await Promise.allSettled(stored);
      // A store that does not answer would only let the client wait twice; what is left there is swept.
      if (!(error instanceof JobsUnavailableError)) await blobs.remove(blob).catch(() => {});
      throw error;
    }
    const fingerprint = fingerprintOf(received, hash);
    const idempotency = key === undefined ? null : { key, fingerprint };
    const job = newJob(id, request, received, { size, idempotency });
    // If this fails, the job may have been accepted all the same: the blob stays, and is swept if it belongs to none.
    if (await queue.accept(job, claim?.kind === 'held' ? claim.token : undefined)) return job;
    await blobs.remove(blob);
    throw new IdempotencyKeyInUseError();
  }

  /** The answer to a request that was sent again. Its file is read and compared, not kept. */
  private async repeat(id: string, receive: Receive): Promise<Job> {
    const hash = createHash('sha256');
    const received = await receive(async (file) => {
      let size = 0;
      for await (const chunk of file) {
        hash.update(chunk);
        size += chunk.length;
      }
      return size;
    });
    const job = await this.options.queue.get(id);
    // Removed while the file was being received: the key is free again.
    if (!job) throw new IdempotencyKeyInUseError();
    if (job.idempotency?.fingerprint !== fingerprintOf(received, hash)) throw new IdempotencyKeyReuseError();
    return job;
  }

  /** A key is remembered as long as its job is kept, not as long as what says that the job has expired. */
  private async claim(key: string): Promise<Claim> {
    const { queue } = this.options;
    const claim = await queue.claim(key, LEASE_MS);
    if (claim.kind !== 'taken' || !(await queue.get(claim.id))?.expired) return claim;
    await queue.remove(claim.id);
    return await queue.claim(key, LEASE_MS);
  }

  private renew(key: string | undefined, claim: Claim | undefined): void {
    if (key === undefined || claim?.kind !== 'held') return;
    // If it cannot be renewed, the job is not accepted in the end.
    this.options.queue.renew(key, claim.token, LEASE_MS).catch(() => {});
  }

  private async giveBack(key: string | undefined, claim: Claim | undefined): Promise<void> {
    if (key === undefined || claim?.kind !== 'held') return;
    try {
      await this.options.queue.release(key, claim.token);
    } catch (error) {
      // Then the lease ends by itself.
      if (!(error instanceof JobsUnavailableError)) throw error;
    }
  }
}

function newJob(
  id: string,
  { owner, origin }: JobRequest,
  { kept, task }: Received,
  file: Pick<Job, 'idempotency'> & { readonly size: number },
): Job {
  const calls = task.operation === 'compress' ? Math.ceil(file.size / 1_024) : null;
  return {
    id,
    version: 1,
    owner,
    task,
    state: 'queued',
    name: kept.name ?? null,
    mediaType: kept.mediaType,
    input: { blob: uploadKey(id), size: file.size },
    origin,
    idempotency: file.idempotency,
    attempts: 0,
    forgiven: 0,
    progress: {
      bytes: 0,
      totalBytes: task.operation === 'compress' ? file.size : null,
      networkCalls: 0,
      totalNetworkCalls: calls,
    },
    result: null,
    failure: null,
    acceptedAt: Date.now(),
    startedAt: null,
    finishedAt: null,
    expiresAt: null,
    expired: false,
  };
}

async function* hashed(file: AsyncIterable<Uint8Array>, hash: Hash): AsyncIterable<Uint8Array> {
  for await (const chunk of file) {
    hash.update(chunk);
    yield chunk;
  }
}

/** What was asked for, with its file: two requests with the same one ask for the same. */
function fingerprintOf({ task, kept: { name, mediaType } }: Received, file: Hash): string {
  const parameters = task.operation === 'compress' ? [String(task.calls), task.model] : [];
  if (task.dictionary !== undefined) parameters.push(`dictionary ${task.dictionary}`);
  if (task.operation === 'compress' && task.keep) parameters.push(task.keep, name ?? '', mediaType ?? '');
  if (task.operation === 'compress' && task.pixels) parameters.push(`pixels ${Object.values(task.pixels).join('x')}`);
  if (task.operation === 'compress' && task.pcm) parameters.push(`pcm ${Object.values(task.pcm).join()}`);
  return digestOf([task.operation, ...parameters, file.digest('hex')]);
}

function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
