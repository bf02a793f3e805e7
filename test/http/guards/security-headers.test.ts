import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SECURITY_HEADERS } from '../../../src/http/guards/security-headers.js';
import { TestServer } from '../harness.js';

describe('security headers', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  const expected = SECURITY_HEADERS.map((line) => line.split(': ') as [string, string]);

  for (const [path, method, status] of [
    ['/v1/models', 'GET', 200],
    ['/health/live', 'GET', 200],
    ['/openapi.yaml', 'GET', 200],
    ['/v1/compress', 'POST', 200],
    ['/v1/decompress', 'POST', 422],
    ['/v1/models/none', 'GET', 404],
    ['/nowhere', 'GET', 404],
    ['/v1/compress', 'GET', 405],
    ['/v1/models/%E0%A4%A', 'GET', 400],
  ] as const) {
    it(`are on ${method} ${path}, and only those`, async () => {
      const answer = await server.send(path, method === 'POST' ? { method, body: 'x' } : { method });
      assert.equal(answer.status, status);
      for (const [name, value] of expected) assert.equal(answer.headers.get(name), value, name);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      for (const name of ['x-powered-by', 'server', 'strict-transport-security', 'x-frame-options', 'etag'])
        assert.equal(answer.headers.get(name), null, name);
    });
  }

  it('are on what Node could not parse, too', async () => {
    const answer = await server.raw('noise\r\n\r\n').untilClosed();
    assert.match(answer, /^HTTP\/1\.1 400 /);
    for (const line of SECURITY_HEADERS) assert.ok(answer.includes(`\r\n${line}\r\n`), line);
  });
});
