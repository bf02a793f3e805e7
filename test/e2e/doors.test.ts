import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { failure, form } from '../http/harness.js';
import { missingRedis, RedisServer } from '../jobs/redis-server.js';
import { until } from '../until.js';
import { ServiceProcess } from './process.js';

const KEY = 'ardm_the-key-of-the-client';
const API_KEYS = `client:${createHash('sha256').update(KEY).digest('hex')}`;

describe('the service behind locked doors', () => {
  after(() => ServiceProcess.killAll());

  it('lets nobody in without a key, and keeps keys, file names, contents and queries out of its log', async () => {
    const service = await ServiceProcess.start({ API_KEYS, LOG_LEVEL: 'trace', MAX_UPLOAD_BYTES: '1000000' });
    const headers = { authorization: `Bearer ${KEY}` };
    const post = (path: string, body: RequestInit['body'], more: Record<string, string> = headers) =>
      service.send(path, { method: 'POST', body: body as NonNullable<RequestInit['body']>, headers: more });
    const named = form(['file', 'private-name.txt', 'private content, and more of it']);

    const archive = await post('/v1/compress?model=tiny-a', named);
    assert.equal(archive.status, 200);
    assert.equal((await post('/v1/decompress', form(['file', 'private-name.ardm', archive.body]))).status, 200);
    assert.equal((await post('/v1/inspect', archive.body, { 'x-api-key': KEY })).status, 200);
    // Every kind of failure that has something to tell.
    for (const [answer, status] of [
      [await post('/v1/compress', named, {}), 401],
      [await post('/v1/compress', named, { authorization: 'Bearer private-guess' }), 401],
      [await post('/v1/compress', named, { 'x-api-key': 'private-guess', cookie: 'private=1' }), 401],
      [await post(`/v1/compress?api_key=${KEY}&private=1`, named), 400],
      [await post('/v1/compress?model=private-model', named), 404],
      [await post(`/private-path/${KEY}`, 'x'), 404],
      [await post('/v1/compress', form(['private-field', 'private-name.txt', 'x'])), 400],
      [await post('/v1/compress', form(['file', 'private-name.txt', new Uint8Array(1_000_001)])), 413],
      [await post('/v1/decompress', form(['file', 'private-name.ardm', 'private content'])), 422],
      [await post('/v1/decompress', archive.body.subarray(0, -1)), 422],
      [await post('/v1/compress', 'private content', { ...headers, 'content-type': 'multipart/private' }), 415],
      [await post('/v1/compress', 'private content', { ...headers, 'content-digest': 'private' }), 400],
      [await post('/v1/compress', 'x', { ...headers, 'x-request-id': 'private id' }), 200],
    ] as const) {
      assert.equal(answer.status, status, answer.body.toString('latin1'));
      // Nor is a key ever sent back.
      assert.ok(!answer.body.toString('latin1').includes(KEY));
    }
    // What Node cannot parse, and a client that leaves in the middle of its file.
    for (const text of [
      `PRIVATE /${KEY} HTTP/1.1\r\nAuthorization: Bearer ${KEY}\r\n\r\n`,
      `POST /v1/compress HTTP/1.1\r\nHost: a\r\nX-API-Key: ${KEY}\r\nContent-Length: 99\r\n\r\nprivate content`,
    ]) {
      const socket = connect(service.port, '127.0.0.1').on('error', () => {});
      socket.write(text, () => setTimeout(() => socket.destroy(), 300));
      await new Promise((resolve) => socket.once('close', resolve));
    }
    await until(() => service.log.some(({ msg }) => msg === 'client left'), 'nobody noticed');
    await service.stop();
    const log = JSON.stringify(service.log) + service.errors;
    assert.ok(service.log.length > 16, log);
    assert.ok(service.log.some(({ owner }) => owner === 'client'));
    for (const secret of [KEY, 'private', API_KEYS.slice(7), '?', 'Bearer', 'api-key'])
      assert.ok(!log.includes(secret), `${secret} is in the log: ${log}`);
  });

  it('does not show a wrong setting that is secret, at its start', async () => {
    const service = await ServiceProcess.spawn({ API_KEYS: `client:${KEY}`, REDIS_URL: `http://:${KEY}@redis` });
    assert.equal(await service.ended(), 1);
    assert.match(service.errors, /API_KEYS: must be/);
    assert.match(service.errors, /REDIS_URL: must be/);
    assert.ok(!service.errors.includes(KEY) && !JSON.stringify(service.log).includes(KEY));
    await service.stop();
  });

  it('keeps the disk from filling, and its number of uploads', async () => {
    const full = await ServiceProcess.start({ MIN_FREE_DISK_BYTES: String(2 ** 40), MAX_UPLOADS: '1' });
    assert.deepEqual(failure(await full.post('/v1/compress', Buffer.alloc(70_000, 'x'))), [507, 'storage-full']);
    assert.equal((await full.send('/health/ready')).status, 200);
    await full.stop();
    const small = await ServiceProcess.start({ MAX_UPLOADS: '1', MIN_FREE_DISK_BYTES: '0' });
    const socket = connect(small.port, '127.0.0.1').on('error', () => {});
    socket.write('POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    await until(async () => (await small.uploads()).length === 1, 'the upload does not begin');
    assert.deepEqual(failure(await small.post('/v1/compress', Buffer.from('x'))), [503, 'too-many-uploads']);
    socket.destroy();
    await until(async () => (await small.uploads()).length === 0, 'the upload is kept');
    assert.equal((await small.post('/v1/compress', Buffer.from('x'))).status, 200);
    await small.stop();
  });

  it('counts requests over two replicas, serves on without Redis, and ends in time', {
    skip: missingRedis() ?? false,
  }, async () => {
    const redis = await RedisServer.start('always', 'the-password');
    const jobs = await mkdtemp(join(tmpdir(), 'ardm-jobs-test-'));
    try {
      const limits = { RATE_LIMIT_REQUESTS: '5', RATE_LIMIT_WINDOW_SECONDS: '600' };
      const env = { ...limits, REDIS_URL: redis.url, JOBS_FOLDER: jobs, API_KEYS };
      const replicas = await Promise.all([ServiceProcess.start(env), ServiceProcess.start(env)]);
      for (const { log } of replicas)
        await until(() => log.some(({ msg }) => msg === 'rate limits are shared'), 'they do not find Redis');
      const statuses: number[] = [];
      for (let i = 0; i < 8; i++) {
        const answer = await replicas[i % 2]?.send('/v1/models', { headers: { 'x-api-key': KEY } });
        statuses.push(answer?.status ?? 0);
      }
      assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
      await redis.kill();
      const [one] = replicas;
      await until(() => one?.log.some(({ msg }) => msg.includes('no Redis')) ?? false, 'no line in the log');
      assert.equal((await one?.send('/v1/models', { headers: { 'x-api-key': KEY } }))?.status, 200);
      for (const replica of replicas) {
        assert.equal((await replica.send('/health/ready')).status, 200);
        assert.equal(await replica.stop(), 0);
        assert.ok(!JSON.stringify(replica.log).includes('the-password'));
      }
    } finally {
      await redis.stop();
      await rm(jobs, { recursive: true, force: true });
    }
  });
});
