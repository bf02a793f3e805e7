import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type Change, idAt, isFinished, type Job, parseJob, positionOf } from './job.js';
import type { Claim, JobCounts, JobPage, PageRange } from './queue.js';
import type { Reach } from './reach.js';

/** Hash: id to record. */
const JOBS = 'ardm:jobs';
/** Sorted set of all ids, by QUEUED, ACTIVE, or the time at which retention acts on a finished job. */
const INDEX = 'ardm:jobs:index';
const QUEUED = 0;
const ACTIVE = 1;
/** Ids of jobs that were changed are published here. */
export const CHANGES = 'ardm:jobs:changes';

/**
 * Sorted set of the positions of an owner's jobs that have not expired; all scores are 0, so that their order is that of texts. Every change
 * adds its job, too: it may have been accepted by a replica of a version that kept no such sets.
 */
function ownerKey(owner: string): string {
  return `ardm:jobs:of:${owner}`;
}

/** String: `held:` and a token while a request is being received, `job:` and an id afterwards. */
function idempotencyKey(key: string): string {
  return `ardm:idempotency:${key}`;
}

/** Each of these is carried out whole or not at all, also when Redis is killed. */
const ACCEPT = `
if ARGV[3] ~= '' and redis.call('GET', KEYS[3]) ~= 'held:' .. ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], ${QUEUED}, ARGV[1])
redis.call('ZADD', KEYS[4], 0, ARGV[4])
if ARGV[3] ~= '' then redis.call('SET', KEYS[3], 'job:' .. ARGV[1]) end
return 1`;
const REPLACE = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
if ARGV[6] ~= '' then redis.call('ZREM', KEYS[3], ARGV[5]) else redis.call('ZADD', KEYS[3], 0, ARGV[5]) end
redis.call('PUBLISH', '${CHANGES}', ARGV[1])
return 1`;
const REMOVE = `
if redis.call('GET', KEYS[3]) == 'job:' .. ARGV[1] then redis.call('DEL', KEYS[3]) end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[2])
redis.call('PUBLISH', '${CHANGES}', ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])`;
const RENEW = `
if redis.call('GET', KEYS[1]) == 'held:' .. ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`;
const RELEASE = `
if redis.call('GET', KEYS[1]) == 'held:' .. ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/** The records of all jobs in Redis: what was accepted, whatever Bull's own lists have of it. Fails as JobQueue does. */
export class RedisRecords {
  constructor(
    private readonly client: Redis,
    private readonly redis: Reach,
  ) {}

  accept(job: Job, token: string | undefined): Promise<boolean> {
    const key = job.idempotency && token !== undefined ? idempotencyKey(job.idempotency.key) : '';
    const keys = [JOBS, INDEX, key, ownerKey(job.owner)];
    const values = [job.id, JSON.stringify(job), token ?? '', positionOf(job)];
    return this.redis.run(async () => (await this.client.eval(ACCEPT, keys.length, ...keys, ...values)) === 1);
  }

  async get(id: string): Promise<Job | undefined> {
    const text = await this.text(id);
    return text === null ? undefined : parseJob(text);
  }

  /** Again and again, until nobody else has changed it in between. */
  async update(id: string, change: Change): Promise<Job | undefined> {
    for (;;) {
      const text = await this.text(id);
      if (text === null) return undefined;
      const job = parseJob(text);
      const changed = change(job);
      if (!changed) return job;
      const next = { ...changed, version: job.version + 1 };
      const keys = [JOBS, INDEX, ownerKey(next.owner)];
      const expired = next.expired ? 'expired' : '';
      const values = [id, text, JSON.stringify(next), scoreOf(next), positionOf(next), expired];
      const replaced = await this.redis.run(() => this.client.eval(REPLACE, keys.length, ...keys, ...values));
      if (replaced === 1) return next;
    }
  }

  async remove(id: string): Promise<void> {
    const job = await this.get(id);
    const idempotency = job?.idempotency ? idempotencyKey(job.idempotency.key) : '';
    const keys = [JOBS, INDEX, idempotency, job ? ownerKey(job.owner) : ''];
    const position = job ? positionOf(job) : '';
    await this.redis.run(() => this.client.eval(REMOVE, keys.length, ...keys, id, position));
  }

  async list(owner: string, { limit, after }: PageRange): Promise<JobPage> {
    const from = after === undefined ? '+' : `(${after}`;
    return await this.redis.run(async () => {
      // One more, to know whether there is one.
      const found = await this.client.zrevrangebylex(ownerKey(owner), from, '-', 'LIMIT', 0, limit + 1);
      const positions = found.slice(0, limit);
      // HMGET of nothing is an error.
      const texts = positions.length > 0 ? await this.client.hmget(JOBS, ...positions.map(idAt)) : [];
      // Some may have been removed or have expired since.
      const jobs = texts.flatMap((text) => (text === null ? [] : parseJob(text))).filter(({ expired }) => !expired);
      return { jobs, next: found.length > limit ? positions.at(-1) : undefined };
    });
  }

  due(now: number): Promise<string[]> {
    return this.redis.run(() => this.client.zrangebyscore(INDEX, `(${ACTIVE}`, now));
  }

  /** Ids of jobs that are not finished. */
  open(): Promise<string[]> {
    return this.redis.run(() => this.client.zrangebyscore(INDEX, QUEUED, ACTIVE));
  }

  counts(): Promise<JobCounts> {
    return this.redis.run(async () => {
      const [waiting, active] = await Promise.all([
        this.client.zcount(INDEX, QUEUED, QUEUED),
        this.client.zcount(INDEX, ACTIVE, ACTIVE),
      ]);
      return { waiting, active };
    });
  }

  async claim(key: string, lease: number): Promise<Claim> {
    const token = randomUUID();
    const name = idempotencyKey(key);
    return await this.redis.run(async () => {
      if ((await this.client.set(name, `held:${token}`, 'PX', lease, 'NX')) === 'OK') return { kind: 'held', token };
      const id = /^job:(.*)$/.exec((await this.client.get(name)) ?? '')?.[1];
      return id === undefined ? { kind: 'busy' } : { kind: 'taken', id };
    });
  }

  async renew(key: string, token: string, lease: number): Promise<void> {
    await this.redis.run(() => this.client.eval(RENEW, 1, idempotencyKey(key), token, lease));
  }

  async release(key: string, token: string): Promise<void> {
    await this.redis.run(() => this.client.eval(RELEASE, 1, idempotencyKey(key), token));
  }

  private text(id: string): Promise<string | null> {
    return this.redis.run(() => this.client.hget(JOBS, id));
  }
}

function scoreOf(job: Job): number {
  if (isFinished(job)) return job.expiresAt ?? ACTIVE + 1;
  return job.state === 'active' ? ACTIVE : QUEUED;
}
