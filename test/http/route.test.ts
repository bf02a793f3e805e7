import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openapi } from './contract.js';
import { failure, TestServer } from './harness.js';

const KEY = 'f5c8d5d6a4d1f9d5cbbc4a4dbb8e5d3b6b0ff2a2ef4a1c1c6ad4bb9f3f1d7e62';

describe('OPTIONS', () => {
  let server: TestServer;
  before(async () => {
    // With keys, and a limit that the second request would meet.
    server = await TestServer.start({
      apiKeys: [{ name: 'a', hash: KEY }],
      rateLimit: { requests: 1, windowSeconds: 60 },
    });
  });
  after(() => server.stop());

  for (const [path, operations] of Object.entries(openapi.paths)) {
    it(`tells the methods of ${path}, to everybody`, async () => {
      const { status, headers, body } = await server.send(path.replace('{id}', 'x'), { method: 'OPTIONS' });
      assert.deepEqual([status, body.length], [204, 0]);
      const described = Object.keys(operations)
        .filter((name) => name !== 'parameters')
        .flatMap((name) => (name === 'get' ? ['GET', 'HEAD'] : [name.toUpperCase()]));
      assert.deepEqual(headers.get('allow')?.split(', ').sort(), [...described, 'OPTIONS'].sort());
      assert.equal(headers.get('access-control-allow-origin'), null);
    });
  }

  it('tells what the server as a whole can do', async () => {
    const answer = await server.raw('OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').untilClosed();
    assert.match(answer, /^HTTP\/1\.1 204 [\s\S]*\r\nAllow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n/);
  });

  it('knows no path that there is not', async () => {
    assert.deepEqual(failure(await server.send('/health/dead', { method: 'OPTIONS' })), [404, 'not-found']);
  });
});

describe('HEAD', () => {
  it('is answered as GET is, without the body', async () => {
    const server = await TestServer.start();
    for (const path of ['/openapi.yaml', '/metrics', '/health/live', '/health/ready', '/v1/models', '/v1/jobs', '/x']) {
      const [head, get] = [await server.send(path, { method: 'HEAD' }), await server.send(path)];
      assert.deepEqual([head.status, head.body.length], [get.status, 0], path);
      for (const name of ['content-type', 'content-encoding', 'vary', 'cache-control', 'allow']) {
        assert.equal(head.headers.get(name), get.headers.get(name), `${path} ${name}`);
      }
      // Of metrics it changes from one to the next.
      if (path !== '/metrics')
        assert.equal(head.headers.get('content-length'), get.headers.get('content-length'), path);
    }
    await server.stop();
  });
});
