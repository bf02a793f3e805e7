import type { BlobStore } from './blob-store.js';
import { JobsUnavailableError } from './errors.js';
import { expired, needsBlob, ownerOfBlob } from './job.js';
import type { JobQueue } from './queue.js';
import type { JobLog } from './worker.js';

export interface RetentionOptions {
  readonly queue: JobQueue;
  readonly blobs: BlobStore;
  /** Milliseconds for which a finished job is kept, and then once more as what says that it has expired. */
  readonly ttl: number;
  /** Milliseconds after which a blob that belongs to no job, or an upload to which nothing is added, is removed. */
  readonly orphanAge: number;
  readonly log: JobLog;
}

/**
 * Removes what is no longer needed: jobs whose time is over, in step with their blobs, and blobs that crashes left behind.
 * Every process may run it; that others do so, too, does not matter.
 */
export class Retention {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: RetentionOptions) {}

  /** Runs now, and then `interval` milliseconds after each run. */
  start(interval: number): void {
    const round = async (): Promise<void> => {
      try {
        const now = Date.now();
        const swept = { expired: await this.expire(now), orphans: await this.sweep(now) };
        if (swept.expired + swept.orphans > 0) this.options.log('info', 'jobs and blobs removed', swept);
      } catch (error) {
        // The queue logs itself when it cannot be reached.
        if (!(error instanceof JobsUnavailableError)) this.options.log('error', 'retention failed', { err: error });
      }
      if (this.timer) this.timer = setTimeout(() => this.begin(round), interval).unref();
    };
    this.timer = setTimeout(() => this.begin(round), 0);
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
  }

  /** Jobs whose time is over lose their blobs; those that have lost them are forgotten. @returns how many jobs. */
  async expire(now: number): Promise<number> {
    const { queue, blobs, ttl } = this.options;
    const due = await queue.due(now);
    for (const id of due) {
      const before = await queue.get(id);
      if (before?.expired) {
        await queue.remove(id);
        continue;
      }
      // The record first: nobody may be promised bytes that are gone.
      const job = await queue.update(id, expired(now, ttl));
      if (!job?.expired) continue;
      await blobs.remove(job.input.blob);
      if (job.result) await blobs.remove(job.result.blob);
    }
    return due.length;
  }

  /** @returns how many blobs and broken uploads. */
  async sweep(now: number): Promise<number> {
    const { queue, blobs, orphanAge } = this.options;
    let swept = await blobs.sweep(now - orphanAge);
    for await (const { key, writtenAt } of blobs.list()) {
      const id = ownerOfBlob(key);
      if (id === undefined || writtenAt >= now - orphanAge) continue;
      const job = await queue.get(id);
      if (job && needsBlob(job, key)) continue;
      await blobs.remove(key);
      swept++;
    }
    return swept;
  }

  private begin(round: () => Promise<void>): void {
    this.running = round();
  }
}
