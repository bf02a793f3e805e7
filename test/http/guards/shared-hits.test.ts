import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { SharedHits } from '../../../src/http/guards/shared-hits.js';
import { missingRedis, RedisServer } from '../../jobs/redis-server.js';
import { until } from '../../until.js';
import { TestServer } from '../harness.js';

interface Replica {
  readonly server: TestServer;
  readonly hits: SharedHits;
  readonly log: { msg: string; reason?: string }[];
}

describe('hits shared through Redis', { skip: missingRedis() ?? false }, () => {
  let redis: RedisServer;
  const replicas: Replica[] = [];

  async function replica(requests: number, url = redis.url): Promise<Replica> {
    const log: Replica['log'] = [];
    const write = (line: string): void => void log.push(JSON.parse(line) as Replica['log'][number]);
    const hits = new SharedHits(url, pino({}, { write }));
    const server = await TestServer.start({ rateLimit: { requests, windowSeconds: 600, store: hits } });
    const made = { server, hits, log };
    replicas.push(made);
    return made;
  }

  async function left({ server }: Replica): Promise<number> {
    const started = performance.now();
    const answer = await server.send('/v1/models');
    // Nobody waits for Redis, whatever happens to it: a loose bound for a slow machine.
    assert.ok(performance.now() - started < 2_000, `${performance.now() - started} ms`);
    assert.ok(answer.status === 200 || answer.status === 429, String(answer.status));
    return answer.status === 429 ? -1 : Number(/r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1]);
  }

  const says = ({ log }: Replica, text: string, times: number): boolean =>
    log.filter(({ msg }) => msg.includes(text)).length === times;

  before(async () => {
    redis = await RedisServer.start('always', 'a-secret');
  });
  after(async () => {
    for (const { server, hits } of replicas) {
      hits.close();
      await server.stop();
    }
    await redis.stop();
  });

  it('are counted together by all replicas, survive Redis, and nobody is refused for it', async () => {
    const [a, b] = [await replica(1_000), await replica(1_000)];
    // Those before the connection stands are counted in each.
    const start = 1_000;
    await until(async () => (await left(a)) < start && says(a, 'no Redis', 0), 'not connected');
    await until(async () => (await left(a)) - (await left(b)) === 1, 'they are not counted together');
    const before = await left(a);

    await redis.kill();
    await until(() => says(a, 'no Redis', 1) && says(b, 'no Redis', 1), 'no line in the log');
    // Each for itself: what the other is asked for does not show.
    const alone = await left(a);
    for (let i = 0; i < 20; i++) await left(b);
    assert.equal(await left(a), alone - 1);
    assert.ok(says(a, 'no Redis', 1), 'more than one line');

    await redis.restart();
    await until(() => says(a, 'are shared', 2) && says(b, 'are shared', 2), 'not found again', 20_000);
    await until(async () => (await left(a)) - (await left(b)) === 1, 'not counted together again', 20_000);
    // The append-only file kept all but the last second.
    assert.ok((await left(a)) <= before);
  });

  it('do not wait for a Redis that hangs, and find it again', async () => {
    const one = await replica(100_000);
    const other = await replica(100_000);
    const together = async (): Promise<boolean> => (await left(one)) - (await left(other)) === 1;
    await until(together, 'not counted together');
    redis.signal('SIGSTOP');
    try {
      const started = performance.now();
      for (let i = 0; i < 50; i++) await left(one);
      assert.ok(performance.now() - started < 5_000, 'they waited for Redis');
      await until(() => says(one, 'no Redis', 1), 'no line in the log');
    } finally {
      redis.signal('SIGCONT');
    }
    await until(together, 'not counted together again', 20_000);
    assert.ok(says(one, 'are shared', 2));
  });

  it('begin when Redis comes after the server', async () => {
    await redis.kill();
    const [a, b] = [await replica(10_000), await replica(10_000)];
    assert.equal(await left(a), 9_999);
    await until(() => says(a, 'no Redis', 1), 'no line in the log');
    await redis.restart();
    await until(() => says(a, 'are shared', 1) && says(b, 'are shared', 1), 'not found', 20_000);
    await until(async () => (await left(a)) - (await left(b)) === 1, 'they are not counted together', 20_000);
  });

  it('refuse over all replicas', async () => {
    const [a, b] = [await replica(70_000), await replica(70_000)];
    await until(async () => (await left(a)) - (await left(b)) === 1, 'they are not counted together');
    // The same hits under a lower limit, as if that many requests had come.
    const strict = await replica(3);
    await until(async () => (await left(strict)) === -1, 'it is not refused');
  });

  it('are counted by each server for itself where the password is wrong, and it is not told', async () => {
    const wrong = await replica(500, redis.url.replace('a-secret', 'another-secret'));
    assert.ok((await left(wrong)) >= 498);
    await until(() => says(wrong, 'no Redis', 1), 'no line in the log');
    assert.equal((await left(wrong)) >= 490, true);
    for (const { log } of replicas) assert.doesNotMatch(JSON.stringify(log), /secret/);
  });
});
