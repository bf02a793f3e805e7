import { ModelUnavailableError } from './errors.js';
import type { WorkerModel } from './messages.js';

interface Entry {
  /** What workers open it from; undefined while nobody uses it. */
  prepared?: Promise<WorkerModel>;
  /** The same, once it is there. */
  model?: WorkerModel;
  users: number;
  timer?: NodeJS.Timeout;
}

/** Models that are opened on first use, and released when nobody has used them for a while. */
export class ModelsOnDemand {
  private readonly entries = new Map<string, Entry>();

  /**
   * @param ids of these models. @param prepare makes what workers open one from. @param release told of a model that nobody uses any more.
   * @param idleMilliseconds that it stays open without use.
   */
  constructor(
    ids: readonly string[],
    private readonly prepare: (id: string) => Promise<WorkerModel>,
    private readonly release: (id: string) => void,
    private readonly idleMilliseconds: number,
  ) {
    for (const id of ids) this.entries.set(id, { users: 0 });
  }

  /** What a worker is to open the model from before it is given a segment; undefined where it is open from the start. */
  modelOf(id: string): WorkerModel | undefined {
    return this.entries.get(id)?.model;
  }

  /**
   * Does work that needs a model: it is prepared before, once for all who wait for it, and not released until the work is done.
   *
   * @throws ModelUnavailableError where it cannot be prepared; the next who asks tries again.
   */
  async use<T>(id: string, work: () => Promise<T>): Promise<T> {
    const entry = this.entries.get(id);
    if (!entry) return await work();
    entry.users++;
    clearTimeout(entry.timer);
    try {
      await this.prepared(id, entry);
      return await work();
    } finally {
      entry.users--;
      if (entry.users === 0) entry.timer = setTimeout(() => this.forget(id, entry), this.idleMilliseconds).unref();
    }
  }

  /** Forgets all of them. */
  close(): void {
    for (const { timer } of this.entries.values()) clearTimeout(timer);
  }

  private async prepared(id: string, entry: Entry): Promise<void> {
    entry.prepared ??= this.prepare(id);
    const { prepared } = entry;
    try {
      entry.model = await prepared;
    } catch (error) {
      if (entry.prepared === prepared) delete entry.prepared;
      throw new ModelUnavailableError(id, error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  private forget(id: string, entry: Entry): void {
    if (entry.users > 0) return;
    delete entry.prepared;
    delete entry.model;
    this.release(id);
  }
}
