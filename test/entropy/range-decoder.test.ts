import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RangeDecoder } from '../../src/entropy/range-decoder.js';
import { RangeEncoder } from '../../src/entropy/range-encoder.js';
import { TOTAL } from '../../src/entropy/total.js';
import { decodeAll, decodesTo, draw, encodeAll, type Interval, partition } from './intervals.js';
import { xorshift32 } from './random.js';

const weightLists: fc.Arbitrary<number[]> = fc.oneof(
  fc.array(fc.nat(1000), { minLength: 1, maxLength: 256, size: 'max' }),
  // Extremely skewed: one symbol has nearly everything.
  fc.integer({ min: 2, max: 256 }).map((count) => [...Array(count - 1).fill(0), 1]),
  fc.integer({ min: 1, max: 256 }).map((count) => Array(count).fill(1)),
  fc.integer({ min: 1, max: 256 }).map((count) => Array.from({ length: count }, (_, index) => 0.5 ** index)),
);

describe('RangeDecoder: what was encoded', () => {
  it('comes back, for any weights, sizes and data', () => {
    fc.assert(
      fc.property(weightLists, fc.nat(600), fc.integer(), (weights, count, seed) => {
        const intervals = partition(weights);
        const symbols = draw(intervals, count, seed);
        assert.deepEqual(decodeAll(encodeAll(symbols), intervals, count), symbols);
      }),
      { numRuns: 200 },
    );
  });

  it('comes back when every symbol has intervals of its own', () => {
    const own = fc
      .integer({ min: 0, max: TOTAL - 1 })
      .chain((start) => fc.record({ start: fc.constant(start), size: fc.integer({ min: 1, max: TOTAL - start }) }));
    fc.assert(
      fc.property(fc.array(own, { maxLength: 500, size: 'max' }), (symbols) => {
        assert.ok(decodesTo(encodeAll(symbols), symbols));
      }),
    );
  });

  for (const count of [0, 1, 2, 3, 255, 256, 257, 4095, 65_535, 65_536, 70_000]) {
    it(`comes back at ${count} symbols`, () => {
      for (const weights of [[1], [1, 1], [1, 65000], Array(256).fill(1), [...Array(255).fill(0), 1], [1, 2, 3, 4]]) {
        const intervals = partition(weights);
        const symbols = draw(intervals, count, count + weights.length);
        assert.deepEqual(decodeAll(encodeAll(symbols), intervals, count), symbols);
        // And data that the weights did not foresee: only an unlikely symbol.
        const rare = Array<Interval>(count).fill((intervals[1] ?? intervals[0]) as Interval);
        assert.ok(decodesTo(encodeAll(rare), rare));
      }
    });
  }

  it('has its target at every point of the coded interval, edges included', () => {
    for (const [start, size] of [
      [0, 1],
      [65535, 1],
      [32767, 2],
      [0, TOTAL],
      [1, TOTAL - 1],
    ] as const) {
      const encoder = new RangeEncoder();
      for (let i = 0; i < 50; i++) encoder.encode(start, size);
      const decoder = new RangeDecoder(encoder.finish());
      for (let i = 0; i < 50; i++) {
        const target = decoder.target();
        assert.ok(target >= start && target < start + size);
        assert.equal(decoder.target(), target, 'asking twice changes nothing');
        decoder.advance(start, size);
      }
    }
  });
});

describe('RangeDecoder: the end of the string', () => {
  it('reads zeros past it', () => {
    const intervals = partition([3, 2, 2, 1]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.nat(8), (bytes, zeros) => {
        const padded = Uint8Array.of(...bytes, ...Array(zeros).fill(0));
        assert.deepEqual(decodeAll(bytes, intervals, 100), decodeAll(padded, intervals, 100));
      }),
    );
  });

  it('does not read beyond a view', () => {
    const buffer = new Uint8Array(16).fill(0xff);
    const intervals = partition([1, 1, 1]);
    assert.deepEqual(
      decodeAll(buffer.subarray(4, 6), intervals, 50),
      decodeAll(Uint8Array.of(0xff, 0xff), intervals, 50),
    );
  });
});

describe('RangeDecoder: damaged strings', () => {
  it('gives targets in range for whatever bytes, to any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), weightLists, (bytes, weights) => {
        const decoder = new RangeDecoder(bytes);
        const intervals = partition(weights);
        for (let i = 0; i < 300; i++) {
          const target = decoder.target();
          assert.ok(Number.isInteger(target) && target >= 0 && target < TOTAL);
          const { start, size } = intervals.findLast((interval) => interval.start <= target) as Interval;
          decoder.advance(start, size);
        }
      }),
    );
  });

  it('survives the one start that no encoder writes: all ones', () => {
    const bytes = new Uint8Array(1000).fill(0xff);
    for (const weights of [[1, 1], [1], Array(256).fill(1), [1, 60000]]) {
      const symbols = decodeAll(bytes, partition(weights), 3000);
      assert.equal(symbols.length, 3000);
    }
  });

  it('decodes the same bytes to the same symbols every time', () => {
    const next = xorshift32(11);
    const bytes = Uint8Array.from({ length: 500 }, () => next() >>> 24);
    const intervals = partition([1, 5, 9, 40]);
    assert.deepEqual(decodeAll(bytes, intervals, 2000), decodeAll(bytes, intervals, 2000));
  });
});
