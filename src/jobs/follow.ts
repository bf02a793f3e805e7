import { JobsUnavailableError } from './errors.js';
import { isFinished, type Job } from './job.js';
import type { JobQueue } from './queue.js';

/** Longest time for which a change that nobody told of stays unseen. */
const POLL_MS = 2_000;

/**
 * The states of a job, from the one it has now to the last, whichever process changes it; states that follow each other
 * quickly may be left out, never the last one. Ends with that, when the job is removed, or when the signal aborts. While the
 * queue cannot be reached it waits.
 */
export async function* follow(
  queue: Pick<JobQueue, 'get' | 'watch'>,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<Job> {
  const bell = new Bell(signal);
  const stop = queue.watch(id, () => bell.ring());
  let seen = 0;
  try {
    while (!signal.aborted) {
      const job = await reachable(queue.get(id));
      if (job === 'unavailable') {
        await bell.rings(POLL_MS);
        continue;
      }
      if (!job) return;
      if (job.version > seen) yield job;
      seen = job.version;
      if (isFinished(job)) return;
      await bell.rings(POLL_MS);
    }
  } finally {
    stop();
    bell.dispose();
  }
}

async function reachable<T>(answer: Promise<T>): Promise<T | 'unavailable'> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof JobsUnavailableError) return 'unavailable';
    throw error;
  }
}

/** Remembers that it was rung while nobody listened. */
class Bell {
  private rung = false;
  private listener: (() => void) | undefined;

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this.ring);
  }

  readonly ring = (): void => {
    this.rung = true;
    this.listener?.();
  };

  /** Resolves when it was rung since the last time, or `limit` milliseconds have passed. */
  async rings(limit: number): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limit);
        this.listener = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.rung = false;
    this.listener = undefined;
  }

  dispose(): void {
    this.signal.removeEventListener('abort', this.ring);
  }
}
