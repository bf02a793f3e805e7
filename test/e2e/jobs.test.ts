import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { failure } from '../http/harness.js';
import { missingRedis, RedisServer } from '../jobs/redis-server.js';
import { until } from '../until.js';
import { ServiceProcess } from './process.js';

const missing = missingRedis();
if (missing) console.error(`SKIPPED: the tests of processes that share jobs, because ${missing}`);

const FILE = Buffer.from('It is a truth universally acknowledged, that bytes are to be had back. '.repeat(400));

interface View {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
}

async function submit(service: ServiceProcess, body: Buffer, operation: string): Promise<string> {
  const answer = await service.post(`/v1/jobs?operation=${operation}`, body);
  assert.equal(answer.status, 202, answer.body.toString());
  return answer.headers.get('location') ?? '';
}

async function viewOf(service: ServiceProcess, path: string): Promise<View> {
  return JSON.parse((await service.send(path)).body.toString()) as View;
}

async function resultOf(service: ServiceProcess, path: string): Promise<Buffer> {
  await until(async () => (await viewOf(service, path)).state === 'done', `${path} is not done`, 300_000);
  return (await service.send(`${path}/result`)).body;
}

describe('jobs of a service, whole', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ardm-e2e-jobs-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  afterEach(() => ServiceProcess.killAll());

  it('are done after a kill -9, each once, though it struck while they ran and waited', async () => {
    const env = { JOBS_FOLDER: join(folder, 'killed') };
    let service = await ServiceProcess.start(env);
    const archive = await service.post('/v1/compress?model=tiny-a&calls=small', FILE);
    const paths: string[] = [];
    for (let i = 0; i < 4; i++) paths.push(await submit(service, archive.body, 'decompress'));
    await until(async () => (await viewOf(service, paths[0] ?? '')).state !== 'queued', 'none has begun', 30_000);
    service.child.kill('SIGKILL');
    await service.ended();
    service = await ServiceProcess.start(env);
    for (const path of paths) assert.deepEqual(await resultOf(service, path), FILE);
    const ids = paths.map((path) => path.split('/').at(-1));
    await until(async () => (await readdir(join(folder, 'killed', 'blobs'))).length === paths.length, 'blobs are left');
    const blobs = await readdir(join(folder, 'killed', 'blobs'));
    assert.deepEqual(blobs.map((key) => key.split('.')[0]).sort(), ids.sort());
  });

  it('are put back by a service that ends in good order', async () => {
    const env = { JOBS_FOLDER: join(folder, 'ended'), SHUTDOWN_TIMEOUT_SECONDS: '0', JOB_ATTEMPTS: '1' };
    let service = await ServiceProcess.start(env);
    const { body } = await service.post('/v1/compress?model=tiny-a&calls=small', Buffer.concat([FILE, FILE]));
    const path = await submit(service, body, 'decompress');
    await until(async () => (await viewOf(service, path)).state !== 'queued', 'not begun', 30_000);
    const begun = await viewOf(service, path);
    assert.equal(begun.state, 'active');
    assert.equal(await service.stop(), 0);
    service = await ServiceProcess.start(env);
    assert.equal((await resultOf(service, path)).length, 2 * FILE.length);
    // The first attempt was not its fault, or it would have been the only one.
    assert.equal((await viewOf(service, path)).attempts, 2);
  });

  it('need a folder of their own', async () => {
    const env = { JOBS_FOLDER: join(folder, 'shared') };
    await ServiceProcess.start(env);
    const second = await ServiceProcess.spawn(env);
    assert.equal(await second.ended(), 1);
    assert.match(second.errors, /Another process keeps its jobs in .*JOBS_FOLDER/);
  });

  it('are shared by an api and a worker on Redis, and outlive a kill -9 of the worker', { skip: missing }, async () => {
    const redis = await RedisServer.start();
    try {
      const env = { REDIS_URL: redis.url, JOBS_FOLDER: join(folder, 'redis') };
      const api = await ServiceProcess.start({ ...env, ARDM_ROLE: 'api' });
      const worker = await ServiceProcess.start({ ...env, ARDM_ROLE: 'worker' });
      assert.equal((await worker.send('/health/ready')).status, 200);
      const answer = await fetch(`${worker.url}/v1/compress`, { method: 'POST', body: 'x' });
      assert.equal(answer.status, 404);
      const archive = await api.post('/v1/compress?model=tiny-a&calls=small', FILE);
      const first = await submit(api, archive.body, 'decompress');
      assert.deepEqual(await resultOf(api, first), FILE);
      const { body } = await api.post('/v1/compress?model=tiny-a&calls=small', Buffer.concat([FILE, FILE]));
      const second = await submit(api, body, 'decompress');
      await until(async () => (await viewOf(api, second)).state === 'active', 'not begun', 30_000);
      worker.child.kill('SIGKILL');
      await worker.ended();
      assert.deepEqual(failure(await api.send(`${second}/result`)), [409, 'job-not-finished']);
      await ServiceProcess.start({ ...env, ARDM_ROLE: 'worker' });
      assert.equal((await resultOf(api, second)).length, 2 * FILE.length);
      assert.ok((await viewOf(api, second)).attempts >= 2);
    } finally {
      await ServiceProcess.killAll();
      await redis.stop();
    }
  });
});
