import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BLOCK_LENGTH, canonicalCalls, interleaved, randomOrder } from '../../src/ardm/order.js';
import { SEGMENT_BLOCK } from '../../src/bytes/coding.js';

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

  it('never changes: archives depend on it', () => {
    const hash = createHash('sha256');
    for (let n = 1; n <= 1024; n += 11) {
      for (const calls of [1, 2, 3, 16, 86, 128, 341, 342, 512, 1000, 1024]) {
        const { positions, starts } = interleaved(n, calls);
        hash.update(positions.join()).update(starts.join());
      }
    }
    // Of the version that text-1 was released with.
    assert.equal(hash.digest('hex'), '4d9e66b6c2fc14e3edf83ebf207c87619f74f53e6ede27e724f893f24434845e');
  });

  it('is pure autoregression at 1,024 calls and one shot at 1', () => {
    assert.deepEqual([...interleaved(1024, 1024).positions], upTo(1024));
    assert.equal(interleaved(1024, 1024).starts.length, 1025);
    assert.deepEqual([...interleaved(1024, 1).starts], [0, 1024]);
  });
});

describe('interleaved over a block as long as a segment', () => {
  /** Every position once; lanes as of 1,024 positions, of nearly equal length, the longer ones first, one byte of each per call. */
  function check(n: number, calls: number): void {
    const { positions, starts } = interleaved(n, calls);
    const lanes = starts[1] ?? 0;
    assert.equal(lanes, interleaved(BLOCK_LENGTH, calls).starts[1], 'as many lanes as 1,024 positions need');
    assert.equal(starts.length - 1, Math.ceil(n / lanes));
    assert.equal(positions.length, n);
    const seen = new Uint8Array(n);
    for (const p of positions) seen[p] = 1;
    assert.ok(!seen.includes(0), 'every position once');
    const heads = [...positions.subarray(0, lanes)];
    const lengths = heads.map((head, i) => (heads[i + 1] ?? n) - head);
    const longer = n % lanes;
    lengths.forEach((length, i) => {
      assert.equal(length, Math.floor(n / lanes) + (i < longer ? 1 : 0));
    });
    let wrong = 0;
    for (let t = 0; t + 1 < starts.length; t++) {
      const from = starts[t] ?? 0;
      const rows = (starts[t + 1] ?? 0) - from;
      assert.equal(rows, t + 1 < starts.length - 1 || longer === 0 ? lanes : longer);
      for (let i = 0; i < rows; i++) if (positions[from + i] !== (heads[i] ?? 0) + t) wrong++;
    }
    assert.equal(wrong, 0);
  }

  it('has the lanes of 1,024 positions, only longer, at any length', () => {
    const lengths = fc.integer({ min: 1024, max: 20_000 });
    fc.assert(fc.property(lengths, fc.integer({ min: 1, max: 1024 }), check), { numRuns: 60 });
    for (const calls of [1, 2, 86, 128, 342, 1000, 1024]) for (const n of [1024, 1025, 5000]) check(n, calls);
  });

  it('has them over a whole segment', () => {
    for (const calls of [1, 3, 128, 342, 1024]) check(SEGMENT_BLOCK, calls);
    assert.equal(interleaved(SEGMENT_BLOCK, 128).starts.length - 1, 2 ** 19 / 8);
  });

  it('is the same for every two dials that are the same over 1,024 positions', () => {
    for (let calls = 1; calls <= 1024; calls += 5) {
      assert.deepEqual(interleaved(3001, calls), interleaved(3001, canonicalCalls(calls)));
    }
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
