import { setImmediate as turn } from 'node:timers/promises';

/** Segments up to this many original bytes are short: done in a fraction of a second, and small in memory. */
export const SHORT_SEGMENT = 16_384;

/** How long all long tasks hold back after a network call of one of them, in durations of that call. */
const PAUSE = 3;

/**
 * Lets the short tasks of a thread go before the long ones. Taking turns call by call would not do: a short decode makes
 * dozens of calls of a few rows, and a long encode calls with a thousand rows, so the short one would wait a hundred
 * times for the long one's milliseconds. So while short tasks run, all long ones together get a fourth of the time, or,
 * where calls are so quick that a turn is longer than the pause, one call each turn: a steady stream of short requests
 * slows them, but does not stop them.
 */
export class Precedence {
  private short = 0;
  private longRuns = false;
  private pauseEnds = Number.NEGATIVE_INFINITY;

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

  /** Makes a network call of a long task when it may be made. */
  async longCall<T>(call: () => Promise<T>): Promise<T> {
    while (this.short > 0 && (this.longRuns || this.now() < this.pauseEnds)) await turn();
    this.longRuns = true;
    let started = this.now();
    // ONNX Runtime computes in the turn after the one in which it is asked. What others compute until then, they would
    // be given again three times over; this runs just before.
    setImmediate(() => {
      started = this.now();
    });
    try {
      return await call();
    } finally {
      this.longRuns = false;
      const ended = this.now();
      this.pauseEnds = ended + PAUSE * (ended - started);
    }
  }
}
