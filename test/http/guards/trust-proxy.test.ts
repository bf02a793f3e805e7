import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestServer } from '../harness.js';

describe('X-Forwarded-For', () => {
  for (const hops of [0, 1, 2]) {
    it(`is believed as far as ${hops} balancers in front have written it`, async () => {
      const server = await TestServer.start({ trustedHops: hops });
      try {
        // What Express asks of each address, from the connection's own to the first in the header.
        const trusts = server.app.get('trust proxy fn') as (address: string, index: number) => boolean;
        const believed = [0, 1, 2, 3].map((index) => trusts('203.0.113.7', index));
        assert.deepEqual(
          believed,
          [0, 1, 2, 3].map((index) => index < hops),
        );
      } finally {
        await server.stop();
      }
    });
  }
});
