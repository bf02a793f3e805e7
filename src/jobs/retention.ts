import type { BlobStore } from './blob-store.js';
import { JobsUnavailableError } from './errors.js';
import { expired, needsBlob, ownerOfBlob } from './job.js';
import type { JobQueue } from './queue.js';
import { Sightings } from './sightings.js';
import type { JobLog } from './worker.js';

export interface RetentionOptions {
  readonly queue: JobQueue;
  readonly blobs: BlobStore;
  /** Milliseconds for which a finished job is kept, and then once more as what says that it has expired. */
  readonly ttl: number;
  /** Milliseconds for which a blob that belongs to no job, or an upload to which nothing is added, is seen before it is removed. */
  readonly orphanAge: number;
  readonly log: JobLog;
}

/**
 * Removes what is no longer needed: jobs whose time is over, in step with their blobs, and blobs that crashes left behind.
 * Every process may run it; that others do so, too, does not matter.
 */
export class Retention {
  private readonly sightings = new Sightings();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: RetentionOptions) {}

  /** Runs now, and then `interval` milliseconds after each run. */
  start(interval: number): void {
    const round = async (): Promise<void> => {
      try {
        const swept = { expired: await this.expire(Date.now()), orphans: await this.sweep(performance.now()) };
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

  /**
   * Jobs whose time is over lose their blobs; those that have lost them are forgotten.
   *
   * @param now milliseconds since 1970: a job's time must outlive this process, and be the same for all. @returns how many jobs.
   */
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

  /** @param time of the monotonic clock, in milliseconds. @returns how many blobs and broken uploads. */
  async sweep(time: number): Promise<number> {
    const { queue, blobs, orphanAge } = this.options;
    const isOld = (name: string, changedAt: number): boolean =>
      this.sightings.unchangedFor(name, changedAt, time) >= orphanAge;
    let swept = await blobs.sweep(isOld);
    for await (const { key, writtenAt } of blobs.list()) {
      const id = ownerOfBlob(key);
      if (id === undefined || !isOld(key, writtenAt)) continue;
      const job = await queue.get(id);
      if (job && needsBlob(job, key)) continue;
      await blobs.remove(key);
      swept++;
    }
    this.sightings.roundDone();
    return swept;
  }

  private begin(round: () => Promise<void>): void {
    this.running = round();
  }
}
