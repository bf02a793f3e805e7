import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { after, describe, it } from 'node:test';
import { ServiceProcess } from './process.js';

async function hasIPv6(): Promise<boolean> {
  const probe = createServer().listen(0, '::1');
  try {
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}

/** @returns the status of the answer. */
async function ask(
  { port }: ServiceProcess,
  { to, from, ...headers }: { to: string; from?: string; 'x-forwarded-for'?: string },
): Promise<number> {
  const request = get({ host: to, port, path: '/v1/models', localAddress: from, headers, agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode ?? 0;
}

describe('addresses', () => {
  after(() => ServiceProcess.killAll());

  it('are all listened on, of IPv6 and IPv4, and clients of both told apart', async (context) => {
    const service = await ServiceProcess.start({
      HOST: '',
      RATE_LIMIT_REQUESTS: '1',
      RATE_LIMIT_WINDOW_SECONDS: '600',
    });
    // IPv4 comes in as IPv6, of which one network of 56 bits is one client.
    assert.equal(await ask(service, { to: '127.0.0.1', from: '127.0.0.1' }), 200);
    assert.equal(await ask(service, { to: '127.0.0.1', from: '127.0.0.1' }), 429);
    if (process.platform === 'linux') {
      assert.equal(await ask(service, { to: '127.0.0.1', from: '127.0.0.2' }), 200);
      assert.equal(await ask(service, { to: '127.0.0.1', from: '127.0.0.2' }), 429);
    }
    if (await hasIPv6()) {
      assert.equal(service.log.find(({ msg }) => msg.startsWith('listening'))?.address, '::');
      assert.equal(await ask(service, { to: '::1' }), 200);
      assert.equal(await ask(service, { to: '::1' }), 429);
    } else {
      console.error('SKIPPED: listening on IPv6, because this machine has none');
      context.diagnostic('this machine has no IPv6');
    }
    await service.stop();
  });

  it('that a balancer writes with a port are those without', async () => {
    const limit = { RATE_LIMIT_REQUESTS: '2', RATE_LIMIT_WINDOW_SECONDS: '600' };
    const service = await ServiceProcess.start({ ...limit, TRUST_PROXY_HOPS: '1' });
    const from = (address: string) => ask(service, { to: '127.0.0.1', 'x-forwarded-for': address });
    for (const client of ['203.0.113.9:5001', '[2001:db8::1]:5001']) {
      const again = client.replace('5001', '5002');
      assert.deepEqual(
        [await from(client), await from(again), await from(client), await from(again)],
        [200, 200, 429, 429],
      );
    }
    assert.equal(await from('203.0.113.10:5001'), 200);
    await service.stop();
  });
});
