import { abandoned, throwIfAbandoned } from './abandon.js';

export interface SemaphoreLimits {
  /** Pieces of work that run at once, at least 1. */
  readonly running: number;
  /** Pieces that wait, at least 0; default: no limit. */
  readonly waiting?: number;
  /** The error for work that finds all places taken, to run and to wait. */
  readonly refusal?: Error;
  /** Told how long work waited for its place. */
  readonly waited?: (seconds: number) => void;
}

/** Lets a bounded number of pieces of work run and a bounded number wait, first come, first served. */
export class Semaphore {
  private running = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly limits: SemaphoreLimits) {}

  /** Pieces of work that wait. */
  get length(): number {
    return this.waiting.size;
  }

  /** Whether work that came now would be refused. */
  get full(): boolean {
    const { running, waiting = Number.POSITIVE_INFINITY } = this.limits;
    return this.running >= running && this.waiting.size >= waiting;
  }

  /**
   * Runs `work` when there is a place for it.
   *
   * @throws the refusal at once when all places are taken; WorkAbandoned, or the signal's reason if it is an ArdmError,
   * at once when the signal aborts while the work waits.
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    throwIfAbandoned(signal);
    if (this.full) throw this.limits.refusal;
    const came = performance.now();
    if (this.running < this.limits.running) this.running++;
    else await this.turn(signal);
    this.limits.waited?.((performance.now() - came) / 1_000);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  /** Resolves when the place of work that is done has been handed over, so `running` stays as it is. */
  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.waiting.delete(enter);
        reject(abandoned(signal));
      };
      this.waiting.add(enter);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  private leave(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.running--;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
