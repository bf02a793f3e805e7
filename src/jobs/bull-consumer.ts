import Bull from 'bull';
import type { Redis } from 'ioredis';
import type { Delivery } from './queue.js';
import { disconnect, patientClient } from './redis-clients.js';
import { retryDelay } from './retry-delay.js';

export const QUEUE_NAME = 'jobs';
export const PREFIX = 'ardm:bull';
const BACKOFF = 'ardm';

/** How a job that its worker has lost is found, in milliseconds. */
export interface LockTimes {
  /** After this time without renewal, a job is another's. */
  readonly duration: number;
  readonly renewal: number;
  /** Between two searches for lost jobs. */
  readonly search: number;
}

/**
 * Much longer than the event loop is ever held up (the network computes in threads of its own), and several renewals long.
 * Bull stops renewing after one renewal that fails; then a job has two workers, which is harmless (worker.ts).
 */
export const LOCK_TIMES: LockTimes = { duration: 15_000, renewal: 4_000, search: 5_000 };

/** As Bull takes jobs: nothing of them but the id, tried for as long as their record says, and forgotten when settled. */
export const BULL_OPTIONS: Bull.JobOptions = {
  attempts: Number.MAX_SAFE_INTEGER,
  backoff: { type: BACKOFF },
  removeOnComplete: true,
  removeOnFail: true,
};

/** Says to Bull that the job is to be delivered again. */
class DeliverAgain extends Error {}

/** One set of connections through which Bull delivers jobs to this process. */
export class BullConsumer {
  private readonly clients: Redis[] = [];
  private readonly queue: Bull.Queue;

  /** @param onError told of what Redis refuses to Bull, which tries it again. */
  constructor(url: string, times: LockTimes, onError: (error: Error) => void = () => {}) {
    this.queue = new Bull(QUEUE_NAME, {
      prefix: PREFIX,
      createClient: () => {
        const client = patientClient(url);
        this.clients.push(client);
        return client;
      },
      settings: {
        lockDuration: times.duration,
        lockRenewTime: times.renewal,
        stalledInterval: times.search,
        // A job's record counts its attempts; Bull's own count would throw it away without a word.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        retryProcessDelay: 1_000,
        backoffStrategies: { [BACKOFF]: (attempts) => retryDelay(attempts) },
      },
    });
    // Errors of connections are reported elsewhere, and what a lost lock makes of a job is dealt with by its next delivery.
    this.queue.on('error', (error) => {
      if (error.name === 'ReplyError') onError(error);
    });
  }

  start(concurrency: number, deliver: (id: string) => Promise<Delivery>): void {
    this.queue
      .process(concurrency, async (job) => {
        if ((await deliver(String(job.id))) === 'again') throw new DeliverAgain();
      })
      // It ends when the consumer is closed; a start that fails is seen by the watchdog.
      .catch(() => {});
  }

  /** Takes no more jobs; those that run keep their locks. */
  async pause(limit: number): Promise<void> {
    await bounded(limit, this.queue.pause(true, true));
  }

  /** Bull would wait for a Redis that does not answer. */
  async close(limit: number): Promise<void> {
    await bounded(limit, this.queue.close(true));
    for (const client of this.clients) disconnect(client);
  }
}

/** Waits for `work`, but not longer than `limit` milliseconds, and whether or not it fails. */
async function bounded(limit: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limit);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
