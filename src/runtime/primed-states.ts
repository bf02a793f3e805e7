import type { Primed } from '../ardm/kind.js';

/** What happens to the conditions of a worker. */
export type ConditionEvent = 'hit' | 'primed' | 'evicted';

interface Entry {
  readonly state: Promise<Primed>;
  /** Once it is there. */
  primed?: Primed;
}

/**
 * Conditions that a worker has learned, the ones used last: as many as a number of bytes of memory holds, but always the last one. Each is
 * learned once, however many ask for it at the same time.
 */
export class PrimedStates {
  /** The one used last at the end. */
  private readonly entries = new Map<string, Entry>();

  /** @param mostBytes of memory. @param happened told of each event. */
  constructor(
    private readonly mostBytes: number,
    private readonly happened: (event: ConditionEvent) => void,
  ) {}

  /**
   * @param key the same for what is the same state.
   * @param learn learns the condition. Where that fails, it is tried again by the next who asks.
   */
  async take(key: string, learn: () => Promise<Primed>): Promise<Primed> {
    const found = this.entries.get(key);
    if (found) {
      this.happened('hit');
      this.entries.delete(key);
      this.entries.set(key, found);
      return await found.state;
    }
    this.happened('primed');
    const entry: Entry = { state: learn() };
    this.entries.set(key, entry);
    try {
      entry.primed = await entry.state;
    } catch (error) {
      if (this.entries.get(key) === entry) this.entries.delete(key);
      throw error;
    }
    this.evict();
    return entry.primed;
  }

  /** Bytes of memory that the conditions hold. */
  get memory(): number {
    return [...this.entries.values()].reduce((sum, { primed }) => sum + (primed?.memory ?? 0), 0);
  }

  /** Releases the states used longest ago. Those that are being learned count once they are there. */
  evict(): void {
    let memory = this.memory;
    for (const [key, { primed }] of this.entries) {
      if (memory <= this.mostBytes || this.entries.size === 1) return;
      if (!primed) continue;
      memory -= primed.memory;
      this.entries.delete(key);
      primed.release();
      this.happened('evicted');
    }
  }
}
