import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { ALLOWED_HEADERS, EXPOSED_HEADERS } from '../../../src/http/guards/cross-origin.js';
import { openapi } from '../contract.js';
import { failure, TestServer } from '../harness.js';

const APP = 'https://app.example';
const OTHER = 'http://localhost:5173';
const KEY = 'key-of-the-page';

/** Headers that every page may read or send (Fetch, 2.2.2), and those that a page does not see in any case. */
const SAFE = new Set(['cache-control', 'content-language', 'content-length', 'content-type', 'expires', 'vary']);

describe('pages of other origins', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start({
      corsOrigins: [APP, OTHER],
      apiKeys: [{ name: 'page', hash: createHash('sha256').update(KEY).digest('hex') }],
    });
  });
  after(() => server.stop());

  const ask = (origin: string, method: string, headers: string, path = '/v1/compress') =>
    server.send(path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': headers },
    });
  const listOf = (value: string | null): string[] => (value ?? '').split(',').map((name) => name.trim().toLowerCase());

  it('that are listed may send what the contract knows, without a key for the question', async () => {
    for (const origin of [APP, OTHER]) {
      const { status, headers, body } = await ask(origin, 'POST', 'authorization,content-type');
      assert.deepEqual([status, body.length], [204, 0]);
      assert.equal(headers.get('access-control-allow-origin'), origin);
      assert.deepEqual(listOf(headers.get('access-control-allow-methods')), [
        'get',
        'head',
        'post',
        'put',
        'delete',
        'options',
      ]);
      assert.deepEqual(listOf(headers.get('access-control-allow-headers')), listOf(ALLOWED_HEADERS.join(',')));
      assert.equal(headers.get('access-control-max-age'), '7200');
      assert.match(headers.get('vary') ?? '', /Origin/);
      assert.equal(headers.get('allow'), 'POST, OPTIONS');
      // Keys are sent by the page itself: no cookie, no login of the browser.
      assert.equal(headers.get('access-control-allow-credentials'), null);
    }
  });

  it('that are listed may read answers, and failures, too', async () => {
    const sent = await server.post('/v1/compress?model=text-1', 'x', { origin: APP, authorization: `Bearer ${KEY}` });
    assert.equal(sent.status, 200);
    assert.deepEqual(listOf(sent.headers.get('access-control-expose-headers')), listOf(EXPOSED_HEADERS.join(',')));
    for (const [answer, status] of [
      [sent, 200],
      [await server.post('/v1/compress', 'x', { origin: APP }), 401],
      [await server.send('/v1/nothing', { headers: { origin: APP, 'x-api-key': KEY } }), 404],
      [await server.send('/v1/models', { method: 'POST', headers: { origin: APP, 'x-api-key': KEY } }), 405],
      [await server.send('/health/live', { headers: { origin: APP } }), 200],
    ] as const) {
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get('access-control-allow-origin'), APP);
      assert.match(answer.headers.get('vary') ?? '', /Origin/);
    }
  });

  it('that are not listed get no permission', async () => {
    for (const origin of [
      'https://evil.example',
      'http://app.example',
      `${APP}:8443`,
      `${APP}.evil.example`,
      'null',
      '*',
    ]) {
      const asked = await ask(origin, 'POST', 'authorization');
      assert.equal(asked.status, 204);
      assert.equal(asked.headers.get('access-control-allow-origin'), null, origin);
      const answer = await server.send('/health/live', { headers: { origin } });
      assert.equal(answer.headers.get('access-control-allow-origin'), null, origin);
      // A cache must not give them what was answered to another.
      assert.match(answer.headers.get('vary') ?? '', /Origin/);
    }
  });

  it('are told nothing by a server that lists none', async () => {
    const closed = await TestServer.start();
    const answer = await closed.send('/health/live', { headers: { origin: APP } });
    assert.deepEqual(
      [...answer.headers.keys()].filter((name) => name.startsWith('access-control') || name === 'vary'),
      [],
    );
    const asked = await closed.send('/v1/compress', { method: 'OPTIONS', headers: { origin: APP } });
    assert.equal(asked.headers.get('access-control-allow-methods'), null);
    await closed.stop();
  });

  it('ask about paths that there are', async () => {
    assert.deepEqual(failure(await ask(APP, 'GET', '', '/nowhere')), [404, 'not-found']);
    assert.equal((await ask(APP, 'DELETE', '', '/v1/jobs/x')).status, 204);
  });

  it('may send every header of the contract, and read every one', () => {
    const parameters = Object.values(openapi.paths).flatMap((path) =>
      Object.values(path).flatMap((operation) => operation.parameters ?? []),
    );
    const sent = [...parameters, ...Object.values(openapi.components.parameters)]
      .filter((parameter) => parameter.in === 'header')
      .map(({ name }) => String(name));
    assert.ok(sent.length > 8);
    for (const name of [...sent, 'X-API-Key', 'Authorization']) assert.ok(ALLOWED_HEADERS.includes(name), name);
    const answers = [
      ...Object.values(openapi.components.responses),
      ...Object.values(openapi.paths).flatMap((path) =>
        Object.values(path).flatMap((operation) => Object.values(operation.responses ?? {})),
      ),
    ];
    const read = new Set(answers.flatMap(({ headers }) => Object.keys(headers ?? {})));
    assert.ok(read.size > 10);
    // For proxies alone.
    read.delete('X-Accel-Buffering');
    for (const name of read) assert.ok(SAFE.has(name.toLowerCase()) || EXPOSED_HEADERS.includes(name), name);
  });
});
