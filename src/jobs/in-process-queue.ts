import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY, writeDurably } from './durable-file.js';
import { type Change, isFinished, type Job, parseJob } from './job.js';
import { OwnerIndex } from './owner-index.js';
import type { Claim, Delivery, JobCounts, JobPage, JobQueue, PageRange } from './queue.js';
import { type OnStoreFailure, Reach } from './reach.js';
import { retryDelay } from './retry-delay.js';

interface Lease {
  readonly token: string;
  /** By the monotonic clock, in milliseconds. */
  until: number;
}

/**
 * Jobs of one process, which needs no other service: records are files, one per job, and so survive its end. The folder
 * must be this process's alone (folder-lock.ts).
 */
export class InProcessQueue implements JobQueue {
  private readonly jobs = new Map<string, Job>();
  private readonly owners = new OwnerIndex();
  /** Id of the job under each idempotency key. */
  private readonly keys = new Map<string, string>();
  private readonly leases = new Map<string, Lease>();
  /** Ids that wait, in order. */
  private readonly waiting = new Set<string>();
  private readonly active = new Set<string>();
  private readonly changes = new EventEmitter().setMaxListeners(0);
  /** The last change of each job that is being written. */
  private readonly writing = new Map<string, Promise<unknown>>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private places = 0;
  private deliver: (id: string) => Promise<Delivery> = async () => 'again';

  private constructor(
    private readonly folder: string,
    private readonly reach: Reach,
  ) {}

  /** Takes up what an earlier process left. @param folder is made if it is not there. */
  static async open(folder: string, onFailure?: OnStoreFailure): Promise<InProcessQueue> {
    const queue = new InProcessQueue(folder, new Reach('folder', onFailure));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found: Job[] = [];
    for (const name of await readdir(folder)) {
      if (TEMPORARY.test(name)) await rm(join(folder, name), { force: true });
      else found.push(parseJob(await readFile(join(folder, name), 'utf8')));
    }
    for (const job of found.sort((a, b) => a.acceptedAt - b.acceptedAt)) queue.enter(job);
    return queue;
  }

  async accept(job: Job, token?: string): Promise<boolean> {
    const key = job.idempotency?.key;
    if (key !== undefined && !this.holds(key, token)) return false;
    await this.write(job);
    if (key !== undefined) this.leases.delete(key);
    this.enter(job);
    this.fill();
    return true;
  }

  async get(id: string): Promise<Job | undefined> {
    return this.jobs.get(id);
  }

  update(id: string, change: Change): Promise<Job | undefined> {
    return this.inTurn(id, async () => {
      const job = this.jobs.get(id);
      const changed = job && change(job);
      if (!job || !changed) return job;
      const next = { ...changed, version: job.version + 1 };
      // Progress alone is not worth a write: after a crash the job begins again.
      if (next.state !== job.state || next.attempts !== job.attempts || next.expired !== job.expired) {
        await this.write(next);
      }
      this.jobs.set(id, next);
      if (next.expired) this.owners.remove(next);
      if (isFinished(next)) this.waiting.delete(id);
      this.changes.emit(id);
      return next;
    });
  }

  remove(id: string): Promise<void> {
    return this.inTurn(id, async () => {
      await this.reach.run(() => rm(join(this.folder, fileName(id)), { force: true }));
      const job = this.jobs.get(id);
      if (job?.idempotency) this.keys.delete(job.idempotency.key);
      if (job) this.owners.remove(job);
      this.jobs.delete(id);
      this.waiting.delete(id);
      this.changes.emit(id);
    });
  }

  async list(owner: string, range: PageRange): Promise<JobPage> {
    const { ids, next } = this.owners.page(owner, range);
    return { jobs: ids.flatMap((id) => this.jobs.get(id) ?? []), next };
  }

  async due(now: number): Promise<string[]> {
    return [...this.jobs.values()]
      .filter(({ expiresAt }) => expiresAt !== null && expiresAt <= now)
      .map(({ id }) => id);
  }

  watch(id: string, changed: () => void): () => void {
    this.changes.on(id, changed);
    return () => this.changes.off(id, changed);
  }

  async claim(key: string, lease: number): Promise<Claim> {
    const id = this.keys.get(key);
    if (id !== undefined) return { kind: 'taken', id };
    const held = this.leases.get(key);
    if (held && held.until > performance.now()) return { kind: 'busy' };
    const token = randomUUID();
    this.leases.set(key, { token, until: performance.now() + lease });
    return { kind: 'held', token };
  }

  async renew(key: string, token: string, lease: number): Promise<void> {
    const held = this.leases.get(key);
    if (held?.token === token && held.until > performance.now()) held.until = performance.now() + lease;
  }

  async release(key: string, token: string): Promise<void> {
    if (this.leases.get(key)?.token === token) this.leases.delete(key);
  }

  process(concurrency: number, deliver: (id: string) => Promise<Delivery>): void {
    this.deliver = deliver;
    this.places = concurrency;
    this.fill();
  }

  async counts(): Promise<JobCounts> {
    let open = 0;
    for (const job of this.jobs.values()) if (!isFinished(job)) open++;
    return { waiting: open - this.active.size, active: this.active.size };
  }

  async pause(): Promise<void> {
    this.places = 0;
  }

  async close(): Promise<void> {
    await this.pause();
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.allSettled(this.writing.values());
  }

  private enter(job: Job): void {
    this.jobs.set(job.id, job);
    if (!job.expired) this.owners.add(job);
    if (job.idempotency) this.keys.set(job.idempotency.key, job.id);
    if (!isFinished(job)) this.waiting.add(job.id);
  }

  private holds(key: string, token: string | undefined): boolean {
    const held = this.leases.get(key);
    return held !== undefined && held.token === token && held.until > performance.now();
  }

  private fill(): void {
    for (const id of this.waiting) {
      if (this.active.size >= this.places) return;
      this.waiting.delete(id);
      this.active.add(id);
      void this.run(id);
    }
  }

  private async run(id: string): Promise<void> {
    const delivery = await this.deliver(id).catch(() => 'again' as const);
    this.active.delete(id);
    const job = this.jobs.get(id);
    if (delivery === 'again' && job && !isFinished(job)) {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        if (!this.jobs.has(id)) return;
        this.waiting.add(id);
        this.fill();
      }, retryDelay(job.attempts));
      this.timers.add(timer);
    }
    this.fill();
  }

  private write(job: Job): Promise<void> {
    return this.reach.run(() => writeDurably(this.folder, fileName(job.id), JSON.stringify(job)));
  }

  private inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.writing.get(id) ?? Promise.resolve()).then(work, work);
    this.writing.set(id, turn);
    const leave = (): void => {
      if (this.writing.get(id) === turn) this.writing.delete(id);
    };
    turn.then(leave, leave);
    return turn;
  }
}

function fileName(id: string): string {
  return `${id}.json`;
}
