import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { missingRedis, RedisServer } from '../jobs/redis-server.js';
import { startS3 } from '../jobs/s3-server.js';
import { until } from '../until.js';
import { ServiceProcess } from './process.js';

const RECORD = Buffer.from('{"id":4711,"state":"delivered","host":"node-3"}');

function samples(seed: number): string {
  return Array.from(
    { length: 80 },
    (_, i) => `{"id":${seed * 1000 + i},"state":"delivered","host":"node-${i % 7}"}`,
  ).join('\n');
}

const missing = missingRedis();
if (missing) console.error(`SKIPPED: jobs with dictionaries through Redis, because ${missing}`);

interface Listed {
  readonly dictionaries: readonly { readonly id: string }[];
}

describe('dictionaries of processes', () => {
  let data: string;
  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'ardm-data-'));
  });
  after(async () => {
    await ServiceProcess.killAll();
    await rm(data, { recursive: true, force: true });
  });

  const make = (service: ServiceProcess, seed: number) =>
    service.send('/v1/dictionaries?size=2000', { method: 'POST', body: samples(seed) });
  const list = async (service: ServiceProcess): Promise<string[]> => {
    const answer = await service.send('/v1/dictionaries');
    return (JSON.parse(answer.body.toString()) as Listed).dictionaries.map(({ id }) => id);
  };

  it('that share a folder are used by all at once, and outlive them', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => ServiceProcess.start({ DATA_FOLDER: data })));
    assert.ok(one && two);
    const answer = await make(one, 1);
    assert.equal(answer.status, 201);
    const { id } = JSON.parse(answer.body.toString()) as { id: string };
    const archive = await two.send(`/v1/compress?dictionary=${id}&model=tiny-a`, { method: 'POST', body: RECORD });
    assert.equal(archive.status, 200);
    assert.deepEqual((await one.send('/v1/decompress', { method: 'POST', body: archive.body })).body, RECORD);
    await Promise.all([one.stop(), two.stop()]);
    const three = await ServiceProcess.start({ DATA_FOLDER: data });
    assert.deepEqual(await list(three), [id]);
    assert.deepEqual((await three.send('/v1/decompress', { method: 'POST', body: archive.body })).body, RECORD);
    await three.stop();
  });

  it('in S3 are used by jobs, which a worker does that shares nothing else but Redis', { skip: missing }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ardm-dictionaries-s3-'));
    const [redis, s3] = [await RedisServer.start(), await startS3(folder)];
    try {
      const shared = { ...s3.credentials, S3_BUCKET: s3.bucket, S3_ENDPOINT: s3.endpoint, REDIS_URL: redis.url };
      const [one, two] = await Promise.all([1, 2].map(() => ServiceProcess.start({ ...shared, ARDM_ROLE: 'api' })));
      assert.ok(one && two);
      const { id } = JSON.parse((await make(one, 1)).body.toString()) as { id: string };
      const submit = async (api: ServiceProcess, query: string, body: Uint8Array): Promise<string> => {
        const answer = await api.post(`/v1/jobs?${query}`, body);
        assert.equal(answer.status, 202, answer.body.toString());
        return answer.headers.get('location') ?? '';
      };
      const finished = async (api: ServiceProcess, path: string): Promise<string> => {
        const show = async (): Promise<string> => (await api.send(path)).body.toString();
        await until(async () => /"state":"(done|failed)"/.test(await show()), 'the job is not finished', 30_000);
        return await show();
      };
      const waiting = await submit(two, `operation=compress&model=tiny-a&dictionary=${id}`, RECORD);
      // It begins when the job is there: what it needs to know of the dictionary is in the job.
      const worker = await ServiceProcess.start({ ...shared, ARDM_ROLE: 'worker' });
      assert.match(await finished(one, waiting), /"state":"done"/);
      const { body: archive } = await one.send(`${waiting}/result`);
      const inspected = JSON.parse((await two.post('/v1/inspect', archive)).body.toString()) as { dictionary: string };
      assert.equal(inspected.dictionary, id.slice(0, 8));
      const back = await submit(one, 'operation=decompress', archive);
      assert.match(await finished(two, back), /"state":"done"/);
      assert.deepEqual((await two.send(`${back}/result`)).body, RECORD);
      // A worker that has not seen it before looks in the bucket, and finds none.
      await worker.stop();
      assert.equal((await one.send(`/v1/dictionaries/${id}?confirm=true`, { method: 'DELETE' })).status, 204);
      const orphan = await submit(one, 'operation=decompress', archive);
      await ServiceProcess.start({ ...shared, ARDM_ROLE: 'worker' });
      const failed = await finished(one, orphan);
      assert.match(failed, /"state":"failed"/);
      assert.match(failed, /"code":"unknown-dictionary"/);
      assert.match(failed, new RegExp(id.slice(0, 8)));
    } finally {
      await ServiceProcess.killAll();
      await s3.stop();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('are there whole or not at all, whenever the process is killed', async () => {
    const acknowledged = new Set<string>();
    for (const [round, delay] of [0, 20, 60, 150].entries()) {
      const service = await ServiceProcess.start({ DATA_FOLDER: data });
      for (const id of acknowledged) assert.ok((await list(service)).includes(id), 'a dictionary was lost');
      for (const id of await list(service)) {
        const content = await service.send(`/v1/dictionaries/${id}/content`);
        assert.equal(createHash('sha256').update(content.body).digest('hex'), id);
      }
      const made = Array.from({ length: 6 }, async (_, i) => {
        const answer = await make(service, 10 * round + i + 2).catch(() => undefined);
        if (answer?.status === 201) acknowledged.add((JSON.parse(answer.body.toString()) as { id: string }).id);
      });
      // Some are answered, others are at work.
      await Promise.race([made[0], made[1]]);
      await sleep(delay);
      service.child.kill('SIGKILL');
      if (service.child.exitCode === null && service.child.signalCode === null) await once(service.child, 'exit');
      await Promise.all(made);
    }
    assert.ok(acknowledged.size > 0);
    const last = await ServiceProcess.start({ DATA_FOLDER: data });
    const found = await list(last);
    for (const id of acknowledged) assert.ok(found.includes(id));
    await last.stop();
    const files = await readdir(join(data, 'dictionaries'));
    assert.ok(files.filter((name) => !name.startsWith('.')).length >= acknowledged.size);
  });

  it('last as long as the process without a folder, which it says', async () => {
    const service = await ServiceProcess.start();
    assert.ok(service.log.some(({ msg, level }) => level === 40 && msg.startsWith('dictionaries last as long')));
    assert.equal((await make(service, 1)).status, 201);
    await service.stop();
    const again = await ServiceProcess.start();
    assert.deepEqual(await list(again), []);
    await again.stop();
  });

  it('are not kept in the folder for temporary files', async () => {
    const service = await ServiceProcess.spawn({ TMPDIR: tmpdir(), DATA_FOLDER: join(tmpdir(), 'ardm-dictionaries') });
    if (service.child.exitCode === null) await once(service.child, 'exit');
    assert.match(service.errors, /DATA_FOLDER=.*must not be in the folder for temporary files/);
    await service.stop();
  });
});
