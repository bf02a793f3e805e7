import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from './dice.js';

/** A job that is to be done, and what must come of it. */
export interface Work {
  readonly operation: 'compress' | 'decompress';
  readonly query: string;
  readonly body: Buffer;
  readonly expected: Buffer;
}

/**
 * A client that posts jobs and writes down every id that got 202. Three of four have an Idempotency-Key, and are posted
 * until they get it; the others are posted once.
 */
export class Ledger {
  /** Id to number of the work. */
  readonly acknowledged = new Map<string, number>();
  /** Numbers of the works that were posted once, in vain. */
  readonly unacknowledged = new Set<number>();
  /** Answers and errors other than 202, and how often. */
  readonly refusals: Record<string, number> = {};

  constructor(
    private readonly url: string,
    private readonly works: readonly Work[],
  ) {}

  get ids(): ReadonlySet<string> {
    return { has: (id: string) => this.acknowledged.has(id) } as ReadonlySet<string>;
  }

  /** @param pause milliseconds between two posts of a client, at most. */
  async post(clients: number, dice: Dice, pause: number): Promise<void> {
    const numbers = this.works.keys();
    const client = async (): Promise<void> => {
      for (const number of numbers) {
        await (number % 4 === 3 ? this.postOnce(number) : this.persist(number));
        await sleep(dice.between(0, pause + 1));
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
  }

  private async postOnce(number: number): Promise<void> {
    if (!(await this.attempt(number, {}))) this.unacknowledged.add(number);
  }

  private async persist(number: number): Promise<void> {
    const end = Date.now() + 120_000;
    while (!(await this.attempt(number, { 'Idempotency-Key': `work-${number}` }))) {
      if (Date.now() > end) throw new Error(`no replica takes a job for two minutes: ${JSON.stringify(this.refusals)}`);
      await sleep(200);
    }
  }

  private async attempt(number: number, headers: Record<string, string>): Promise<boolean> {
    const { query, body } = this.works[number] as Work;
    try {
      const answer = await fetch(`${this.url}/v1/jobs?${query}`, { method: 'POST', body, headers });
      const json = (await answer.json()) as { id: string; code: string };
      if (answer.status === 202) {
        this.acknowledged.set(json.id, number);
        return true;
      }
      this.refuse(`${answer.status} ${json.code}`);
    } catch (error) {
      this.refuse(error instanceof Error ? error.message : String(error));
    }
    return false;
  }

  private refuse(reason: string): void {
    this.refusals[reason] = (this.refusals[reason] ?? 0) + 1;
  }
}
