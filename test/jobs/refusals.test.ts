import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { BullQueue } from '../../src/jobs/bull-queue.js';
import { JobsUnavailableError } from '../../src/jobs/errors.js';
import { FolderStore } from '../../src/jobs/folder-store.js';
import { InProcessQueue } from '../../src/jobs/in-process-queue.js';
import { reportFailures } from '../../src/jobs/reach.js';
import { S3Store } from '../../src/jobs/s3-store.js';
import { freePort } from '../free-port.js';
import { randomBytes } from '../http/harness.js';
import { until } from '../until.js';
import { missingRedis, RedisServer } from './redis-server.js';
import { aJob, bytesOf, source } from './samples.js';

/** What is told to an operator: reasons in the log, and the number of failures in the metric. */
class Told {
  readonly logged: string[] = [];
  readonly counted = new Map<string, number>();
  readonly report = reportFailures(
    (_level, message, { store, reason }) => this.logged.push(`${message}: ${store} ${reason}`),
    (store, reason) => {
      const key = `${store} ${reason}`;
      this.counted.set(key, (this.counted.get(key) ?? 0) + 1);
    },
  );

  /** Of each reason one line, however often it comes up. */
  check(key: string): void {
    assert.equal(this.logged.filter((line) => line === `jobs are not available: ${key}`).length, 1, this.logged.join());
    assert.ok((this.counted.get(key) ?? 0) >= 1);
  }
}

const missing = missingRedis();
if (missing) console.error(`SKIPPED: what is told of a Redis that refuses, because ${missing}`);

describe('a Redis that refuses is told of by its reason', { skip: missing }, () => {
  let redis: RedisServer;
  let admin: Redis;
  let queue: BullQueue;
  let told: Told;

  const start = async (): Promise<void> => {
    redis = await RedisServer.start();
    admin = new Redis(redis.url, { maxRetriesPerRequest: null });
    admin.on('error', () => {});
    told = new Told();
    queue = new BullQueue(redis.url, () => {}, undefined, told.report);
    await until(accepted, 'no job is accepted');
  };
  afterEach(async () => {
    await queue.close();
    admin.disconnect();
    await redis.stop();
  });

  const accepted = (): Promise<boolean> =>
    queue.accept(aJob()).catch((error: unknown) => {
      assert.ok(error instanceof JobsUnavailableError);
      return false;
    });

  const cases: Record<string, { refuse: () => Promise<unknown>; relent?: () => Promise<unknown> }> = {
    READONLY: {
      refuse: async () => admin.replicaof('127.0.0.1', await freePort()),
      relent: () => admin.replicaof('NO', 'ONE'),
    },
    OOM: {
      refuse: () => admin.config('SET', 'maxmemory', '1'),
      relent: () => admin.config('SET', 'maxmemory', '0'),
    },
    MISCONF: {
      refuse: async () => {
        await admin.config('SET', 'save', '3600 1');
        await rm(redis.folder, { recursive: true });
        await admin.bgsave();
        await until(async () => /last_bgsave_status:err/.test(await admin.info('persistence')), 'it can be saved');
      },
      relent: () => admin.config('SET', 'stop-writes-on-bgsave-error', 'no'),
    },
    NOPERM: {
      refuse: () => admin.acl('SETUSER', 'default', '-eval'),
      relent: () => admin.acl('SETUSER', 'default', '+eval'),
    },
    NOAUTH: {
      refuse: async () => {
        await admin.config('SET', 'requirepass', 'secret');
        await admin.client('KILL', 'TYPE', 'normal');
      },
      relent: () => admin.config('SET', 'requirepass', ''),
    },
    timeout: { refuse: async () => redis.freeze(), relent: async () => redis.thaw() },
    ECONNREFUSED: { refuse: () => redis.kill(), relent: () => redis.restart() },
    LOADING: {
      refuse: async () => {
        for (let i = 0; i < 40; i++) await admin.set(`key${i}`, randomBytes(2_000, i));
        await admin.config('SET', 'appendonly', 'no');
        await admin.save();
        await redis.kill();
        // It waits as long, in microseconds, for each key.
        await redis.restart([
          '--appendonly',
          'no',
          '--key-load-delay',
          '100000',
          '--loading-process-events-interval-bytes',
          '1024',
        ]);
      },
    },
  };
  for (const [reason, { refuse, relent }] of Object.entries(cases)) {
    it(reason, async () => {
      await start();
      await refuse();
      await until(
        async () => !(await accepted()) && told.counted.has(`redis ${reason}`),
        `${[...told.counted.keys()]}`,
        20_000,
      );
      for (let i = 0; i < 3; i++) await accepted();
      told.check(`redis ${reason}`);
      await relent?.();
      await until(accepted, 'jobs are not accepted again', 20_000);
    });
  }

  it('WRONGPASS', async () => {
    await start();
    await queue.close();
    await admin.config('SET', 'requirepass', 'another');
    queue = new BullQueue(redis.url.replace('//', '//:secret@'), () => {}, undefined, told.report);
    await until(async () => !(await accepted()) && told.counted.has('redis WRONGPASS'), `${[...told.counted.keys()]}`);
    told.check('redis WRONGPASS');
    assert.doesNotMatch(told.logged.join(), /secret/);
  });
});

describe('an S3 that refuses is told of by its reason, within a time', () => {
  let server: Server;
  let endpoint: string;
  let answer: (url: string) => { status: number; body: string; length?: number } | undefined;
  const hung = createTcpServer();
  before(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' });
    server = createServer((req, res) => {
      req.resume();
      const given = answer(req.url ?? '');
      if (!given) return;
      res.writeHead(given.status, { 'Content-Length': given.length ?? given.body.length });
      res.write(given.body);
      if (given.length === undefined) res.end();
    }).listen(0, '127.0.0.1');
    hung.listen(0, '127.0.0.1');
    await Promise.all([once(server, 'listening'), once(hung, 'listening')]);
    endpoint = urlOf(server);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    hung.close();
  });

  const urlOf = (of: Pick<Server, 'address'>): string => {
    const address = of.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  };
  const open = (told: Told, at = endpoint): S3Store =>
    new S3Store({ bucket: 'jobs', endpoint: at, region: 'us-east-1', limit: 500 }, told.report);
  const refused = async (store: S3Store): Promise<void> => {
    const large = async function* (): AsyncIterable<Uint8Array> {
      for (let i = 0; i < 12; i++) yield new Uint8Array(2 ** 20);
    };
    for (const call of [
      () => store.write('a.upload', source(['x'])),
      () => store.write('a.upload', large()),
      () => store.read('a.upload'),
      () => store.remove('a.upload'),
      () => store.list()[Symbol.asyncIterator]().next(),
    ]) {
      const start = performance.now();
      await assert.rejects(call(), JobsUnavailableError);
      assert.ok(performance.now() - start < 5_000, 'it takes too long');
    }
  };

  for (const [code, status] of [
    ['AccessDenied', 403],
    ['NoSuchBucket', 404],
    ['InvalidAccessKeyId', 403],
    ['SignatureDoesNotMatch', 403],
  ] as const) {
    it(code, async () => {
      const told = new Told();
      answer = () => ({
        status,
        body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No</Message></Error>`,
      });
      await refused(open(told));
      told.check(`s3 ${code}`);
    });
  }

  it('timeout, where it takes connections and says nothing', async () => {
    const told = new Told();
    await refused(open(told, urlOf(hung)));
    told.check('s3 timeout');
  });

  it('timeout, where it stops in the middle of an answer, but not because its reader does', async () => {
    const told = new Told();
    answer = () => ({ status: 200, body: 'half', length: 8 });
    await assert.rejects(bytesOf(await open(told).read('a.upload')), JobsUnavailableError);
    told.check('s3 timeout');
    answer = () => ({ status: 200, body: 'x'.repeat(2_000_000) });
    const slow = await open(told).read('a.upload');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal((await bytesOf(slow)).length, 2_000_000);
  });
});

describe('a folder that refuses is told of by its reason', () => {
  it('and what the client does is not', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'ardm-refusals-'));
    const told = new Told();
    const blobs = await FolderStore.open(join(parent, 'blobs'), told.report);
    const queue = await InProcessQueue.open(join(parent, 'records'), told.report);
    const broken = async function* (): AsyncIterable<Uint8Array> {
      yield new Uint8Array(1);
      throw new RangeError('the client left');
    };
    await assert.rejects(blobs.write('a.upload', broken()), RangeError);
    assert.deepEqual(told.logged, []);
    for (const name of ['blobs', 'records']) {
      await rm(join(parent, name), { recursive: true });
      await writeFile(join(parent, name), 'not a folder any more');
    }
    await assert.rejects(blobs.write('a.upload', source(['x'])), JobsUnavailableError);
    await assert.rejects(blobs.read('a.upload'), JobsUnavailableError);
    await assert.rejects(blobs.list()[Symbol.asyncIterator]().next(), JobsUnavailableError);
    await assert.rejects(queue.accept(aJob()), JobsUnavailableError);
    told.check('folder ENOTDIR');
    await queue.close();
    await rm(parent, { recursive: true });
  });
});
