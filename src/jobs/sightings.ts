/**
 * How long things have been seen unchanged, by this process and the monotonic clock. Times that a disk or a bucket gives are
 * of other clocks, and of a clock that may be set: to compare them with our own could make what is just being written look old.
 */
export class Sightings {
  private before = new Map<string, { readonly changedAt: number; readonly since: number }>();
  private now = new Map<string, { readonly changedAt: number; readonly since: number }>();

  /** @param changedAt of any clock. @param time of the monotonic clock, in milliseconds. @returns milliseconds. */
  unchangedFor(name: string, changedAt: number, time: number): number {
    const seen = this.before.get(name);
    const since = seen?.changedAt === changedAt ? seen.since : time;
    this.now.set(name, { changedAt, since });
    return time - since;
  }

  /** All have been looked at: what was not seen this time is gone. */
  roundDone(): void {
    this.before = this.now;
    this.now = new Map();
  }
}
