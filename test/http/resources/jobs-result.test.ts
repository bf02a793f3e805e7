import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../../until.js';
import { fakeArchive } from '../fake-codec.js';
import { failure, TestServer } from '../harness.js';

const RESULT = fakeArchive(Buffer.from('what comes of it'));
const SIZE = RESULT.length;

describe('a result', () => {
  let server: TestServer;
  let path: string;
  let empty: string;
  let etag: string;

  const make = async (query: string, body: Buffer): Promise<string> => {
    const { headers } = await server.post(`/v1/jobs?${query}`, body as unknown as string);
    const result = `${headers.get('location')}/result`;
    await until(async () => (await server.send(result)).status === 200, 'the job does not end');
    return result;
  };
  before(async () => {
    server = await TestServer.start();
    path = await make('operation=compress&model=text-1', Buffer.from('what comes of it'));
    empty = await make('operation=decompress', fakeArchive(Buffer.alloc(0)));
    etag = (await server.send(path)).headers.get('etag') ?? '';
  });
  after(() => server.stop());

  const get = (headers: Record<string, string>, method = 'GET') => server.send(path, { method, headers });

  for (const [what, match, status] of [
    ['its tag', (tag: string) => tag, 200],
    ['any', () => '*', 200],
    ['its tag among others', (tag: string) => `"a,b" , ${tag}, W/"c"`, 200],
    ['another tag', () => '"other"', 412],
    ['its tag, but weak', (tag: string) => `W/${tag}`, 412],
    ['a tag that has its tag in it', (tag: string) => `"${tag.slice(1, -1)},"`, 412],
    ['no tag', () => '', 412],
  ] as const) {
    it(`is sent with ${status} to who means ${what} (If-Match)`, async () => {
      for (const method of ['GET', 'HEAD']) {
        const answer = await get({ 'if-match': match(etag) }, method);
        assert.equal(answer.status, status);
        if (status === 200) assert.equal(answer.headers.get('etag'), etag);
      }
      if (status === 412)
        assert.deepEqual(failure(await get({ 'if-match': match(etag) })), [412, 'precondition-failed']);
    });
  }

  it('looks at If-Match first, then at If-None-Match, then at the range', async () => {
    const other = '"other"';
    assert.equal((await get({ 'if-match': other, 'if-none-match': etag })).status, 412);
    assert.equal((await get({ 'if-match': other, range: 'bytes=0-0' })).status, 412);
    assert.equal((await get({ 'if-match': etag, 'if-none-match': etag, range: 'bytes=0-0' })).status, 304);
    assert.equal((await get({ 'if-match': etag, 'if-none-match': other, range: 'bytes=0-0' })).status, 206);
  });

  it('is known by its tag among others that have commas in them', async () => {
    assert.equal((await get({ 'if-none-match': `"a, b", W/${etag}` })).status, 304);
    assert.equal((await get({ 'if-none-match': `"a,${etag.slice(1, -1)}"` })).status, 200);
  });

  it('has no tag to compare for a job that is not there', async () => {
    const missing = await server.send(`/v1/jobs/${'0'.repeat(32)}/result`, { headers: { 'if-match': '"x"' } });
    assert.deepEqual(failure(missing), [404, 'job-not-found']);
  });

  for (const [range, status, start, end] of [
    ['bytes=0-0', 206, 0, 1],
    ['bytes=3-', 206, 3, SIZE],
    ['bytes=-3', 206, SIZE - 3, SIZE],
    ['bytes=-999', 206, 0, SIZE],
    ['BYTES=1-2', 206, 1, 3],
    [`bytes=1-${'9'.repeat(30)}`, 206, 1, SIZE],
    [`bytes=-${'9'.repeat(30)}`, 206, 0, SIZE],
    ['bytes=2-1', 200, 0, SIZE],
    ['bytes=0-1,3-4', 200, 0, SIZE],
    ['bytes=-', 200, 0, SIZE],
    ['bytes=a-b', 200, 0, SIZE],
    ['lines=1-2', 200, 0, SIZE],
  ] as const) {
    it(`is sent in part, or whole, for ${range.slice(0, 20)}`, async () => {
      const answer = await get({ range });
      assert.equal(answer.status, status);
      assert.deepEqual(answer.body, RESULT.subarray(start, end));
    });
  }

  it('has no such range', async () => {
    for (const range of [`bytes=${SIZE}-`, 'bytes=-0', `bytes=${'9'.repeat(30)}-`]) {
      assert.deepEqual(failure(await get({ range })), [416, 'range-not-satisfiable'], range);
    }
  });

  it('without bytes is whole for its last bytes, and has no first', async () => {
    const last = await server.send(empty, { headers: { range: 'bytes=-5' } });
    assert.deepEqual([last.status, last.body.length], [200, 0]);
    const first = await server.send(empty, { headers: { range: 'bytes=0-' } });
    assert.deepEqual(failure(first), [416, 'range-not-satisfiable']);
  });
});
