import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ratesByCalls, ratesBySize, toSvg } from './figures.js';
import { byPeer, type Results } from './results.js';

const sizes = [256, 1024, 'whole'] as const;
const results: Results = {
  quick: false,
  autoModel: 'text-9',
  models: [{ id: 'text-9', balanced: 64 }],
  titles: { prose: 'The prose', records: 'The records' },
  peers: byPeer((peer) => (peer === 'xz' ? null : '1')),
  rows: (['prose', 'records'] as const).flatMap((group) =>
    sizes
      .filter((size) => group === 'prose' || size === 'whole')
      .map((size) => ({
        group,
        size,
        inputs: 2,
        bytes: size === 'whole' ? 200_000 : 2 * size,
        auto: 100,
        models: { 'text-9': 110 },
        peers: byPeer((peer) => (peer === 'zpaq' ? null : 200)),
      })),
  ),
  files: [],
  ladder: (['prose', 'records'] as const).flatMap((group) =>
    [1, 64, 1024].map((calls) => {
      const size = group === 'prose' ? 1024 : 'whole';
      return { group, size, model: 'text-9', calls, inputs: 2, bytes: 2048, archives: 1024 / calls + 400 } as const;
    }),
  ),
  limits: null,
};

const texts = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((found) => found[1] ?? '');

describe('figures', () => {
  it('show the rate against calls of every group, records too', async () => {
    const found = texts(await toSvg(ratesByCalls(results)));
    for (const text of ['The prose', 'The records', 'text-9', 'brotli -q 11', 'bits per byte', '1024']) {
      assert.ok(found.includes(text), text);
    }
  });

  it('show the rate against size of groups that have several', async () => {
    const found = texts(await toSvg(ratesBySize(results)));
    for (const text of ['The prose', 'auto', 'text-9 alone', 'zpaq -m5', '64K']) assert.ok(found.includes(text), text);
    for (const text of ['The records', 'xz -9e']) assert.ok(!found.includes(text), text);
  });
});
