import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BLOCK_LENGTH } from '../../src/ardm/order.js';
import { cheapestStarts, partition, totalCalls } from '../../src/ardm/schedule.js';

/** The cost that the paper's dynamic program minimises, for a given cut. */
function cost(starts: ArrayLike<number>, n: number, loss: readonly number[]): number {
  const sorted = [...loss].sort((a, b) => b - a);
  let sum = 0;
  for (let k = 0; k + 1 < starts.length; k++) {
    const from = starts[k] ?? 0;
    sum += ((starts[k + 1] ?? 0) - from) * (sorted[Math.floor((from * sorted.length) / n)] ?? 0);
  }
  return sum;
}

/** Cheapest cost by trying every previous cut: O(calls * n^2). */
function exhaustive(n: number, calls: number, loss: readonly number[]): number {
  const sorted = [...loss].sort((a, b) => b - a);
  let costs = Array.from({ length: n + 1 }, (_, j) => (j === 0 ? 0 : Number.POSITIVE_INFINITY));
  for (let k = 0; k < calls; k++) {
    costs = costs.map((_, j) => {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < j; i++) {
        best = Math.min(best, (costs[i] ?? 0) + (j - i) * (sorted[Math.floor((i * sorted.length) / n)] ?? 0));
      }
      return best;
    });
  }
  return costs[n] ?? 0;
}

const PINNED = {
  small: [0, 2, 5, 10, 15, 22, 30, 40],
  ties: [0, 1, 2, 3, 10],
  whole: '5c1bb2087cf7d1f87d7f359a49daa3c74e72f3121840ecd7f65cd6ab68f609ca',
};

const losses = fc.array(fc.integer({ min: 0, max: 8000 }), { minLength: 1, maxLength: 40 });

describe('cheapestStarts', () => {
  it('finds the cheapest cut into exactly so many calls', () => {
    const cases = fc
      .integer({ min: 1, max: 48 })
      .chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 1, max: n }), losses));
    fc.assert(
      fc.property(cases, ([n, calls, loss]) => {
        const starts = cheapestStarts(n, calls, loss);
        assert.equal(starts.length, calls + 1);
        assert.equal(starts[0], 0);
        assert.equal(starts[calls], n);
        for (let k = 0; k < calls; k++) assert.ok((starts[k + 1] ?? 0) > (starts[k] ?? 0));
        assert.equal(cost(starts, n, loss), exhaustive(n, calls, loss));
      }),
      { numRuns: 400 },
    );
  });

  it('spends calls where the loss falls fastest', () => {
    const loss = Array.from({ length: 64 }, (_, i) => Math.round(8000 / (1 + i)));
    const starts = cheapestStarts(1024, 16, loss);
    assert.ok((starts[1] ?? 0) < 1024 / 16 && (starts[16] ?? 0) - (starts[15] ?? 0) > 1024 / 16);
  });

  it('never changes: archives depend on it, ties included', () => {
    const loss = Array.from({ length: 64 }, (_, i) => 1200 + Math.floor(60_000 / (12 + i)) - (i % 3));
    assert.deepEqual([...cheapestStarts(40, 7, loss)], PINNED.small);
    assert.deepEqual([...cheapestStarts(10, 4, [100])], PINNED.ties);
    const hash = createHash('sha256')
      .update(cheapestStarts(1024, 100, loss).join())
      .digest('hex');
    assert.equal(hash, PINNED.whole);
  });

  it('codes one position per call where there are as many calls as positions', () => {
    assert.deepEqual([...cheapestStarts(5, 5, [5, 4])], [0, 1, 2, 3, 4, 5]);
  });
});

describe('partition', () => {
  it('covers a block under either schedule', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('interleaved' as const, 'random' as const),
        fc.integer({ min: 1, max: 1024 }),
        fc.integer({ min: 1, max: 200 }),
        (schedule, n, calls) => {
          const { positions, starts } = partition(n, { schedule, calls }, [5000, 3000, 2500]);
          assert.equal(new Set(positions).size, n);
          assert.equal(starts[starts.length - 1], n);
          assert.ok(starts.length - 1 <= Math.min(n, calls));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('totalCalls', () => {
  it('counts what the partitions take', () => {
    for (const schedule of ['interleaved', 'random'] as const) {
      for (const calls of [1, 7, 86, 128, 1024]) {
        for (const length of [0, 1, 300, 1024, 2500]) {
          let sum = 0;
          for (let at = 0; at < length; at += BLOCK_LENGTH) {
            sum += partition(Math.min(BLOCK_LENGTH, length - at), { schedule, calls }, [1]).starts.length - 1;
          }
          assert.equal(totalCalls(length, { schedule, calls }), sum);
        }
      }
    }
  });
});
