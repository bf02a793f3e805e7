import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Interval } from '../../src/audit/interval.js';
import * as interval from '../../src/audit/interval.js';

const grids = fc.integer({ min: -12, max: 6 });
const units = fc.integer({ min: -5000, max: 5000 });

/** An interval and one member of it. */
const member = fc.tuple(units, units, grids, fc.double({ min: 0, max: 1, noNaN: true })).map(([a, b, grid, t]) => {
  const [lo, hi] = [Math.min(a, b), Math.max(a, b)];
  return { x: { lo, hi, grid } satisfies Interval, value: (lo + Math.floor(t * (hi - lo))) * 2 ** grid };
});

function holds({ lo, hi, grid }: Interval, value: number): boolean {
  const n = value / 2 ** grid;
  return Number.isInteger(n) && n >= lo && n <= hi;
}

test('refine keeps the values and refuses a coarser grid', () => {
  fc.assert(
    fc.property(member, fc.integer({ min: 0, max: 10 }), ({ x, value }, finer) => {
      assert.ok(holds(interval.refine(x, x.grid - finer), value));
      assert.throws(() => interval.refine(x, x.grid + 1 + finer), RangeError);
    }),
  );
});

test('add holds the sum of any members', () => {
  fc.assert(
    fc.property(member, member, (a, b) => {
      assert.ok(holds(interval.add(a.x, b.x), a.value + b.value));
    }),
  );
});

test('floor holds the floor of any member, on whole numbers', () => {
  fc.assert(
    fc.property(member, ({ x, value }) => {
      const result = interval.floor(x);
      assert.ok(result.grid >= 0);
      assert.ok(holds(result, Math.floor(value)));
    }),
  );
});

test('clip holds the clipped value of any member, and nothing outside the limits', () => {
  fc.assert(
    fc.property(member, units, units, grids, ({ x, value }, a, b, grid) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((n) => ({ lo: n, hi: n, grid }));
      const [lowest, highest] = [low.lo * 2 ** grid, high.lo * 2 ** grid];
      const result = interval.clip(x, low, high);
      assert.ok(holds(result, Math.min(Math.max(value, lowest), highest)));
      assert.ok(result.lo * 2 ** result.grid >= lowest && result.hi * 2 ** result.grid <= highest);
    }),
  );
});

test('subtract, multiply and larger hold what they compute of any members', () => {
  fc.assert(
    fc.property(member, member, (a, b) => {
      assert.ok(holds(interval.subtract(a.x, b.x), a.value - b.value));
      assert.ok(holds(interval.multiply(a.x, b.x, false), a.value * b.value));
      assert.ok(holds(interval.larger(a.x, b.x), Math.max(a.value, b.value)));
      for (const value of [a.value, b.value]) assert.ok(holds(interval.union(a.x, b.x), value));
    }),
  );
});

test('a square is never negative, and is bounded by the larger side', () => {
  fc.assert(
    fc.property(member, ({ x, value }) => {
      const square = interval.multiply(x, x, true);
      assert.ok(square.lo >= 0);
      assert.ok(holds(square, value * value));
    }),
  );
  assert.deepEqual(interval.multiply({ lo: -3, hi: 2, grid: -1 }, { lo: -3, hi: 2, grid: -1 }, true), {
    lo: 0,
    hi: 9,
    grid: -2,
    significand: 9,
  });
});

test('sum holds the sum of any part of the members', () => {
  fc.assert(
    fc.property(
      member,
      fc.integer({ min: 1, max: 3000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (m, count, t) => {
        assert.ok(holds(interval.sum(m.x, count), Math.floor(t * count) * m.value));
      },
    ),
  );
  assert.deepEqual(interval.sum({ lo: 5, hi: 7, grid: 0 }, 10), { lo: 0, hi: 70, grid: 0 });
});

test('the significand of a product is the product of significands, whatever the exponents', () => {
  // 129 * 2^-20 and 255 * 2^10: 38 bits on one grid, 8 bits each on its own.
  const table = interval.intervalOfFloats(Float32Array.of(129 * 2 ** -20, 255 * 2 ** 10));
  assert.ok(table);
  assert.equal(interval.significand(table), 255);
  const product = interval.multiply({ lo: -4095, hi: 4095, grid: 0 }, table, false);
  assert.equal(interval.significand(product), 4095 * 255);
  assert.ok(interval.magnitude(product) > 2 ** 40);
  // Sums have one grid for all: there only the magnitude counts.
  assert.equal(interval.significand(interval.add(product, product)), 2 * interval.magnitude(product));
  const clipped = interval.clip(product, { lo: -255, hi: -255, grid: 0 }, { lo: 255, hi: 255, grid: 0 });
  assert.equal(interval.significand(clipped), 4095 * 255);
  assert.equal(clipped.hi * 2 ** clipped.grid, 255);
});

test('magnitude is the larger side', () => {
  assert.equal(interval.magnitude({ lo: -7, hi: 3, grid: 0 }), 7);
  assert.equal(interval.magnitude({ lo: -2, hi: 3, grid: 5 }), 3);
});

test('the interval of floats is exact, on the coarsest grid of all elements', () => {
  assert.deepEqual(interval.intervalOfFloats(Float32Array.of(0.75, -2)), { lo: -8, hi: 3, grid: -2, significand: 3 });
  assert.deepEqual(interval.intervalOfFloats(Float32Array.of(1024, -4096, 0)), {
    lo: -4,
    hi: 1,
    grid: 10,
    significand: 1,
  });
  assert.deepEqual(interval.intervalOfFloats(Float32Array.of(300)), { lo: 75, hi: 75, grid: 2, significand: 75 });
  assert.deepEqual(interval.intervalOfFloats(Float32Array.of(0, 0)), { lo: 0, hi: 0, grid: 0, significand: 0 });
  // A decimal fraction needs nearly all bits of fp32.
  assert.deepEqual(interval.intervalOfFloats(Float32Array.of(0.3)), {
    lo: 5033165,
    hi: 5033165,
    grid: -24,
    significand: 5033165,
  });
});

test('the interval of floats holds every element, and no coarser grid does', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(units, grids), { minLength: 1, maxLength: 20 }), (pairs) => {
      const values = Float32Array.from(pairs, ([n, grid]) => n * 2 ** grid);
      const result = interval.intervalOfFloats(values);
      assert.ok(result);
      for (const value of values) assert.ok(holds(result, value));
      const unit = 2 ** (result.grid + 1);
      assert.ok(values.every((value) => value === 0) || values.some((value) => !Number.isInteger(value / unit)));
    }),
  );
});

test('floats that are on no usable grid give null', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** -149, -(2 ** -127)]) {
    assert.equal(interval.intervalOfFloats(Float32Array.of(1, value)), null, String(value));
  }
});

test('the interval of integers is their range', () => {
  assert.deepEqual(interval.intervalOfIntegers(Int8Array.of(-128, 5, 127)), { lo: -128, hi: 127, grid: 0 });
  assert.deepEqual(interval.intervalOfIntegers(Int32Array.of(9)), { lo: 9, hi: 9, grid: 0 });
});
