import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BLOCK_LENGTH, canonicalCalls, interleaved, randomOrder } from '../../src/ardm/order.js';

const sorted = (positions: Uint32Array) => [...positions].sort((a, b) => a - b);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('interleaved', () => {
  it('visits every position once, in at most the calls that were asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1024 }), fc.integer({ min: 1, max: 1024 }), (n, calls) => {
        const { positions, starts } = interleaved(n, calls);
        assert.deepEqual(sorted(positions), upTo(n));
        assert.ok(starts.length - 1 <= Math.min(calls, n));
        assert.equal(starts[0], 0);
        assert.equal(starts[starts.length - 1], n);
        for (let t = 1; t < starts.length; t++) assert.ok((starts[t] ?? 0) > (starts[t - 1] ?? 0));
      }),
      { numRuns: 500 },
    );
  });

  it('reads each lane left to right, lanes of nearly equal length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1024 }), fc.integer({ min: 1, max: 1024 }), (n, calls) => {
        const { positions, starts } = interleaved(n, calls);
        const lanes = (starts[1] ?? 0) - (starts[0] ?? 0);
        assert.equal(lanes, Math.ceil(n / Math.min(calls, n)));
        const heads = [...positions.subarray(0, lanes)];
        const lengths = heads.map((head, i) => (heads[i + 1] ?? n) - head);
        assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 1);
        for (let t = 0; t + 1 < starts.length; t++) {
          const group = [...positions.subarray(starts[t], starts[t + 1])];
          assert.deepEqual(
            group,
            heads.slice(0, group.length).map((head) => head + t),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is pure autoregression at 1,024 calls and one shot at 1', () => {
    assert.deepEqual([...interleaved(1024, 1024).positions], upTo(1024));
    assert.equal(interleaved(1024, 1024).starts.length, 1025);
    assert.deepEqual([...interleaved(1024, 1).starts], [0, 1024]);
  });
});

describe('canonicalCalls', () => {
  it('names the 63 different partitions of a full block, each by the calls it takes', () => {
    const seen = new Map<number, string>();
    for (let calls = 1; calls <= BLOCK_LENGTH; calls++) {
      const canonical = canonicalCalls(calls);
      assert.ok(canonical <= calls);
      assert.equal(canonicalCalls(canonical), canonical);
      const { positions, starts } = interleaved(BLOCK_LENGTH, calls);
      assert.equal(starts.length - 1, canonical);
      const text = `${positions.join()}|${starts.join()}`;
      assert.equal(seen.get(canonical) ?? text, text);
      seen.set(canonical, text);
    }
    assert.equal(seen.size, 63);
    assert.equal(new Set(seen.values()).size, 63);
  });
});

describe('canonicalCalls of a file shorter than a block', () => {
  it('takes as many calls as it may, and never more than were asked for', () => {
    const codes = Array.from({ length: 1024 }, (_, i) => canonicalCalls(i + 1));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1023 }), fc.integer({ min: 1, max: 1024 }), (n, calls) => {
        const dial = canonicalCalls(calls, n);
        assert.equal(canonicalCalls(dial), dial, 'has a short code');
        const taken = interleaved(n, dial).starts.length - 1;
        assert.ok(taken <= calls);
        for (const code of codes) {
          const other = interleaved(n, code).starts.length - 1;
          assert.ok(other > calls || other <= taken);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives every byte a call of its own where there are calls enough', () => {
    assert.equal(interleaved(600, canonicalCalls(1000, 600)).starts.length - 1, 600);
    assert.equal(canonicalCalls(7, 0), 7);
  });
});

describe('randomOrder', () => {
  it('is a permutation for every length', () => {
    for (const n of [1, 2, 3, 17, 255, 256, 1000, 1024]) assert.deepEqual(sorted(randomOrder(n)), upTo(n));
  });

  it('never changes: archives depend on it', () => {
    assert.deepEqual([...randomOrder(12)], [10, 6, 0, 7, 11, 4, 2, 3, 9, 5, 8, 1]);
    assert.equal(
      createHash('sha256').update(randomOrder(1024).join()).digest('hex'),
      'eb3203c1bb813de2d690afd3cc47f414d5c1e0e96c4447c83bb9ca1a13427d43',
    );
  });
});
