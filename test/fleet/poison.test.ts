import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { until } from '../until.js';
import { Fleet } from './fleet.js';
import { skip } from './programs.js';
import { BEGUN, recordWritten } from './triggers.js';

const ATTEMPTS = 2;

describe('a job that kills its worker', { skip }, () => {
  let fleet: Fleet;
  before(async () => {
    const common = { JOB_ATTEMPTS: String(ATTEMPTS), JOB_ORPHAN_SECONDS: '2' };
    fleet = await Fleet.start({ apis: [{}], workers: [{}], common, jobs: true });
  });
  after(() => fleet.stop());

  it('fails after its attempts, does not loop, and does not hold up the others', async () => {
    const worker = fleet.workers[0] as (typeof fleet.workers)[number];
    // It takes the worker a while, so that it is computing when it is killed.
    const poison = Buffer.alloc(60_000, 'the quick brown fox ');
    let id = '';
    let posting: Promise<void> | undefined;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const killed = recordWritten(fleet.redis.port, BEGUN)(60_000, () => worker.signal('SIGKILL'));
      posting ??= post(poison).then((posted) => {
        id = posted;
      });
      await posting;
      assert.equal(await killed, id, `attempt ${attempt} is begun`);
      await worker.end('SIGKILL');
      await worker.start();
    }
    const other = await post(Buffer.from('a harmless one'));
    await until(async () => (await stateOf(other)) === 'done', 'the harmless job is not done', 60_000);
    await until(async () => (await stateOf(id)) === 'failed', 'the poisonous job does not fail', 60_000);
    const answer = await fetch(`${fleet.url}/v1/jobs/${id}`);
    const { attempts, failure } = (await answer.json()) as { attempts: number; failure: { code: string } };
    assert.deepEqual([attempts, failure.code], [ATTEMPTS, 'job-attempts-exhausted']);
    const result = await fetch(`${fleet.url}/v1/jobs/${id}/result`);
    assert.ok(!result.ok);
    assert.equal(((await result.json()) as { code: string }).code, 'job-failed');
    assert.ok(worker.running);
    assert.equal(worker.starts, 1 + ATTEMPTS);
    await until(
      async () => (await readdir(fleet.blobs)).every((name) => name.startsWith(other)),
      'bytes of the poisonous job are kept',
      20_000,
    );
  });

  async function post(body: Uint8Array): Promise<string> {
    const path = '/v1/jobs?operation=compress&model=tiny-a';
    const answer = await fetch(fleet.url + path, { method: 'POST', body });
    assert.equal(answer.status, 202);
    return ((await answer.json()) as { id: string }).id;
  }

  async function stateOf(id: string): Promise<string> {
    return ((await (await fetch(`${fleet.url}/v1/jobs/${id}`)).json()) as { state: string }).state;
  }
});
