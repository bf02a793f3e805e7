import { OverloadedError } from '../errors.js';

/** One for all: where it is thrown tells nothing, and to trace that took a fourth of the time of a refusal. */
export const OVERLOADED = new OverloadedError();

/**
 * Lets a bounded number of requests compute and a bounded number wait, first come, first served. A request asks for its
 * place when its upload is complete, so that slow senders hold none.
 */
export class Admission {
  private running = 0;
  private readonly waiting = new Set<() => void>();

  /** @param limits `running` at least 1, `waiting` at least 0. @param waited told how long a request waited for its place. */
  constructor(
    private readonly limits: { readonly running: number; readonly waiting: number },
    private readonly waited: (seconds: number) => void = () => {},
  ) {}

  /** Requests that wait. */
  get length(): number {
    return this.waiting.size;
  }

  /** Whether a request that came now would be refused. */
  get full(): boolean {
    return this.running >= this.limits.running && this.waiting.size >= this.limits.waiting;
  }

  /**
   * Runs `work` when there is a place for it.
   *
   * @throws OverloadedError at once when all places are taken, and the signal's reason when it aborts while waiting.
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.full) throw OVERLOADED;
    const came = performance.now();
    if (this.running < this.limits.running) this.running++;
    else await this.turn(signal);
    this.waited((performance.now() - came) / 1_000);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  /** Resolves when the place of a request that left has been handed over, so `running` stays as it is. */
  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.waiting.delete(enter);
        reject(signal.reason);
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
