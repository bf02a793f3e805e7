import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { until } from '../../until.js';
import type { Received } from '../contract.js';
import { failure, TestServer } from '../harness.js';

interface Listed {
  readonly jobs: readonly { readonly id: string; readonly state: string; readonly links: { readonly self: string } }[];
  readonly next?: string;
}

const keyOf = (name: string): { name: string; hash: string } => ({
  name,
  hash: createHash('sha256').update(`key-of-${name}`).digest('hex'),
});
const auth = (name: string): Record<string, string> => ({ authorization: `Bearer key-of-${name}` });

describe('GET /v1/jobs', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start({ apiKeys: [keyOf('ann'), keyOf('bob'), keyOf('cid')] });
  });
  after(() => server.stop());

  const submit = async (owner: string): Promise<string> => {
    const answer = await server.post('/v1/jobs?operation=compress', 'x', auth(owner));
    assert.equal(answer.status, 202);
    return answer.headers.get('location')?.split('/').at(-1) ?? '';
  };
  const get = (owner: string, query = ''): Promise<Received> =>
    server.send(`/v1/jobs${query}`, { headers: auth(owner) });
  const list = async (owner: string, query = ''): Promise<Listed> => {
    const answer = await get(owner, query);
    assert.equal(answer.status, 200, answer.body.toString());
    return JSON.parse(answer.body.toString()) as Listed;
  };

  it('lists the jobs of the caller, the newest first, as each is shown', async () => {
    assert.deepEqual(await list('ann'), { jobs: [] });
    const made: string[] = [];
    for (let i = 0; i < 5; i++) {
      made.unshift(await submit('ann'));
      await submit('bob');
    }
    await until(async () => (await list('ann')).jobs.every(({ state }) => state === 'done'), 'jobs do not end');
    const { jobs, next } = await list('ann');
    // Those of one millisecond may stand in any order.
    assert.deepEqual(jobs.map(({ id }) => id).sort(), [...made].sort());
    const times = jobs.map((job) => (job as unknown as { acceptedAt: string }).acceptedAt);
    assert.deepEqual(times, [...times].sort().reverse());
    assert.equal(next, undefined);
    for (const job of jobs) {
      const one = await server.send(job.links.self, { headers: auth('ann') });
      assert.deepEqual(JSON.parse(one.body.toString()), job);
      assert.deepEqual(failure(await server.send(job.links.self, { headers: auth('bob') })), [404, 'job-not-found']);
    }
  });

  it('goes through all of them in pages, and keeps its place when jobs come and go', async () => {
    const made: string[] = [];
    for (let i = 0; i < 25; i++) made.push(await submit('cid'));
    assert.equal((await list('cid')).jobs.length, 20);
    const seen: string[] = [];
    let query = '?limit=4';
    for (let pages = 0; pages < 10; pages++) {
      const { jobs, next } = await list('cid', query);
      seen.push(...jobs.map(({ id }) => id));
      if (next === undefined) break;
      assert.equal(jobs.length, 4);
      query = `?limit=4&after=${next}`;
      if (pages === 0) {
        // A new job does not move the others, nor does one that is gone, be it the last that was seen.
        made.push(await submit('cid'));
        const path = `/v1/jobs/${seen.at(-1)}`;
        await until(
          async () => (await server.send(path, { method: 'DELETE', headers: auth('cid') })).status !== 200,
          'it is there',
        );
      }
    }
    assert.deepEqual([...seen].sort(), made.slice(0, 25).sort());
    assert.equal((await list('cid', '?limit=100')).jobs.length, 25);
    assert.equal((await list('cid', '?limit=25')).next, undefined);
  });

  it('has nothing behind the last, nor for a place of somebody else', async () => {
    const { next } = await list('cid', '?limit=1');
    assert.equal((await list('ann', `?after=${next}`)).jobs.length, 5);
    assert.deepEqual(await list('cid', `?after=${'0'.repeat(15)}-${'0'.repeat(32)}`), { jobs: [] });
  });

  it('refuses pages that cannot be', async () => {
    for (const query of [
      'limit=0',
      'limit=101',
      'limit=-1',
      'limit=1.5',
      'limit=',
      'limit=x',
      'limit=01',
      'after=',
      'after=x',
    ]) {
      assert.deepEqual(failure(await get('ann', `?${query}`)), [400, 'invalid-page'], query);
    }
    assert.deepEqual(failure(await get('ann', '?limit=1&limit=2')), [400, 'repeated-parameter']);
    assert.deepEqual(failure(await get('ann', '?page=1')), [400, 'unknown-parameter']);
    assert.deepEqual(failure(await server.send('/v1/jobs')), [401, 'unauthorized']);
  });

  it('lists no job that has expired', async () => {
    const short = await TestServer.start({ jobs: { ttl: 300 } });
    const answer = await short.post('/v1/jobs?operation=compress', 'x');
    const id = answer.headers.get('location')?.split('/').at(-1) ?? '';
    const listed = async (): Promise<string[]> =>
      (JSON.parse((await short.send('/v1/jobs')).body.toString()) as Listed).jobs.map((job) => job.id);
    assert.deepEqual(await listed(), [id]);
    await until(async () => (await short.jobs.queue.get(id))?.state === 'done', 'it does not end');
    await short.jobs.retention.expire(Date.now() + 1_000);
    assert.deepEqual(failure(await short.send(`/v1/jobs/${id}`)), [410, 'job-expired']);
    assert.deepEqual(await listed(), []);
    await short.stop();
  });
});
