import { FairQueue } from './fair-queue.js';

/** A worker, as far as its places are looked at. */
interface Loaded {
  /** Tasks of any kind that it has; infinite if it takes none. */
  readonly load: number;
}

/** The tasks of one kind that wait, and how many of them each worker has. */
export class Places<Key, Task, Worker extends Loaded> {
  readonly queue = new FairQueue<Key, Task>();
  private readonly loads = new Map<Worker, number>();

  /** @param slots tasks of this kind that a worker may have at once. */
  constructor(private readonly slots: number) {}

  /** The worker that has fewest tasks, of those that may have one more of this kind. */
  leastLoaded(workers: Iterable<Worker>): Worker | undefined {
    let found: Worker | undefined;
    for (const worker of workers) {
      const free = (this.loads.get(worker) ?? 0) < this.slots;
      if (free && worker.load < (found?.load ?? Number.POSITIVE_INFINITY)) found = worker;
    }
    return found;
  }

  count(worker: Worker, change: 1 | -1): void {
    const load = (this.loads.get(worker) ?? 0) + change;
    if (load > 0) this.loads.set(worker, load);
    else this.loads.delete(worker);
  }
}
