import { setImmediate } from 'node:timers/promises';

/** Longest time that one works without letting the event loop go round. */
const TURN_MS = 10;

/** Lets others work now and then, where work of the main thread has no pause of its own. */
export class Turns {
  private began = performance.now();

  /** To be awaited between two pieces of work. */
  async give(): Promise<void> {
    if (performance.now() - this.began < TURN_MS) return;
    await setImmediate();
    this.began = performance.now();
  }
}
