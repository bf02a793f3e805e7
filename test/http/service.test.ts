import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ListenError } from '../../src/http/listen-error.js';
import { HttpService } from '../../src/http/service.js';
import { until } from '../until.js';
import { RawConnection, TestServer } from './harness.js';

describe('the service', () => {
  describe('answers what is not HTTP as it answers all else', () => {
    let server: TestServer;
    before(async () => {
      server = await TestServer.start();
    });
    after(() => server.stop());

    for (const [what, request, status, code] of [
      ['noise', 'what is this?\r\n\r\n', 400, 'malformed-request'],
      ['an unknown method', 'BREW /v1/compress HTTP/1.1\r\nHost: a\r\n\r\n', 501, 'unknown-method'],
      ['no Host', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'malformed-request'],
      [
        'two Content-Lengths',
        'POST /v1/compress HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
        400,
        'malformed-request',
      ],
      [
        'a broken chunk',
        'POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
        400,
        'malformed-request',
      ],
      ['endless headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
      ['a path with a line break in it', 'GET /a\nb HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'malformed-request'],
    ] as const) {
      it(what, async () => {
        const answer = await server.raw(request).untilClosed();
        assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
        const [head, body] = answer.split('\r\n\r\n') as [string, string];
        assert.match(head, /content-type: application\/problem\+json/i);
        assert.match(head, /x-request-id: [0-9a-f-]{36}/i);
        assert.equal((JSON.parse(body) as { code: string }).code, code);
        await server.untilClean();
      });
    }

    it('keeps connections open between requests', async () => {
      const connection = server.raw('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
      await connection.untilReceived('{"status":"live"}');
      assert.match(connection.text, /Keep-Alive: timeout=75/i);
      connection.socket.write('GET /health/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      assert.match(await connection.untilClosed(), /\{"status":"ready",/);
    });

    it('keeps a connection on which the whole of a refused body has arrived', async () => {
      const connection = server.raw('POST /v1/models HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody');
      await connection.untilReceived('"code":"method-not-allowed"');
      connection.socket.write('GET /health/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      assert.match(await connection.untilClosed(), /"ready"/);
    });
  });

  describe('bounds', () => {
    const QUICK = {
      headersTimeout: 400,
      keepAliveTimeout: 300,
      requestTimeout: 1_200,
      connectionsCheckingInterval: 50,
    };
    let server: TestServer;
    before(async () => {
      server = await TestServer.start({}, QUICK);
    });
    after(() => server.stop());

    it('the time of headers, however they come', async () => {
      const connection = server.raw('GET /health/live HTTP/1.1\r\nHost: a\r\n');
      const trickle = setInterval(() => connection.socket.write('X: y\r\n'), 50);
      const answer = await connection.untilClosed();
      clearInterval(trickle);
      assert.match(answer, /^HTTP\/1\.1 408 [\s\S]*"code":"request-timeout"/);
    });

    it('the time of a connection on which nothing comes', async () => {
      assert.match(await server.raw().untilClosed(), /^(HTTP\/1\.1 408 |$)/);
    });

    it('the time between two requests', async () => {
      const connection = server.raw('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
      assert.match(await connection.untilClosed(), /^HTTP\/1\.1 200 /);
    });

    it('the time of a whole request', async () => {
      const connection = server.raw('POST /v1/compress HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
      const enough = setInterval(() => connection.socket.write('x'.repeat(1_000)), 20);
      const answer = await connection.untilClosed();
      clearInterval(enough);
      assert.match(answer, /^HTTP\/1\.1 408 [\s\S]*"code":"request-timeout"/);
      await server.untilClean();
    });

    it('the number of connections, and takes new ones when old ones have gone', async () => {
      const small = await TestServer.start({}, { maxConnections: 3 });
      const ask = 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n';
      const three = [1, 2, 3].map(() => small.raw(ask));
      for (const connection of three) await connection.untilReceived('"live"');
      assert.equal(await small.raw(ask).untilClosed(), '');
      three[0]?.socket.destroy();
      await until(async () => {
        const next = small.raw(ask);
        await until(() => next.text !== '' || next.socket.destroyed, 'neither answered nor closed');
        next.socket.destroy();
        return next.text.includes('"live"');
      }, 'no new one is taken');
      await small.stop();
    });

    it('nothing of a request that computes for long', async () => {
      const release = server.codec.hold();
      const running = server.post('/v1/compress', 'x');
      await new Promise((resolve) => setTimeout(resolve, 2 * QUICK.requestTimeout));
      release();
      assert.equal((await running).status, 200);
    });
  });

  describe('ends', () => {
    it('after the requests that run, and with no new ones', async () => {
      const server = await TestServer.start();
      const idle = server.raw('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
      await idle.untilReceived('"live"');
      const release = server.codec.hold();
      const running = server.post('/v1/compress', 'x');
      await until(() => server.codec.working === 1, 'nothing runs');
      const closed = server.service.close(10_000);
      await idle.untilClosed();
      await assert.rejects(fetch(`${server.url}/health/live`));
      release();
      assert.equal((await running).status, 200);
      assert.equal(await closed, true);
      await server.untilClean();
      await server.stop().catch(() => {});
    });

    it('in time, even if a request does not', async () => {
      const server = await TestServer.start();
      server.codec.hold();
      const running = server.post('/v1/compress', 'x').catch((error: unknown) => error);
      await until(() => server.codec.working === 1, 'nothing runs');
      assert.equal(await server.service.close(100), false);
      assert.ok((await running) instanceof Error);
      await until(() => server.codec.working === 0, 'the work goes on');
      await server.untilClean();
      await server.stop().catch(() => {});
    });
  });

  describe('says why it cannot listen', () => {
    for (const [what, host, port, reason] of [
      ['another address', '192.0.2.1', 0, /no such address.*HOST/],
      ['no name', 'no-such-host.invalid', 0, /HOST|EAI_AGAIN|cannot|Cannot/],
    ] as const) {
      it(what, async () => {
        const service = new HttpService(() => {});
        await assert.rejects(service.listen(port, host), (error: unknown) => {
          assert.ok(error instanceof ListenError);
          assert.match(error.message, reason);
          return true;
        });
      });
    }

    it('a port in use', async () => {
      const first = new HttpService(() => {});
      const { port } = await first.listen(0, '127.0.0.1');
      await assert.rejects(new HttpService(() => {}).listen(port, '127.0.0.1'), /uses port \d+\. Stop it, or set PORT/);
      await first.close(0);
    });
  });
});

describe('a service that is about to end', () => {
  it('still answers, and ends each connection with its answer', async () => {
    const service = new HttpService((_req, res) => void res.end('here'));
    const { port } = await service.listen(0, '127.0.0.1');
    const kept = new RawConnection(port, ['GET / HTTP/1.1\r\nHost: a\r\n\r\n']);
    await kept.untilReceived('here');
    assert.match(kept.text, /Connection: keep-alive/i);
    service.leave();
    kept.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await kept.untilClosed(), /here.*Connection: close.*here/is);
    assert.match(await new RawConnection(port, ['GET / HTTP/1.1\r\nHost: a\r\n\r\n']).untilClosed(), /here/);
    await service.close(0);
  });
});
