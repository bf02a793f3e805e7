import { take } from './memory-plan';

/** Bytes that come before what is kept has to be moved. */
const ROOM: usize = 8192;
/** Bytes behind what is asked for that may be read, since vectors are read in steps. */
const MARGIN: usize = 64;

/** The latest values of a signal as one vector, newest first: zeros before the first. It moves down in memory as they come. */
// @ts-ignore: a decorator of AssemblyScript
@unmanaged
export class Latest {
  start: usize;
  kept: usize;
  /** Where the newest value is. */
  at: usize;

  /** The latest `count` values, or more. */
  static open(count: usize): Latest {
    const latest = changetype<Latest>(take(offsetof<Latest>()));
    latest.kept = (count << 3) + MARGIN;
    latest.start = take(ROOM + latest.kept);
    latest.at = latest.start + ROOM;
    return latest;
  }

  push(value: f64): void {
    if (this.at == this.start) {
      memory.copy(this.start + ROOM, this.start, this.kept);
      this.at += ROOM;
    }
    this.at -= 8;
    store<f64>(this.at, value);
  }
}
