import { JobsUnavailableError } from './errors.js';
import { failureReason } from './failure-reason.js';
import type { JobLog } from './worker.js';

/** What jobs and their bytes are kept in. */
export type Store = 'redis' | 's3' | 'folder';

/** Told of every command that a store did not carry out. */
export type OnStoreFailure = (store: Store, reason: string, error: unknown) => void;

/** So often is the same reason written to the log, in milliseconds; each failure is counted. */
const REPEAT_MS = 60_000;

/** Commands to a store, whose failures are all the same to whoever asked, and told to whoever looks after the store. */
export class Reach {
  /** @param refine knows better than the error, perhaps, what the reason is. */
  constructor(
    private readonly store: Store,
    private readonly onFailure: OnStoreFailure = () => {},
    private readonly refine = (reason: string): string => reason,
  ) {}

  /** @throws JobsUnavailableError; of a full disk its own error, which has an answer of its own. */
  async run<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** Tells of a failure. @returns what to throw in its place. */
  failed(error: unknown): unknown {
    const reason = this.refine(failureReason(error));
    this.onFailure(this.store, reason, error);
    return reason === 'ENOSPC' || reason === 'EDQUOT' ? error : new JobsUnavailableError({ cause: error });
  }
}

/** Writes each reason to the log when it comes up, and from time to time as long as it does, and has each failure counted. */
export function reportFailures(log: JobLog, count: (store: Store, reason: string) => void): OnStoreFailure {
  const logged = new Map<string, number>();
  return (store, reason, error) => {
    count(store, reason);
    const key = `${store} ${reason}`;
    const now = performance.now();
    if (now - (logged.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
    logged.set(key, now);
    log('error', 'jobs are not available', { store, reason, err: error });
  };
}
