import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { BullQueue } from '../../../src/jobs/bull-queue.js';
import { FolderStore } from '../../../src/jobs/folder-store.js';
import { missingRedis, RedisServer } from '../../jobs/redis-server.js';
import { until } from '../../until.js';
import { fakeArchive } from '../fake-codec.js';
import { failure, TestServer } from '../harness.js';
import { parseEvents } from '../sse.js';

const missing = missingRedis();
if (missing) console.error(`SKIPPED: the tests of jobs that servers share, because ${missing}`);

const FILE = 'It is a truth universally acknowledged. '.repeat(20);
const PATH = '/v1/jobs?operation=compress';

/** A server that only takes jobs, and one that only works on them: everything crosses Redis. */
describe('jobs of several servers', { skip: missing }, () => {
  let redis: RedisServer;
  let folder: string;
  let api: TestServer;
  let other: TestServer;
  let worker: TestServer;
  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ardm-shared-'));
    [api, other, worker] = await Promise.all([start(0), start(0), start(2)]);
  });
  afterEach(async () => {
    for (const server of [api, other, worker]) await server.stop();
    await rm(folder, { recursive: true, force: true });
    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
  });

  const start = async (concurrency: number): Promise<TestServer> => {
    const times = { duration: 1_500, renewal: 400, search: 500 };
    const queue = new BullQueue(redis.url, () => {}, times);
    const blobs = await FolderStore.open(folder);
    const server = await TestServer.start({ jobs: { queue, blobs, concurrency, maxAttempts: 5 } });
    await until(
      () =>
        queue.counts().then(
          () => true,
          () => false,
        ),
      'Redis cannot be reached',
    );
    return server;
  };
  const submit = async (server: TestServer, headers: Record<string, string> = {}, body = FILE): Promise<string> => {
    const answer = await server.post(PATH, body, headers);
    assert.equal(answer.status, 202, answer.body.toString());
    return answer.headers.get('location') ?? '';
  };
  const stateOf = async (path: string): Promise<string> =>
    (JSON.parse((await other.send(path)).body.toString()) as { state: string }).state;
  const done = (path: string, limit = 10_000): Promise<void> =>
    until(async () => (await stateOf(path)) === 'done', 'not done', limit);

  it('are taken, run, reported and served by any', async () => {
    const path = await submit(api);
    const { events } = parseEvents((await other.send(`${path}/events`)).body.toString());
    assert.equal(events.at(-1)?.data.state, 'done');
    assert.deepEqual((await other.send(`${path}/result`)).body, fakeArchive(Buffer.from(FILE)));
    assert.equal(worker.codec.asked.length, 1);
    assert.equal(api.codec.asked.length, 0);
    const listed = JSON.parse((await other.send('/v1/jobs')).body.toString()) as {
      jobs: { links: { self: string } }[];
    };
    assert.deepEqual(
      listed.jobs.map(({ links }) => links.self),
      [path],
    );
    assert.equal((await api.send(path, { method: 'DELETE' })).status, 204);
    assert.deepEqual(failure(await other.send(path)), [404, 'job-not-found']);
  });

  it('are one job for one Idempotency-Key, wherever it is sent', async () => {
    const headers = { 'idempotency-key': 'k' };
    const path = await submit(api, headers);
    assert.equal(await submit(other, headers), path);
    assert.deepEqual(failure(await other.post(PATH, 'other', headers)), [422, 'idempotency-key-reuse']);
    await done(path);
    assert.equal(worker.codec.asked.length, 1);
  });

  it('are one job for one Idempotency-Key that is sent to several at the same moment', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => (i % 2 ? api : other).post(PATH, FILE, { 'idempotency-key': 'race' })),
    );
    const locations = answers.filter(({ status }) => status === 202).map(({ headers }) => headers.get('location'));
    assert.equal(new Set(locations).size, 1);
    for (const answer of answers.filter(({ status }) => status !== 202)) {
      assert.deepEqual(failure(answer), [409, 'idempotency-key-in-use']);
    }
    await done(locations[0] ?? '');
    assert.equal(worker.codec.asked.length, 1);
  });

  it('are cancelled where they run', async () => {
    const release = worker.codec.hold();
    const path = await submit(api);
    await until(async () => (await stateOf(path)) === 'active', 'not begun');
    assert.equal((await other.send(path, { method: 'DELETE' })).status, 200);
    await until(() => worker.codec.stopped.length === 1, 'the work goes on');
    release();
    assert.equal(await stateOf(path), 'cancelled');
  });

  it('are answered with 503 while Redis is down, when nothing else is affected, and go on by themselves', async () => {
    const release = worker.codec.hold();
    const running = await submit(api);
    await until(async () => (await stateOf(running)) === 'active', 'not begun');
    await redis.kill();
    await sleep(500);
    for (const answer of [
      await api.post(PATH, FILE),
      await api.post(PATH, FILE, { 'idempotency-key': 'k' }),
      await other.send(running),
      await other.send(`${running}/events`),
      await other.send(`${running}/result`),
      await other.send(running, { method: 'DELETE' }),
      await other.send('/v1/jobs'),
    ]) {
      assert.deepEqual(failure(answer), [503, 'jobs-unavailable']);
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
    }
    assert.equal((await api.post('/v1/compress', FILE)).status, 200);
    // The job ends while its end cannot be told; and longer than its lock lasts.
    release();
    await sleep(2_500);
    await redis.restart();
    const back = Date.now();
    await until(async () => (await api.post(PATH, FILE)).status === 202, 'no jobs are taken', 10_000);
    await until(async () => (await other.send(running)).status === 200, 'no jobs are shown', 10_000);
    await done(running);
    assert.ok(Date.now() - back < 10_000);
    await done(await submit(other));
  });

  it('have one result though two have worked on them', async () => {
    const slow = worker.codec.hold();
    const path = await submit(api);
    await until(async () => (await stateOf(path)) === 'active', 'not begun');
    // As if the lock had been lost: Bull gives the job to another, while the first still works.
    const admin = new Redis(redis.url);
    const second = await start(1);
    try {
      const id = path.split('/').at(-1) ?? '';
      await until(
        async () => {
          await admin.del(`ardm:bull:jobs:${id}:lock`);
          return second.codec.asked.length > 0;
        },
        'not delivered again',
        15_000,
      );
      await done(path);
      slow();
      await until(() => worker.codec.working === 0, 'the first still works');
      await sleep(300);
      const result = JSON.parse((await other.send(path)).body.toString()) as { attempts: number };
      assert.ok(result.attempts >= 2);
      const keys: string[] = [];
      for await (const { key } of worker.jobs.blobs.list()) keys.push(key);
      assert.deepEqual(keys, [`${id}.result-${result.attempts}`]);
      assert.deepEqual((await other.send(`${path}/result`)).body, fakeArchive(Buffer.from(FILE)));
    } finally {
      admin.disconnect();
      await second.stop();
    }
  });
});
