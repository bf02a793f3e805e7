import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import request from 'supertest';
import { fakeArchive } from '../fake-codec.js';
import { failure, form, problemOf, randomBytes, TestServer } from '../harness.js';

describe('POST /v1/compress', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  it('answers a raw body with its archive and says what was done', async () => {
    const file = Buffer.from('twice twice twice');
    const { status, headers, body } = await server.post('/v1/compress?calls=64&model=text-1', file);
    assert.equal(status, 200);
    assert.deepEqual(body, fakeArchive(file));
    assert.equal(headers.get('content-type'), 'application/vnd.ardm');
    assert.equal(headers.get('ardm-model'), 'text-1');
    assert.equal(headers.get('ardm-calls'), '64');
    assert.equal(headers.get('ardm-original-size'), String(file.length));
    assert.equal(headers.get('ardm-compressed-size'), String(body.length));
    assert.equal(headers.get('content-digest'), `sha-256=:${createHash('sha256').update(body).digest('base64')}:`);
    assert.equal(headers.get('content-disposition'), 'attachment; filename="data.ardm"');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('etag'), null);
    assert.equal(headers.get('x-powered-by'), null);
  });

  for (const [accept, type] of [
    ['*/*', 'application/vnd.ardm'],
    ['application/vnd.ardm, application/octet-stream, application/problem+json', 'application/vnd.ardm'],
    ['application/octet-stream', 'application/octet-stream'],
    // Nothing is refused for what it would rather have.
    ['text/html', 'application/vnd.ardm'],
  ] as const) {
    it(`calls the archive ${type} where ${accept} is accepted`, async () => {
      const { status, headers } = await server.post('/v1/compress', 'content', { Accept: accept });
      assert.deepEqual([status, headers.get('content-type')], [200, type]);
    });
  }

  it('takes a form with one file, and names the archive after it', async () => {
    const { status, headers, body } = await server.post('/v1/compress', form(['file', 'Übersicht "1".txt', 'content']));
    assert.equal(status, 200);
    assert.deepEqual(body, fakeArchive(Buffer.from('content')));
    assert.equal(
      headers.get('content-disposition'),
      `attachment; filename="_bersicht _1_.txt.ardm"; filename*=UTF-8''%C3%9Cbersicht%20%221%22.txt.ardm`,
    );
  });

  it('takes the same from supertest', async () => {
    const answer = await request(server.app)
      .post('/v1/compress')
      .attach('file', Buffer.from('content'), 'a.txt')
      .buffer()
      .parse((res, done) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('end', () => done(null, Buffer.concat(chunks)));
      })
      .expect(200)
      .expect('Content-Disposition', 'attachment; filename="a.txt.ardm"');
    assert.deepEqual(answer.body, fakeArchive(Buffer.from('content')));
  });

  for (const type of [
    'application/octet-stream',
    'text/plain; charset=utf-8',
    'application/x-www-form-urlencoded',
    'x',
  ]) {
    it(`reads a body of type ${type} as it is`, async () => {
      const { status, body } = await server.post('/v1/compress', 'a=1&b=2', { 'content-type': type });
      assert.equal(status, 200);
      assert.deepEqual(body, fakeArchive(Buffer.from('a=1&b=2')));
    });
  }

  it('reads an empty body as an empty file', async () => {
    for (const body of [undefined, '', new Uint8Array(0)]) {
      const answer = await server.post('/v1/compress', body);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('ardm-original-size'), '0');
    }
    const answer = await server.post('/v1/compress', form(['file', 'empty', '']));
    assert.equal(answer.headers.get('ardm-original-size'), '0');
  });

  it('takes a body without a declared length', async () => {
    const stream = new ReadableStream({
      start(controller) {
        for (const part of ['one ', 'two ', 'three']) controller.enqueue(Buffer.from(part));
        controller.close();
      },
    });
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body: stream, duplex: 'half' };
    const { body } = await server.send('/v1/compress', init);
    assert.deepEqual(body, fakeArchive(Buffer.from('one two three')));
  });

  it('takes a file of exactly the limit, raw and as a form, and sends large answers whole', async () => {
    const file = randomBytes(2 ** 20, 7);
    for (const body of [file, form(['file', 'f', file])]) {
      const answer = await server.post('/v1/compress', body);
      assert.equal(answer.status, 200);
      assert.ok(answer.body.length > 2 ** 20, 'the answer goes through the disk');
      assert.deepEqual(answer.body, fakeArchive(file));
    }
  });

  it('hands the dial and the model on', async () => {
    for (const [query, calls, model] of [
      ['', 'balanced', 'auto'],
      ['?calls=1', 1, 'auto'],
      ['?calls=1024&model=text-1', 1024, 'text-1'],
      ['?calls=fast', 'fast', 'auto'],
      ['?calls=small&model=auto', 'small', 'auto'],
    ] as const) {
      assert.equal((await server.post(`/v1/compress${query}`, 'x')).status, 200);
      assert.deepEqual(server.codec.asked.at(-1), { calls, model, length: 1 });
    }
  });

  for (const calls of [
    '0',
    '-1',
    '1e9',
    'abc',
    '',
    '1025',
    '1.5',
    '01',
    '+5',
    '%205',
    '0x10',
    'Fast',
    '10000',
    'null',
    '١',
  ]) {
    it(`refuses calls=${calls}`, async () => {
      const answer = await server.post(`/v1/compress?calls=${calls}`, 'x');
      assert.deepEqual(failure(answer), [400, 'invalid-calls']);
      assert.match(problemOf(answer).detail, /1 to 1024/);
    });
  }

  for (const [query, code] of [
    ['calls=1&calls=2', 'repeated-parameter'],
    ['model=auto&model=auto', 'repeated-parameter'],
    ['call=5', 'unknown-parameter'],
    ['calls[]=5', 'unknown-parameter'],
    ['__proto__=5', 'unknown-parameter'],
    ['constructor=5', 'unknown-parameter'],
    ['calls=5&schedule=random', 'unknown-parameter'],
  ] as const) {
    it(`refuses ?${query} with ${code}`, async () => {
      assert.deepEqual(failure(await server.post(`/v1/compress?${query}`, 'x')), [400, code]);
    });
  }

  for (const model of ['text-9', '', 'AUTO', '../text-1', '%00', 'brotli', 'x'.repeat(1_000)]) {
    it(`refuses the model ${JSON.stringify(model.slice(0, 20))}, and names those there are`, async () => {
      const answer = await server.post(`/v1/compress?model=${model}`, 'x');
      assert.deepEqual(failure(answer), [404, 'model-not-found']);
      assert.match(problemOf(answer).detail, /text-1/);
      assert.ok(problemOf(answer).detail.length < 250);
    });
  }

  it('leaves nothing behind', () => server.untilClean());
});
