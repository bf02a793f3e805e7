import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from './dice.js';
import type { Fleet } from './fleet.js';
import type { Replica } from './replica.js';
import { ACCEPTED, BEGUN, fileAppears, recordWritten, type Trigger } from './triggers.js';

/** How long a strike waits for its moment. */
const PATIENCE_MS = 2_500;

/** Moments at which processes are killed. */
export const MOMENTS = [
  'worker: any moment',
  'worker: computing',
  'worker: writing the result',
  'worker: between result and completion',
  'API: any moment',
  'API: between upload and enqueue',
  'API: between enqueue and 202',
  'Redis: any moment',
  'Redis: enqueuing',
] as const;
export type Moment = (typeof MOMENTS)[number];

export interface Tally {
  /** Times that processes were killed at, or just after, this moment. */
  struck: number;
  /** Times that it is known to have been within it. */
  hit: number;
}

/** Kills processes of a fleet with SIGKILL, and starts each again after a while. */
export class Strikes {
  readonly tally: Record<Moment, Tally>;
  private readonly restarts = new Set<Promise<void>>();
  private failure: unknown;

  constructor(
    private readonly fleet: Fleet,
    private readonly dice: Dice,
    /** Ids of jobs that got 202. */
    private readonly acknowledged: ReadonlySet<string>,
  ) {
    this.tally = Object.fromEntries(MOMENTS.map((moment) => [moment, { struck: 0, hit: 0 }])) as Record<Moment, Tally>;
  }

  /** Strikes at all moments in the order of the dice, again and again, until `over`. */
  async run(over: () => boolean): Promise<void> {
    while (!over()) {
      for (const moment of this.dice.shuffled(MOMENTS)) {
        if (over()) break;
        await this.strike(moment);
        await sleep(this.dice.between(100, 700));
      }
    }
    await this.healed();
  }

  /** Resolves when all that was killed is back. */
  async healed(): Promise<void> {
    while (this.restarts.size > 0) await Promise.all(this.restarts);
    if (this.failure) throw this.failure;
  }

  private async strike(moment: Moment): Promise<void> {
    const { fleet, dice } = this;
    const port = fleet.redis.port;
    const [victim, when] = moment.split(': ') as [string, string];
    // Where it is not known which of them is at it, all are killed.
    const group = victim === 'worker' ? fleet.workers : fleet.apis;
    const running = group.filter((replica) => replica.running);
    const accepted = recordWritten(port, ACCEPTED);
    if (victim === 'Redis') {
      if (when === 'enqueuing') {
        if (!(await this.at(moment, accepted, () => fleet.redis.signal('SIGKILL')))) return;
      } else this.tally[moment].struck++;
      await fleet.redis.kill();
      await sleep(dice.between(100, 1_500));
      await fleet.redis.restart();
      return;
    }
    // Whoever is struck again before all are back only makes the test longer.
    if (running.length < group.length || group.some(({ ready }) => !ready)) {
      await sleep(100);
      return;
    }
    const kill = (some: readonly Replica[]) => (): void => {
      for (const replica of some) replica.signal('SIGKILL');
      for (const replica of some) this.restart(replica);
    };
    switch (when) {
      case 'any moment':
        this.tally[moment].struck++;
        kill([dice.pick(running)])();
        return;
      case 'computing':
        await this.at(moment, recordWritten(port, BEGUN), kill(running));
        return;
      case 'writing the result':
        await this.at(
          moment,
          fileAppears(fleet.blobs, /^\.([0-9a-f]{32})\.result-\d+\.[0-9a-f]+\.tmp$/),
          kill(running),
          (id) => readdirSync(fleet.blobs).some((name) => name.startsWith(`.${id}.result-`)),
        );
        return;
      case 'between result and completion':
        await this.at(moment, fileAppears(fleet.blobs, /^([0-9a-f]{32})\.result-\d+$/), kill(running), async (id) =>
          /"state":"active"/.test((await fleet.record(id)) ?? ''),
        );
        return;
      case 'between upload and enqueue':
        await this.at(
          moment,
          fileAppears(fleet.blobs, /^([0-9a-f]{32})\.upload$/),
          kill(running),
          async (id) => (await fleet.record(id)) === undefined,
        );
        return;
      case 'between enqueue and 202':
        await this.at(moment, accepted, kill(running), async (id) => {
          await sleep(50);
          return !this.acknowledged.has(id);
        });
    }
  }

  private async at(
    moment: Moment,
    trigger: Trigger,
    kill: () => void,
    hit: (id: string) => boolean | Promise<boolean> = () => true,
  ): Promise<boolean> {
    const id = await trigger(PATIENCE_MS, kill);
    if (id === undefined) return false;
    this.tally[moment].struck++;
    if (await hit(id)) this.tally[moment].hit++;
    return true;
  }

  private restart(replica: Replica): void {
    const restart = async (): Promise<void> => {
      try {
        await replica.end('SIGKILL');
        await sleep(this.dice.between(50, 500));
        await replica.start();
      } catch (error) {
        this.failure ??= error;
      }
    };
    const done = restart().finally(() => this.restarts.delete(done));
    this.restarts.add(done);
  }
}
