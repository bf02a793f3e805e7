import type { ClientRateLimitInfo, Options, Store } from 'express-rate-limit';

interface Window {
  hits: number;
  /** By the monotonic clock, in milliseconds. */
  readonly end: number;
}

/**
 * Hits counted in this process. The library's own MemoryStore measures windows by the time of day, and a clock that is set
 * back by two hours made them two hours longer.
 */
export class LocalHits implements Store {
  readonly localKeys = true;
  private readonly windows = new Map<string, Window>();
  private windowMs = 0;
  private sweeper: NodeJS.Timeout | undefined;

  init({ windowMs }: Options): void {
    this.windowMs = windowMs;
    clearInterval(this.sweeper);
    this.sweeper = setInterval(() => this.sweep(), windowMs).unref();
  }

  increment(key: string): ClientRateLimitInfo {
    const now = performance.now();
    let window = this.windows.get(key);
    if (!window || window.end <= now) {
      window = { hits: 0, end: now + this.windowMs };
      this.windows.set(key, window);
    }
    window.hits++;
    return { totalHits: window.hits, resetTime: timeOfDay(window.end - now) };
  }

  decrement(key: string): void {
    const window = this.windows.get(key);
    if (window && window.hits > 0) window.hits--;
  }

  resetKey(key: string): void {
    this.windows.delete(key);
  }

  shutdown(): void {
    clearInterval(this.sweeper);
    this.windows.clear();
  }

  private sweep(): void {
    const now = performance.now();
    for (const [key, { end }] of this.windows) if (end <= now) this.windows.delete(key);
  }
}

/** The library takes a time of day, and has made a duration of it again before the clock can be set. */
export function timeOfDay(inMilliseconds: number): Date {
  return new Date(Date.now() + inMilliseconds);
}
