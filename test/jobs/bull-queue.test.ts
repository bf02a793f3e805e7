import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { BullQueue } from '../../src/jobs/bull-queue.js';
import { JobsUnavailableError } from '../../src/jobs/errors.js';
import { begun, cancelled } from '../../src/jobs/job.js';
import { until } from '../until.js';
import { queueConformance } from './queue-conformance.js';
import { missingRedis, RedisServer } from './redis-server.js';
import { aJob } from './samples.js';

const missing = missingRedis();
if (missing) console.error(`SKIPPED: the tests of Bull and Redis, because ${missing}`);

/** Short enough to be waited for. */
const TIMES = { duration: 1_500, renewal: 400, search: 500 };
const TTL = 60_000;

describe('BullQueue', { skip: missing }, () => {
  let redis: RedisServer;
  let admin: Redis;
  const log: string[] = [];
  const queues: BullQueue[] = [];
  before(async () => {
    redis = await RedisServer.start();
    admin = new Redis(redis.url, { maxRetriesPerRequest: null });
    admin.on('error', () => {});
  });
  after(async () => {
    admin.disconnect();
    await redis.stop();
  });
  afterEach(async () => {
    for (const queue of queues.splice(0)) await queue.close();
    await admin.flushall();
    log.length = 0;
  });

  const openQueue = async (): Promise<BullQueue> => {
    const queue = new BullQueue(redis.url, (_level, message) => log.push(message), TIMES);
    queues.push(queue);
    await until(() => reachable(queue), 'Redis cannot be reached');
    return queue;
  };

  queueConformance(async () => ({ queue: await openQueue(), another: openQueue, close: async () => {} }));

  it('fails at once while Redis is down, and is there again by itself', async () => {
    const queue = await openQueue();
    const got: string[] = [];
    queue.process(1, async (id) => {
      await queue.update(id, cancelled(Date.now(), TTL));
      // Not before: Redis is killed as soon as it is seen.
      got.push(id);
      return 'settled';
    });
    const before = aJob();
    await queue.accept(before);
    await until(() => got.length === 1, 'not delivered');
    await redis.kill();
    await sleep(3_000);
    const start = Date.now();
    for (const call of [
      () => queue.accept(aJob()),
      () => queue.get(before.id),
      () => queue.update(before.id, begun(1, 1, TTL)),
      () => queue.claim('key', TTL),
      () => queue.counts(),
      () => queue.due(1),
    ]) {
      await assert.rejects(call(), JobsUnavailableError);
    }
    assert.ok(Date.now() - start < 2_000, 'it took long to fail');
    await redis.restart();
    const back = Date.now();
    await until(() => reachable(queue), 'not reachable again', 10_000);
    assert.equal((await queue.get(before.id))?.state, 'cancelled');
    const after = aJob();
    await queue.accept(after);
    await until(() => got.includes(after.id), 'the worker does not work again', 10_000);
    assert.ok(Date.now() - back < 10_000);
    assert.deepEqual(
      log.filter((line) => line.startsWith('Redis can')),
      ['Redis cannot be reached: jobs are not available until it can', 'Redis can be reached again'],
    );
  });

  it('fails soon when Redis is there and does not answer', async () => {
    const queue = await openQueue();
    redis.freeze();
    try {
      const start = Date.now();
      await assert.rejects(queue.counts(), JobsUnavailableError);
      assert.ok(Date.now() - start < 5_000);
    } finally {
      redis.thaw();
    }
    await until(() => reachable(queue), 'not reachable again', 10_000);
  });

  it('delivers again soon, though the clock is set back in between', async (context) => {
    const queue = await openQueue();
    const got: string[] = [];
    queue.process(1, async (id) => {
      got.push(id);
      if (got.length === 1) return 'again';
      await queue.update(id, cancelled(Date.now(), TTL));
      return 'settled';
    });
    context.mock.timers.enable({ apis: ['Date'], now: Date.now() + 7_200_000 });
    await queue.accept(aJob());
    await until(() => got.length === 1, 'not delivered');
    await until(async () => (await admin.zcard('ardm:bull:jobs:delayed')) === 1, 'it does not wait');
    context.mock.timers.reset();
    const start = performance.now();
    while (got.length < 2) {
      assert.ok(performance.now() - start < 20_000, 'not delivered again');
      await sleep(50);
    }
  });

  it('starts without Redis, and works when there is one', async () => {
    await redis.kill();
    const queue = new BullQueue(redis.url, () => {}, TIMES);
    queues.push(queue);
    const got: string[] = [];
    queue.process(1, async (id) => {
      got.push(id);
      await queue.update(id, cancelled(Date.now(), TTL));
      return 'settled';
    });
    await assert.rejects(queue.accept(aJob()), JobsUnavailableError);
    await sleep(500);
    await redis.restart();
    await until(() => reachable(queue), 'not reachable', 10_000);
    const job = aJob();
    await queue.accept(job);
    await until(() => got.includes(job.id), 'not delivered', 10_000);
  });

  it('delivers a job again whose worker let its lock end', async () => {
    const job = aJob();
    const dead = await openQueue();
    let began = false;
    dead.process(1, async () => {
      began = true;
      await new Promise(() => {});
      return 'settled';
    });
    await dead.accept(job);
    await until(() => began, 'not delivered');
    // As if it were killed: its connections end, and nothing is settled.
    await dead.close();
    queues.splice(queues.indexOf(dead), 1);
    const queue = await openQueue();
    const got: string[] = [];
    queue.process(1, async (id) => {
      got.push(id);
      await queue.update(id, cancelled(Date.now(), TTL));
      return 'settled';
    });
    await until(() => got.length > 0, 'not delivered again', 10_000);
    assert.deepEqual(got, [job.id]);
  });

  it('queues an accepted job again that Bull does not know', async () => {
    const queue = await openQueue();
    const [lost, kept] = [aJob(), aJob()];
    await queue.accept(lost);
    await queue.accept(kept);
    // As if the process had been killed between the record and Bull, or Bull had dropped it.
    await admin.del(`ardm:bull:jobs:${lost.id}`);
    await admin.lrem('ardm:bull:jobs:wait', 0, lost.id);
    const got: string[] = [];
    queue.process(1, async (id) => {
      got.push(id);
      await queue.update(id, cancelled(Date.now(), TTL));
      return 'settled';
    });
    await until(() => got.length === 2, 'the lost job was not delivered', 10_000);
    assert.deepEqual(got.sort(), [lost.id, kept.id].sort());
    await until(
      async () => !(await admin.keys('*')).some((key) => /^ardm:bull:jobs:[0-9a-f]{32}/.test(key)),
      'Bull keeps settled jobs',
    );
  });

  it('keeps nothing of a removed job', async () => {
    const queue = await openQueue();
    const claim = await queue.claim('key', TTL);
    const job = aJob({ idempotency: { key: 'key', fingerprint: 'f' } });
    await queue.accept(job, claim.kind === 'held' ? claim.token : '');
    queue.process(1, async (id) => {
      await queue.update(id, cancelled(Date.now(), TTL));
      return 'settled';
    });
    await until(async () => (await queue.get(job.id))?.state === 'cancelled', 'not delivered');
    await queue.remove(job.id);
    await until(
      async () => (await admin.keys('*')).every((key) => /^ardm:bull:jobs:(id|stalled-check|stalled)$/.test(key)),
      `left: ${await admin.keys('*')}`,
    );
  });

  it('refuses a record that is not one', async () => {
    const queue = await openQueue();
    const job = aJob();
    await admin.hset('ardm:jobs', job.id, JSON.stringify({ ...job, state: 'lost' }));
    await assert.rejects(queue.get(job.id), { name: 'ZodError' });
  });

  it('warns of a Redis that drops or forgets', async () => {
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      await openQueue();
      await until(() => log.some((line) => line.includes('noeviction')), 'no warning');
    } finally {
      await admin.config('SET', 'maxmemory-policy', 'noeviction');
    }
  });
});

function reachable(queue: BullQueue): Promise<boolean> {
  return queue.counts().then(
    () => true,
    () => false,
  );
}
