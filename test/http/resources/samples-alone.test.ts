import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../../until.js';
import { failure, form, problemOf, TestServer } from '../harness.js';

/** `pixels` and `pcm`: a file that is samples, and nothing that says so. */
describe('samples alone', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  const asked = () => server.codec.asked.at(-1);
  const FILE = '0123456789ab';
  const pixels = { width: 2, height: 2, channels: 3 } as const;
  const pcm = { format: 's24be', channels: 2, rate: 44_100 } as const;

  for (const path of ['/v1/compress?', '/v1/estimate?', '/v1/jobs?operation=compress&']) {
    it(`are told of by ${path}`, async () => {
      for (const [query, said] of [
        ['pixels=2x2x3', { pixels }],
        ['pcm=s24be,2,44100', { pcm }],
        ['pcm=s24be%2C2%2C44100', { pcm }],
        ['pcm=u8,8,999999999', { pcm: { format: 'u8', channels: 8, rate: 999_999_999 } }],
      ] as const) {
        const before = server.codec.asked.length;
        assert.ok([200, 202].includes((await server.post(`${path}${query}`, FILE)).status), query);
        await until(async () => server.codec.asked.length > before, 'the job does not begin');
        assert.deepEqual(asked()?.pixels, 'pixels' in said ? said.pixels : undefined);
        assert.deepEqual(asked()?.pcm, 'pcm' in said ? said.pcm : undefined);
      }
      const fields = form(['file', 'a.raw', FILE]);
      fields.append('pcm', 's24be,2,44100');
      const before = server.codec.asked.length;
      assert.ok([200, 202].includes((await server.post(path, fields)).status));
      await until(async () => server.codec.asked.length > before, 'the job does not begin');
      assert.deepEqual(asked()?.pcm, pcm);
    });

    it(`must be what there can be: ${path}`, async () => {
      const before = server.codec.asked.length;
      for (const value of [
        '',
        's16le',
        's16le,1',
        's16le,0,8000',
        's16le,9,8000',
        's16le,1,0',
        's16le,1,08000',
        's16le,1,8000.5',
        's16le,1,1000000000',
        's16le,1,8000,',
        ' s16le,1,8000',
        's16,1,8000',
        's32le,1,8000',
        'u16le,1,8000',
        'S16LE,1,8000',
        'f32le,1,8000',
        's8le,1,8000',
      ]) {
        const answer = await server.post(`${path}pcm=${encodeURIComponent(value)}`, FILE);
        assert.deepEqual(failure(answer), [400, 'invalid-pcm'], value);
      }
      for (const value of ['', '2x2', '2x2x2', '0x2x3', '2x2x3x1', '2X2X3']) {
        const answer = await server.post(`${path}pixels=${value}`, FILE);
        assert.deepEqual(failure(answer), [400, 'invalid-pixels'], value);
      }
      const both = await server.post(`${path}pixels=2x2x3&pcm=u8,1,8000`, FILE);
      assert.deepEqual(failure(both), [400, 'invalid-pcm']);
      assert.match(problemOf(both).detail, /Leave one of them out/);
      const twice = await server.post(`${path}pcm=u8,1,8000&pcm=u8,1,8000`, FILE);
      assert.deepEqual(failure(twice), [400, 'repeated-parameter']);
      assert.equal(server.codec.asked.length, before);
    });
  }

  it('are in no bare frame, and of no other operation', async () => {
    for (const said of ['pixels=2x2x3', 'pcm=u8,1,8000']) {
      const bare = await server.post(`/v1/compress?framing=bare&model=text-1&${said}`, FILE);
      assert.deepEqual(failure(bare), [400, 'invalid-framing']);
      for (const path of ['/v1/decompress?', '/v1/inspect?', '/v1/jobs?operation=decompress&']) {
        assert.deepEqual(failure(await server.post(`${path}${said}`, FILE)), [400, 'unknown-parameter'], path);
      }
    }
  });

  it('are a part of what a key of a job stands for', async () => {
    const keyed = (said: string) =>
      server.post(`/v1/jobs?operation=compress&${said}`, FILE, { 'idempotency-key': 'samples-alone' });
    assert.equal((await keyed('pcm=u8,1,8000')).status, 202);
    assert.equal((await keyed('pcm=u8,1,8000')).status, 202);
    for (const other of ['pcm=s8,1,8000', 'pcm=u8,2,8000', 'pcm=u8,1,8001', 'pixels=2x2x3', '']) {
      assert.deepEqual(failure(await keyed(other)), [422, 'idempotency-key-reuse'], other);
    }
  });
});
