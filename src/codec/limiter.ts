import { abandoned, throwIfAbandoned } from './abandon.js';

/** Lets so many pieces of work run at once; the others wait in line. */
export class Limiter {
  private readonly waiting: (() => void)[] = [];
  private free: number;

  /** @param limit at least 1. */
  constructor(limit: number) {
    this.free = limit;
  }

  /** @throws WorkAbandoned, or the signal's reason, at once if it aborts while the work waits for its turn. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    throwIfAbandoned(signal);
    if (this.free > 0) this.free--;
    else await this.turn(signal);
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }

  /** All of `items` through `work`, in order, so many at once. */
  map<Item, T>(
    signal: AbortSignal,
    items: readonly Item[],
    work: (item: Item, index: number) => Promise<T>,
  ): Promise<T[]> {
    return Promise.all(items.map((item, index) => this.run(signal, () => work(item, index))));
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(start), 1);
        reject(abandoned(signal));
      };
      this.waiting.push(start);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
