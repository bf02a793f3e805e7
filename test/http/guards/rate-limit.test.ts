import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import express from 'express';
import { pino } from 'pino';
import request from 'supertest';
import { problemHandler } from '../../../src/http/answers/problem.js';
import { limitRate } from '../../../src/http/guards/rate-limit.js';
import { UNOBSERVED } from '../../../src/http/observer.js';
import { requestContext } from '../../../src/http/request-context.js';
import { failure, TestServer } from '../harness.js';

const silent = pino({ level: 'silent' });

describe('the rate limit', () => {
  it('is off unless it is asked for', async () => {
    const server = await TestServer.start();
    const answer = await server.send('/v1/models');
    assert.equal(answer.headers.get('ratelimit'), null);
    await server.stop();
  });

  it('counts down, refuses, says when to go on, and spares probes', async () => {
    const server = await TestServer.start({ rateLimit: { requests: 3, windowSeconds: 60 } });
    for (const left of [2, 1, 0]) {
      const answer = await server.post('/v1/compress', 'x');
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get('ratelimit') ?? '', new RegExp(`^"3-in-1min"; r=${left}; t=(60|59|58)$`));
      assert.match(answer.headers.get('ratelimit-policy') ?? '', /^"3-in-1min"; q=3; w=60; pk=:/);
      assert.equal(answer.headers.get('x-ratelimit-limit'), null);
    }
    for (let i = 0; i < 3; i++) {
      const refused = await server.post('/v1/compress', 'x'.repeat(100_000));
      assert.deepEqual(failure(refused), [429, 'rate-limited']);
      const seconds = Number(refused.headers.get('retry-after'));
      assert.ok(seconds > 50 && seconds <= 60, String(seconds));
      assert.match(refused.headers.get('ratelimit') ?? '', /r=0;/);
    }
    for (const path of ['/health/live', '/health/ready', '/openapi.yaml']) {
      const answer = await server.send(path);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('ratelimit'), null);
    }
    assert.equal(server.codec.asked.length, 3);
    await server.stop();
  });

  it('gives a new share when the window is over', async () => {
    const server = await TestServer.start({ rateLimit: { requests: 1, windowSeconds: 1 } });
    assert.equal((await server.send('/v1/models')).status, 200);
    const refused = await server.send('/v1/models');
    assert.deepEqual(failure(refused), [429, 'rate-limited']);
    await new Promise((resolve) => setTimeout(resolve, 1_000 * Number(refused.headers.get('retry-after')) + 100));
    assert.equal((await server.send('/v1/models')).status, 200);
    await server.stop();
  });

  it('does not last longer, nor shorter, because the clock is set', async (context) => {
    for (const [step, requests] of [
      [-7_200_000, 1],
      [7_200_000, 1],
    ] as const) {
      const server = await TestServer.start({ rateLimit: { requests, windowSeconds: 20 } });
      await server.send('/v1/models');
      context.mock.timers.enable({ apis: ['Date'], now: Date.now() + step });
      const refused = await server.send('/v1/models');
      assert.deepEqual(failure(refused), [429, 'rate-limited']);
      const seconds = Number(refused.headers.get('retry-after'));
      assert.ok(seconds > 10 && seconds <= 20, `${seconds}`);
      context.mock.timers.reset();
      await server.stop();
    }
  });

  it('is refused before a body is asked for', async () => {
    const server = await TestServer.start({ rateLimit: { requests: 1, windowSeconds: 60 } });
    await server.send('/v1/models');
    const connection = server.raw(
      'POST /v1/compress HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n',
    );
    assert.match(await connection.untilClosed(), /^HTTP\/1\.1 429 /);
    assert.deepEqual(await server.spools(), []);
    await server.stop();
  });

  it('counts each key for itself, and guesses of keys by address', async () => {
    const apiKeys = ['one', 'two'].map((name) => ({ name, hash: createHash('sha256').update(name).digest('hex') }));
    const server = await TestServer.start({ apiKeys, rateLimit: { requests: 2, windowSeconds: 60 } });
    const status = async (key: string): Promise<number> =>
      (await server.send('/v1/models', { headers: { 'x-api-key': key } })).status;
    assert.deepEqual([await status('one'), await status('one'), await status('one')], [200, 200, 429]);
    assert.deepEqual([await status('guess 1'), await status('guess 2'), await status('guess 3')], [401, 401, 429]);
    assert.deepEqual([await status('two'), await status('two'), await status('two')], [200, 200, 429]);
    await server.stop();
  });

  /** Behind one proxy that is trusted, which says whose request it is. */
  function behindProxy(): express.Express {
    const app = express().set('trust proxy', 1);
    app.use(requestContext(silent, UNOBSERVED));
    app.use(limitRate({ requests: 1, windowSeconds: 60 }, silent));
    app.get('/', (_req, res) => void res.end());
    return app.use(problemHandler());
  }

  it('takes the address that the proxy says, and of IPv6 the network of 56 bits', async () => {
    const app = behindProxy();
    const from = (address: string) => request(app).get('/').set('X-Forwarded-For', address);
    await from('192.0.2.1').expect(200);
    await from('192.0.2.1').expect(429);
    await from('192.0.2.2').expect(200);
    // IPv4 in IPv6 is the same client.
    await from('::ffff:192.0.2.1').expect(429);
    await from('2001:db8:0:1200::1').expect(200);
    await from('2001:db8:0:12ff:ffff::2').expect(429);
    await from('2001:db8:0:1300::1').expect(200);
    // Some proxies add the port, which is another one for each connection.
    for (const form of ['192.0.2.1:50012', '192.0.2.1:4', '[::ffff:192.0.2.1]:4', '"[2001:db8:0:1200::1]:50012"']) {
      await from(form).expect(429);
    }
    // What the client says of itself stands before what the proxy adds, and is not believed.
    await from('203.0.113.9, 192.0.2.2').expect(429);
  });

  it('does not believe anybody where no proxy is trusted', async () => {
    const server = await TestServer.start({ rateLimit: { requests: 1, windowSeconds: 60 } });
    await server.send('/v1/models', { headers: { 'x-forwarded-for': '192.0.2.1' } });
    const second = await server.send('/v1/models', { headers: { 'x-forwarded-for': '192.0.2.2' } });
    assert.deepEqual(failure(second), [429, 'rate-limited']);
    await server.stop();
  });
});
