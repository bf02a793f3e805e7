import { EventEmitter } from 'node:events';
import Bull from 'bull';
import type { Redis } from 'ioredis';
import { BULL_OPTIONS, BullConsumer, LOCK_TIMES, type LockTimes, PREFIX, QUEUE_NAME } from './bull-consumer.js';
import { JobsUnavailableError } from './errors.js';
import { failureReason, NOT_CONNECTED } from './failure-reason.js';
import { type Change, isFinished, type Job } from './job.js';
import type { Claim, Delivery, JobCounts, JobPage, JobQueue, PageRange } from './queue.js';
import { type OnStoreFailure, Reach } from './reach.js';
import { checkRedis, disconnect, failFastClient, patientClient } from './redis-clients.js';
import { CHANGES, RedisRecords } from './redis-records.js';
import { LONGEST_DELAY } from './retry-delay.js';
import type { JobLog } from './worker.js';

/** Between two looks whether Bull knows every job, and whether it delivers. */
const WATCH_MS = 2_000;
/** Jobs wait and this process has places: after this time without a delivery, its consumer is stuck. */
const STUCK_MS = 6_000;
/** How far the clocks of processes that share jobs may differ. */
const DELAY_MARGIN_MS = 5_000;
/** How long Bull has to close. */
const CLOSE_MS = 2_000;

/**
 * Jobs that are shared by all processes that use one Redis. Records are the truth (redis-records.ts); Bull says who works on
 * which, with locks that end when their holder does. It forgets nothing that the records have not finished: what it does
 * not know is given to it again.
 */
export class BullQueue implements JobQueue {
  private readonly client: Redis;
  private readonly redis: Reach;
  private readonly records: RedisRecords;
  private readonly producer: Bull.Queue;
  private readonly subscriber: Redis;
  private readonly changes = new EventEmitter().setMaxListeners(0);
  private readonly watchdog: NodeJS.Timeout;
  private consumer: BullConsumer | undefined;
  private consume: { readonly concurrency: number; readonly deliver: (id: string) => Promise<Delivery> } | undefined;
  /** Why there is no connection that can be used. */
  private down: string | undefined;
  private delivering = 0;
  private lastDelivery = 0;
  private watching: Promise<void> | undefined;

  /** Does not wait for Redis: until it can be reached, everything fails as JobQueue says. */
  constructor(
    private readonly url: string,
    private readonly log: JobLog,
    private readonly times: LockTimes = LOCK_TIMES,
    onFailure?: OnStoreFailure,
  ) {
    this.redis = new Reach('redis', onFailure, (reason) => (reason === NOT_CONNECTED ? (this.down ?? reason) : reason));
    this.client = failFastClient(url, log);
    this.client.on('error', this.onError);
    this.client.on('connect', this.onConnect);
    this.client.on('ready', this.onReady);
    this.records = new RedisRecords(this.client, this.redis);
    this.producer = new Bull(QUEUE_NAME, { prefix: PREFIX, createClient: () => this.client });
    this.producer.on('error', () => {});
    this.subscriber = patientClient(url);
    this.subscriber.on('message', (_channel: string, id: string) => this.changes.emit(id));
    // Changes that were made during an outage were told to nobody; ioredis subscribes again by itself.
    this.subscriber.on('ready', () => {
      for (const id of this.changes.eventNames()) this.changes.emit(id);
    });
    this.subscriber.subscribe(CHANGES).catch(() => {});
    this.watchdog = setInterval(() => this.watchOnce(), WATCH_MS);
  }

  async accept(job: Job, token?: string): Promise<boolean> {
    if (!(await this.records.accept(job, token))) return false;
    await this.add(job.id);
    return true;
  }

  get(id: string): Promise<Job | undefined> {
    return this.records.get(id);
  }

  update(id: string, change: Change): Promise<Job | undefined> {
    return this.records.update(id, change);
  }

  /** Bull may still have it, and finds out when it delivers it. */
  remove(id: string): Promise<void> {
    return this.records.remove(id);
  }

  list(owner: string, range: PageRange): Promise<JobPage> {
    return this.records.list(owner, range);
  }

  due(now: number): Promise<string[]> {
    return this.records.due(now);
  }

  watch(id: string, changed: () => void): () => void {
    this.changes.on(id, changed);
    return () => this.changes.off(id, changed);
  }

  claim(key: string, lease: number): Promise<Claim> {
    return this.records.claim(key, lease);
  }

  renew(key: string, token: string, lease: number): Promise<void> {
    return this.records.renew(key, token, lease);
  }

  release(key: string, token: string): Promise<void> {
    return this.records.release(key, token);
  }

  process(concurrency: number, deliver: (id: string) => Promise<Delivery>): void {
    this.consume = {
      concurrency,
      deliver: async (id) => {
        this.delivering++;
        this.lastDelivery = performance.now();
        try {
          return await deliver(id);
        } finally {
          this.delivering--;
          this.lastDelivery = performance.now();
        }
      },
    };
    this.startConsumer();
  }

  counts(): Promise<JobCounts> {
    return this.records.counts();
  }

  async pause(): Promise<void> {
    this.consume = undefined;
    await this.consumer?.pause(CLOSE_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.watchdog);
    await this.pause();
    await this.watching;
    await this.consumer?.close(CLOSE_MS);
    disconnect(this.subscriber);
    disconnect(this.client);
  }

  /** Of an id that Bull has, nothing becomes of it. */
  private async add(id: string): Promise<void> {
    await this.redis.run(async () => {
      // Bull would wait for the connection.
      if (this.client.status !== 'ready') throw new Error('Connection is closed.');
      await this.producer.add({}, { ...BULL_OPTIONS, jobId: id });
    });
  }

  private startConsumer(): void {
    if (!this.consume) return;
    const { concurrency, deliver } = this.consume;
    this.lastDelivery = performance.now();
    this.consumer = new BullConsumer(this.url, this.times, (error) => this.redis.failed(error));
    this.consumer.start(concurrency, deliver);
  }

  private readonly onError = (error: Error): void => {
    this.down = failureReason(error);
    this.redis.failed(error);
  };

  /** As long as Redis reads its file, ioredis waits, and says nothing. */
  private readonly onConnect = (): void => {
    this.client.info('persistence').then(
      (text) => {
        if (/^loading:1/m.test(text)) this.onError(new Error('LOADING Redis reads its file into memory'));
      },
      () => {},
    );
  };

  private readonly onReady = (): void => {
    this.down = undefined;
    checkRedis(this.client, this.log).catch(() => {});
    this.watchOnce();
  };

  /** One look at a time; one that fails for want of Redis is repeated soon. */
  private watchOnce(): void {
    if (this.watching || this.client.status !== 'ready') return;
    const look = async (): Promise<void> => {
      try {
        await this.reconcile();
        await this.promoteOverdue();
        await this.restartIfStuck();
      } catch (error) {
        if (!(error instanceof JobsUnavailableError))
          this.log('error', 'jobs could not be compared with Bull', { err: error });
      } finally {
        this.watching = undefined;
      }
    };
    this.watching = look();
  }

  /** Gives Bull the jobs that are accepted and not finished, and that it does not know. */
  private async reconcile(): Promise<void> {
    const ids = await this.records.open();
    if (ids.length === 0) return;
    const pipeline = this.client.pipeline();
    for (const id of ids) pipeline.exists(`${PREFIX}:${QUEUE_NAME}:${id}`);
    const known = await this.redis.run(async () => await pipeline.exec());
    for (const [index, id] of ids.entries()) {
      if (known?.[index]?.[1] !== 0) continue;
      // Bull forgets a job after its record is finished, so this one may have been finished in between.
      const job = await this.records.get(id);
      if (!job || isFinished(job)) continue;
      await this.add(id);
      this.log('warn', 'an accepted job that Bull did not know was queued again', { jobId: id });
    }
  }

  /**
   * Bull tries a job again at a time of day, which is hours away when the clock is set back: what waits for longer than any
   * job should is tried now.
   */
  private async promoteOverdue(): Promise<void> {
    // Of a score, the upper bits are the time.
    const latest = (Date.now() + LONGEST_DELAY + DELAY_MARGIN_MS) * 0x1000;
    const ids = await this.redis.run(() =>
      this.client.zrangebyscore(`${PREFIX}:${QUEUE_NAME}:delayed`, latest, '+inf'),
    );
    for (const id of ids) {
      const job = await this.redis.run(() => this.producer.getJob(id));
      // Another process may have been quicker.
      await job?.promote().catch(() => {});
    }
  }

  /** Bull's connections have been seen to deliver nothing after an outage, though they seem sound. */
  private async restartIfStuck(): Promise<void> {
    if (!this.consume || this.delivering >= this.consume.concurrency) return;
    const waiting = await this.redis.run(() => this.client.llen(`${PREFIX}:${QUEUE_NAME}:wait`));
    if (waiting === 0) {
      this.lastDelivery = performance.now();
      return;
    }
    if (performance.now() - this.lastDelivery < STUCK_MS) return;
    this.log('warn', 'jobs wait and none is delivered: Bull is started again', { waiting });
    const stuck = this.consumer;
    this.startConsumer();
    await stuck?.close(CLOSE_MS);
  }
}
