import { setImmediate } from 'node:timers/promises';
import { abandoned, throwIfAbandoned } from './abandon.js';

/** Longest time that `mapLimited` works without letting the event loop go round. */
const TURN_MS = 10;

/**
 * All of `items` through `work`, in order, at most `limit` at once. A failure, or the signal's abort, starts no more.
 *
 * As many loops as may run at once take one item after the other: an archive may have 65,536 segments, and a promise
 * and a listener for each would take seconds. Segments that are done at once would hold up the event loop together.
 */
export async function mapLimited<Item, T>(
  limit: number,
  signal: AbortSignal,
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<T>,
): Promise<T[]> {
  const results = new Array<T>(items.length);
  const rest = items.entries();
  let failed = false;
  let turnStarted = performance.now();
  const loop = async (): Promise<void> => {
    try {
      for (const [index, item] of rest) {
        if (failed) return;
        throwIfAbandoned(signal);
        results[index] = await work(item, index);
        if (performance.now() - turnStarted < TURN_MS) continue;
        await setImmediate();
        turnStarted = performance.now();
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, loop));
  return results;
}

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
