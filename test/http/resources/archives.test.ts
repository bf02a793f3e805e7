import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SMALL_CALLS } from '../../../src/http/guards/request-classes.js';
import { fakeArchive } from '../fake-codec.js';
import { failure, form, randomBytes, TestServer } from '../harness.js';

describe('POST /v1/decompress and /v1/inspect', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  it('restores the original, raw and as a form, and names it', async () => {
    const file = Buffer.from('the original');
    const archive = fakeArchive(file);
    for (const [body, name] of [
      [archive, 'data'],
      [form(['file', 'notes.txt.ardm', archive]), 'notes.txt'],
      [form(['file', 'notes.txt', archive]), 'notes.txt'],
      [form(['file', '.ardm', archive]), 'data'],
    ] as const) {
      const answer = await server.post('/v1/decompress', body);
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.body, file);
      assert.equal(answer.headers.get('content-type'), 'application/octet-stream');
      assert.equal(answer.headers.get('content-disposition'), `attachment; filename="${name}"`);
      assert.equal(answer.headers.get('ardm-original-size'), String(file.length));
      assert.equal(answer.headers.get('ardm-compressed-size'), String(archive.length));
    }
  });

  it('restores an empty file', async () => {
    const answer = await server.post('/v1/decompress', fakeArchive(Buffer.alloc(0)));
    assert.equal(answer.status, 200);
    assert.equal(answer.body.length, 0);
    assert.equal(answer.headers.get('content-length'), '0');
  });

  it('takes the archive of the largest incompressible file', async () => {
    const file = randomBytes(2 ** 20, 3);
    const archive = fakeArchive(file);
    assert.ok(archive.length > 2 ** 20);
    assert.deepEqual((await server.post('/v1/decompress', archive)).body, file);
  });

  it('says what the header says', async () => {
    const archive = fakeArchive(Buffer.from('abc'));
    const answer = await server.post('/v1/inspect', archive);
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body.toString()), server.codec.inspect(archive));
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  });

  for (const path of ['/v1/decompress', '/v1/inspect']) {
    it(`${path} refuses what is not an archive`, async () => {
      for (const body of ['', 'x', randomBytes(5_000, 1), form(['file', 'a.ardm', 'x'])]) {
        assert.deepEqual(failure(await server.post(path, body)), [422, 'not-an-archive']);
      }
      assert.deepEqual(failure(await server.post(path, 'FAKE')), [422, 'truncated-archive']);
    });

    it(`${path} takes no parameters of others`, async () => {
      assert.deepEqual(failure(await server.post(`${path}?keep=name`, 'x')), [400, 'unknown-parameter']);
    });
  }

  it('puts an archive that declares many bytes among the large ones', async () => {
    const small = await TestServer.start({ classes: { small: 8, large: 1, waiting: 0 } });
    const release = small.codec.hold();
    const large = fakeArchive(Buffer.alloc(10), 2 ** 30);
    const first = small.post('/v1/decompress', large);
    while (small.codec.working < 1) await new Promise(setImmediate);
    assert.deepEqual(failure(await small.post('/v1/decompress', large)), [503, 'overloaded']);
    const other = small.post('/v1/decompress', fakeArchive(Buffer.alloc(10)));
    while (small.codec.working < 2) await new Promise(setImmediate);
    release();
    assert.equal((await first).status, 200);
    assert.equal((await other).status, 200);
    await small.stop();
  });

  it('puts an archive that declares many network calls among the large ones', async () => {
    const server = await TestServer.start({ classes: { small: 8, large: 1, waiting: 0 } });
    const release = server.codec.hold();
    const archive = fakeArchive(Buffer.alloc(10));
    server.codec.networkCalls = SMALL_CALLS + 1;
    const first = server.post('/v1/decompress', archive);
    while (server.codec.working < 1) await new Promise(setImmediate);
    assert.deepEqual(failure(await server.post('/v1/decompress', archive)), [503, 'overloaded']);
    server.codec.networkCalls = SMALL_CALLS;
    const other = server.post('/v1/decompress', archive);
    while (server.codec.working < 2) await new Promise(setImmediate);
    release();
    assert.equal((await first).status, 200);
    assert.equal((await other).status, 200);
    await server.stop();
  });

  it('leaves nothing behind', () => server.untilClean());
});
