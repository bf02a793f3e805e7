import { setImmediate } from 'node:timers/promises';

/** Segments up to this many original bytes are short: done in a fraction of a second, and small in memory. */
export const SHORT_SEGMENT = 16_384;

/** Time between two network calls of long tasks while short ones run. */
const PAUSE_MS = 50;

/**
 * Lets the short tasks of a thread go before the long ones. Taking turns call by call would not do: a short decode makes
 * dozens of calls of a few rows, and a long encode calls with a thousand rows, so the short one would wait a hundred
 * times for the long one's milliseconds. Long tasks still get a call now and then, so nothing starves.
 */
export class Precedence {
  private short = 0;
  private lastLong = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of a clock that never goes back. It decides when a call is made, never what is coded. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Runs a short task; until it is over, long ones hold back. */
  async runShort<T>(work: () => Promise<T>): Promise<T> {
    this.short++;
    try {
      return await work();
    } finally {
      this.short--;
    }
  }

  /** Resolves when a long task may make its next network call. */
  async longTurn(): Promise<void> {
    while (this.short > 0 && this.now() - this.lastLong < PAUSE_MS) await setImmediate();
    this.lastLong = this.now();
  }
}
