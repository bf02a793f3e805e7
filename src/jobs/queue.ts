import type { Change, Job } from './job.js';

/** Who may make a job under an Idempotency-Key. */
export type Claim =
  /** The caller, until the lease ends or is given back. */
  | { readonly kind: 'held'; readonly token: string }
  /** Somebody else, at this moment. */
  | { readonly kind: 'busy' }
  /** Nobody any more: there is a job. */
  | { readonly kind: 'taken'; readonly id: string };

/** What came of a delivery: `settled` jobs are not delivered again, others are, after a while. */
export type Delivery = 'settled' | 'again';

/**
 * The jobs that were accepted, and who works on them.
 *
 * A job that was accepted is delivered until a delivery is settled, through crashes of any process: at least once, so
 * whoever works on it must expect that another has begun, and may still be at it. Changes of one job happen one after the other.
 *
 * Every adapter passes test/jobs/queue-conformance.ts. When what is below cannot be reached, everything here fails soon with
 * JobsUnavailableError; a call that failed so may have been carried out.
 */
export interface JobQueue {
  /**
   * Keeps the job, and has it delivered. When the promise is resolved, it survives a crash of this process.
   *
   * @param token of the claim that the job's idempotency key was held with.
   * @returns false, and nothing was kept, if that claim is no longer held.
   */
  accept(job: Job, token?: string): Promise<boolean>;
  get(id: string): Promise<Job | undefined>;
  /**
   * Changes a job, unless `change` returns undefined; it may be called several times. The version is raised here.
   *
   * @returns the job as it is then, or undefined if there is none.
   */
  update(id: string, change: Change): Promise<Job | undefined>;
  /** Forgets the job and its idempotency key. It does not matter whether there was one. */
  remove(id: string): Promise<void>;
  /** An owner's jobs that have not expired, in an effort that grows with the page alone. */
  list(owner: string, range: PageRange): Promise<JobPage>;
  /** Ids of jobs whose `expiresAt` is not after `now`. */
  due(now: number): Promise<string[]>;
  /** Calls `changed` soon after the job was changed in any process; may miss changes. @returns what ends it. */
  watch(id: string, changed: () => void): () => void;
  /** Asks for an idempotency key, for at most `lease` milliseconds. */
  claim(key: string, lease: number): Promise<Claim>;
  /** Prolongs a claim that is still held. */
  renew(key: string, token: string, lease: number): Promise<void>;
  /** Gives a claim back that is still held. */
  release(key: string, token: string): Promise<void>;
  /** Starts to deliver jobs to this process, at most so many at once. A `deliver` that throws says `again`. */
  process(concurrency: number, deliver: (id: string) => Promise<Delivery>): void;
  /** Jobs that wait for a worker, and that have one, in all processes. */
  counts(): Promise<JobCounts>;
  /** Starts no more deliveries. */
  pause(): Promise<void>;
  /** Lets go of everything. Deliveries should have ended; jobs that were not settled are delivered again, here or elsewhere. */
  close(): Promise<void>;
}

/** A part of a list of jobs. */
export interface PageRange {
  /** Most jobs, at least 1. */
  readonly limit: number;
  /** The jobs behind this position (job.ts); from the newest on where it is undefined. */
  readonly after: string | undefined;
}

export interface JobPage {
  /** The newest first. */
  readonly jobs: readonly Job[];
  /** Position of the last, where there are more. */
  readonly next: string | undefined;
}

export interface JobCounts {
  readonly waiting: number;
  readonly active: number;
}
