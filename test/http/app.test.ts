import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import request from 'supertest';
import { until } from '../until.js';
import { fakeArchive } from './fake-codec.js';
import { failure, form, PROVIDER_STATE, problemOf, TEXT_MODEL, TestServer } from './harness.js';

describe('the app', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  describe('models', () => {
    it('lists them and shows each', async () => {
      await request(server.app)
        .get('/v1/models')
        .expect(200, { models: [TEXT_MODEL] });
      await request(server.app)
        .get('/v1/models/text-1')
        .expect(200, { ...TEXT_MODEL });
      assert.equal((await server.send('/v1/models')).status, 200);
      assert.equal((await server.send('/v1/models/text-1')).status, 200);
    });

    it('refuses models that there are not, and parameters', async () => {
      for (const id of ['text-2', 'TEXT-1', '..%2Ftext-1', '%20', 'x'.repeat(1_000)]) {
        const answer = await server.send(`/v1/models/${id}`);
        assert.deepEqual(failure(answer), [404, 'model-not-found']);
        assert.match(problemOf(answer).detail, /text-1/);
      }
      assert.deepEqual(failure(await server.send('/v1/models?page=2')), [400, 'unknown-parameter']);
      assert.deepEqual(failure(await server.send('/v1/models/text-1?x')), [400, 'unknown-parameter']);
    });

    it('refuses a broken percent-encoding', async () => {
      assert.deepEqual(failure(await server.send('/v1/models/%E0%A4%A')), [400, 'malformed-request']);
    });
  });

  describe('probes and contract', () => {
    it('says that it lives and is ready, whatever else the query says', async () => {
      await request(server.app).get('/health/live').expect(200, { status: 'live' });
      await request(server.app)
        .get('/health/ready?probe=1')
        .expect(200, { status: 'ready', ...PROVIDER_STATE });
    });

    it('says that it is not ready, and when to try again', async () => {
      server.ready = false;
      const answer = await server.send('/health/ready');
      assert.deepEqual(failure(answer), [503, 'not-ready']);
      assert.equal(answer.headers.get('retry-after'), '5');
      assert.equal((await server.send('/health/live')).status, 200);
      server.ready = true;
    });

    it('serves the contract', async () => {
      const answer = await server.send('/openapi.yaml');
      assert.equal(answer.headers.get('content-type'), 'application/yaml');
      assert.match(answer.body.toString(), /^openapi: 3\.1\./);
      // As generated clients ask.
      for (const accept of ['text/plain', 'text/plain,application/yaml', 'application/problem+json']) {
        const plain = await server.send('/openapi.yaml', { headers: { Accept: accept } });
        assert.equal(plain.headers.get('content-type'), 'text/plain');
        assert.match(plain.headers.get('vary') ?? '', /\bAccept\b/);
        assert.deepEqual(plain.body, answer.body);
      }
    });
  });

  describe('paths and methods', () => {
    for (const path of [
      '/',
      '/v1',
      '/v1/compres',
      '/v1/compress/',
      '/V1/compress',
      '/v2/compress',
      '/v1/job',
      '/favicon.ico',
      '//',
      '/%2e%2e/etc/passwd',
      '/v1/models/a/b',
    ]) {
      it(`has nothing at ${path}`, async () => {
        assert.deepEqual(failure(await server.send(path)), [404, 'not-found']);
        assert.deepEqual(failure(await server.post(path, 'x'.repeat(1_000))), [404, 'not-found']);
      });
    }

    for (const [path, methods, allow] of [
      ['/v1/compress', ['GET', 'PUT', 'DELETE', 'PATCH'], 'POST, OPTIONS'],
      ['/v1/decompress', ['GET', 'PUT'], 'POST, OPTIONS'],
      ['/v1/inspect', ['GET', 'DELETE'], 'POST, OPTIONS'],
      ['/v1/models', ['POST', 'PUT'], 'GET, HEAD, OPTIONS'],
      ['/v1/models/text-1', ['DELETE'], 'GET, HEAD, OPTIONS'],
      ['/health/live', ['POST'], 'GET, HEAD, OPTIONS'],
      ['/health/ready', ['PUT'], 'GET, HEAD, OPTIONS'],
      ['/openapi.yaml', ['POST'], 'GET, HEAD, OPTIONS'],
    ] as const) {
      it(`refuses ${methods.join(', ')} at ${path}`, async () => {
        for (const method of methods) {
          const answer = await server.send(path, { method });
          assert.deepEqual(failure(answer), [405, 'method-not-allowed']);
          assert.equal(answer.headers.get('allow'), allow);
        }
      });
    }

    it('answers HEAD where it answers GET, and without a body elsewhere', async () => {
      await request(server.app).head('/v1/models').expect(200);
      await request(server.app).head('/health/ready').expect(200);
      const refused = await request(server.app).head('/v1/compress').expect(405);
      assert.equal(refused.text, undefined);
    });
  });

  describe('requests in the log', () => {
    it('takes a sane id over, and makes one otherwise', async () => {
      const sane = await server.send('/v1/models/x', { headers: { 'x-request-id': 'Abc.1-2_3' } });
      assert.equal(sane.headers.get('x-request-id'), 'Abc.1-2_3');
      assert.equal(problemOf(sane).instance, 'Abc.1-2_3');
      for (const id of ['', 'a b', 'x'.repeat(129), '<script>', 'a"b', 'ü']) {
        const answer = await server.send('/health/live', { headers: { 'x-request-id': id } });
        assert.match(answer.headers.get('x-request-id') ?? '', /^[0-9a-f]{8}-/);
      }
    });

    it('writes one line per request, with neither names nor bytes nor the query', async () => {
      const before = server.log.length;
      await server.post('/v1/compress?calls=7', form(['file', 'secret-name.txt', 'secret-content']));
      await server.send('/v1/models/secret-model');
      await server.send('/secret-path?secret=1');
      await until(() => server.log.length >= before + 3, 'the log lacks lines');
      const lines = server.log.slice(before);
      assert.deepEqual(
        lines.map(({ method, route, status, code }) => [method, route, status, code]),
        [
          ['POST', '/v1/compress', 200, undefined],
          ['GET', '/v1/models/:id', 404, 'model-not-found'],
          ['GET', undefined, 404, 'not-found'],
        ],
      );
      for (const line of lines) assert.equal(typeof line.ms, 'number');
      assert.doesNotMatch(JSON.stringify(lines), /secret/);
    });

    it('shows a failure to the log, and not to the client', async () => {
      const before = server.log.length;
      server.codec.failure = new Error('a private matter');
      const answer = await server.post('/v1/compress', 'x', { 'x-request-id': 'failing' });
      server.codec.failure = undefined;
      assert.deepEqual(failure(answer), [500, 'internal-error']);
      assert.doesNotMatch(answer.body.toString(), /private|stack/);
      const logged = server.log.slice(before).find((line) => line.err !== undefined);
      assert.match(JSON.stringify(logged?.err), /a private matter/);
      assert.equal(logged?.requestId, 'failing');
    });

    it('tells a full disk from other failures', async () => {
      server.codec.failure = Object.assign(new Error('no space left'), { code: 'ENOSPC', errno: -28 });
      const answer = await server.post('/v1/compress', 'x');
      server.codec.failure = undefined;
      assert.deepEqual(failure(answer), [507, 'storage-full']);
      assert.equal(answer.headers.get('retry-after'), '30');
    });
  });

  describe('places', () => {
    it('computes so many, lets so many wait, and refuses the rest', async () => {
      const release = server.codec.hold();
      const sent = Array.from({ length: 20 }, () => server.post('/v1/compress', 'x'));
      let settled = 0;
      for (const one of sent) void one.finally(() => settled++);
      await until(() => settled === 8, 'not as many are refused as should be');
      const refused = await Promise.race(sent);
      assert.deepEqual(failure(refused), [503, 'overloaded']);
      assert.equal(refused.headers.get('retry-after'), '5');
      assert.equal(server.codec.working, 4);
      release();
      const answers = await Promise.all(sent);
      assert.equal(answers.filter(({ status }) => status === 200).length, 12);
      assert.equal(answers.filter(({ status }) => status === 503).length, 8);
      assert.equal((await server.post('/v1/compress', 'x')).status, 200);
    });

    it('does not make small requests wait for large ones', async () => {
      const wide = await TestServer.start({ maxBytes: 3 * 2 ** 20, classes: { small: 2, large: 1, waiting: 1 } });
      const release = wide.codec.hold();
      const file = new Uint8Array(2 ** 20 + 1);
      const large = [wide.post('/v1/compress', file), wide.post('/v1/compress', file)];
      await until(() => wide.codec.working === 1, 'nothing is at work');
      await until(async () => (await wide.spools()).length === 2, 'nothing waits');
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.deepEqual(failure(await wide.post('/v1/compress', file)), [503, 'overloaded']);
      const small = wide.post('/v1/compress', 'x');
      await until(() => wide.codec.working === 2, 'the small one waits');
      assert.equal(wide.codec.mostWorking, 2);
      release();
      for (const answer of [...large, small]) assert.equal((await answer).status, 200);
      await wide.stop();
    });

    it('stops the work of a client that left, and forgets one that left while it waited', async () => {
      const release = server.codec.hold();
      const leave = new AbortController();
      const four = Array.from({ length: 4 }, () =>
        fetch(`${server.url}/v1/compress`, { method: 'POST', body: 'x', signal: leave.signal }),
      );
      await until(() => server.codec.working === 4, 'not all are at work');
      const waiting = fetch(`${server.url}/v1/decompress`, {
        method: 'POST',
        body: fakeArchive(Buffer.from('x')),
        signal: leave.signal,
      });
      const line = 'ardm_queue_depth{class="small"} 1\n';
      await until(async () => (await server.send('/metrics')).body.includes(line), 'none waits');
      const stopped = server.codec.stopped.length;
      leave.abort();
      const ends = await Promise.allSettled([...four, waiting]);
      assert.ok(ends.every(({ status }) => status === 'rejected'));
      await until(() => server.codec.working === 0, 'the work goes on');
      assert.equal(server.codec.stopped.length, stopped + 4);
      assert.equal((server.codec.stopped.at(-1) as { code?: string }).code, 'client-closed-request');
      release();
      await server.untilClean();
      assert.equal((await server.post('/v1/compress', 'x')).status, 200);
    });
  });

  it('leaves nothing behind', () => server.untilClean());
});
