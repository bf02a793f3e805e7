import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { missingRedis, RedisServer } from '../jobs/redis-server.js';
import { until } from '../until.js';
import { ServiceProcess } from './process.js';

const missing = missingRedis();
if (missing) console.error(`SKIPPED: the failover of Redis, because ${missing}`);

/** One address for whichever Redis is the primary: a new connection goes there, those that stand are kept where they are. */
class Address {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => {
    const onward = connect(this.port, '127.0.0.1');
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => {}).on('close', () => to.destroy());
      from.pipe(to);
    }
  });

  constructor(public port: number) {}

  async open(): Promise<string> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

describe('a failover of Redis that keeps its connections', { skip: missing }, () => {
  after(() => ServiceProcess.killAll());

  it('is noticed by replicas and workers, which go on with the new primary, and say why they stopped', async () => {
    const [first, second] = [await RedisServer.start(), await RedisServer.start()];
    const [primary, replica] = [new Redis(first.url), new Redis(second.url)];
    const folder = await mkdtemp(join(tmpdir(), 'ardm-failover-'));
    const address = new Address(first.port);
    try {
      await replica.replicaof('127.0.0.1', first.port);
      await until(async () => /master_link_status:up/.test(await replica.info('replication')), 'no replica', 20_000);
      const env = { REDIS_URL: await address.open(), JOBS_FOLDER: folder, RATE_LIMIT_REQUESTS: '1000000' };
      const api = await ServiceProcess.start({ ...env, ARDM_ROLE: 'api' });
      const worker = await ServiceProcess.start({ ...env, ARDM_ROLE: 'worker' });
      const done = async (): Promise<void> => {
        let path: string | undefined;
        const accepted = async (): Promise<boolean> => {
          const answer = await api.post('/v1/jobs?operation=compress&model=tiny-a', Buffer.from('a file'));
          assert.ok(answer.status === 202 || answer.status === 503, String(answer.status));
          path = answer.headers.get('location') ?? undefined;
          return answer.status === 202;
        };
        await until(accepted, 'no job is accepted', 20_000);
        const isDone = async (): Promise<boolean> =>
          /"state":"done"/.test((await api.send(path ?? '')).body.toString());
        await until(isDone, 'no job is done', 30_000);
      };
      await done();
      // Both may be written to for a moment, as in a failover by hand; nothing is being written now.
      address.port = second.port;
      await replica.replicaof('NO', 'ONE');
      await primary.replicaof('127.0.0.1', second.port);
      await done();
      const metrics = (await api.send('/metrics')).body.toString();
      assert.match(metrics, /^ardm_store_failures_total\{store="redis",reason="READONLY"\} \d+$/m);
      assert.ok(api.log.some(({ msg, reason }) => msg === 'jobs are not available' && reason === 'READONLY'));
      const limits = (): string[] => api.log.map(({ msg }) => msg).filter((msg) => msg.startsWith('rate limits'));
      await until(() => limits().at(-1) === 'rate limits are shared', 'rate limits are not shared again');
      assert.ok(limits().includes('rate limits are counted here: no Redis'));
      assert.equal(await api.stop(), 0);
      assert.equal(await worker.stop(), 0);
    } finally {
      await ServiceProcess.killAll();
      address.close();
      primary.disconnect();
      replica.disconnect();
      await first.stop();
      await second.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
