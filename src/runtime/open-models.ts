import type { KindOfModel } from '../ardm/kind.js';
import { ModelNotOpened } from './errors.js';
import type { WorkerModel } from './messages.js';
import type { Kinds } from './model.js';
import { type OpenNetwork, openNetwork } from './open-network.js';
import type { Products, SessionSettings } from './session-settings.js';

/** A model as a worker has it: sessions that have proven themselves. */
export interface OpenModel extends Pick<KindOfModel, 'domain' | 'conditions'> {
  readonly networks: readonly OpenNetwork[];
}

interface Entry {
  readonly model: Promise<OpenModel>;
  users: number;
  /** No work begins with it any more. */
  leaving: boolean;
}

/** The models that a worker has open. */
export class OpenModels {
  private readonly entries = new Map<string, Entry>();
  /** What does not go with the sessions: memories of programs are kept for a kind as it was opened once. */
  private readonly kindsOf = new Map<string, KindOfModel>();

  constructor(
    private readonly kinds: Kinds,
    private readonly settings: SessionSettings,
  ) {}

  /** Opens a model and proves it by its known answers. Work with it may be begun at once: it waits. */
  async open(model: WorkerModel): Promise<void> {
    const entry: Entry = { model: this.opened(model), users: 0, leaving: false };
    this.entries.set(model.id, entry);
    await entry.model;
  }

  /** What the open ones multiply in: bytes where all can. */
  async products(): Promise<Products> {
    const models = await Promise.all([...this.entries.values()].map(({ model }) => model));
    const all = models.flatMap(({ networks }) => networks.map(({ products }) => products));
    return all.every((products) => products === 'bytes') ? 'bytes' : 'floats';
  }

  /** @throws ModelNotOpened where it could not be opened; opened again, it may be. */
  async use<T>(id: string, work: (model: OpenModel) => Promise<T>): Promise<T> {
    const entry = this.entries.get(id);
    if (!entry) throw new Error(`the worker has no model ${id}`);
    entry.users++;
    try {
      return await work(await ready(entry));
    } finally {
      entry.users--;
      if (entry.leaving && entry.users === 0) await end(entry);
    }
  }

  /** Releases a model as soon as nothing works with it. */
  async release(id: string): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.entries.delete(id);
    entry.leaving = true;
    if (entry.users === 0) await end(entry);
  }

  async releaseAll(): Promise<void> {
    for (const id of [...this.entries.keys()]) await this.release(id);
  }

  private async opened({ id, kind: name, coding, graphs }: WorkerModel): Promise<OpenModel> {
    const kind = this.kinds[name];
    if (!kind) throw new Error(`the worker does not know models of kind ${name}`);
    const networks: OpenNetwork[] = [];
    // One after another: loading holds a second copy of the weights for a moment.
    try {
      for (const graph of graphs) networks.push(await openNetwork(id, graph, this.settings));
    } catch (error) {
      for (const network of networks) await network.release();
      throw error;
    }
    const { domain, conditions } = this.kindsOf.get(id) ?? kind.open(coding);
    this.kindsOf.set(id, { domain, ...(conditions && { conditions }) });
    return { domain, ...(conditions && { conditions }), networks };
  }
}

async function ready({ model }: Entry): Promise<OpenModel> {
  try {
    return await model;
  } catch (error) {
    throw new ModelNotOpened(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function end({ model }: Entry): Promise<void> {
  const opened = await model.catch(() => undefined);
  for (const network of opened?.networks ?? []) await network.release();
}
