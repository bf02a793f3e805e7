import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONFIDENCE_LIMIT, LIMIT, log2, RATES, SQUASH, STRETCH } from '../../src/mixing/tables.js';

/**
 * The tables are held to the definition in unbounded integers, by comparing powers: with q = 2^(1/256), a number x lies
 * between two powers of q exactly if x^256 lies between those of 2. Nothing here takes a root.
 */
const power = (base: number | bigint, exponent: number): bigint => BigInt(base) ** BigInt(exponent);

describe('log2', () => {
  /** Whether `256 * log2(x) >= k`. */
  const reaches = (x: number, k: number): boolean => power(x, 256) >= power(2, k);

  it('is never too high, and less than 2 too low', () => {
    const xs = [1, 2, 3, 4095, 4096, 4097, 2 ** 24, 2 ** 24 + 256, 2 ** 30, 2 ** 31 - 1];
    for (let i = 0; i < 60; i++) xs.push(1024 + 17 * i, Math.floor(1.37 ** i) + 1, 2 ** (i % 31) + (i % 2 ? 0 : 1));
    for (const x of xs.filter((n) => n >= 1 && n < 2 ** 31)) {
      const value = log2(x);
      assert.ok(Number.isInteger(value));
      assert.ok(reaches(x, value), `${x}: ${value} is too high`);
      assert.ok(!reaches(x, value + 2), `${x}: ${value} is 2 too low`);
    }
  });

  it('is the largest whole number for every x that its table has an entry for', () => {
    for (let x = 1024; x < 2048; x += 3) {
      const value = log2(x);
      assert.ok(reaches(x, value) && !reaches(x, value + 1), `${x}: ${value}`);
    }
  });

  it('looks at the first eleven bits of x alone', () => {
    for (const x of [1, 5, 1000, 1024, 1999, 2047]) {
      for (let shift = 1; shift < 31 && x * 2 ** shift < 2 ** 31; shift++) {
        assert.equal(log2(x * 2 ** shift), log2(x) + 256 * shift);
        if (x >= 1024) assert.equal(log2((x + 1) * 2 ** shift - 1), log2(x) + 256 * shift);
      }
    }
  });

  it('never falls', () => {
    for (let x = 1; x < 20_000; x++) assert.ok(log2(x) <= log2(x + 1));
  });
});

describe('SQUASH', () => {
  const at = (s: number): number => SQUASH[LIMIT + 1 + s] as number;

  it('has an entry for -4096..4095, from 1 to 65535, never falling', () => {
    assert.equal(SQUASH.length, 8192);
    for (let s = -4096; s < 4095; s++) assert.ok(at(s) <= at(s + 1) && at(s) >= 1 && at(s) <= 65535);
    assert.equal(at(-4096), 1);
    assert.equal(at(4095), 65535);
  });

  it('gives a 1 what it gives a 0 at the opposite odds', () => {
    assert.equal(at(0), 32768);
    for (let s = 1; s <= LIMIT; s++) assert.equal(at(s) + at(-s), 65536);
  });

  it('is floor(65536 / (1 + 2^(-s/256))) below 0, at least 1: exactly', () => {
    for (let s = -4096; s < 0; s += s % 5 === 0 ? 7 : 3) {
      const p = at(s);
      // p <= 65536 o / (1 + o)  <=>  (p / (65536 - p))^256 <= o^256 = 2^s
      const below = (n: number): boolean => power(n, 256) * power(2, -s) <= power(65536 - n, 256);
      assert.ok(p === 1 || below(p), `${s}: ${p} is too high`);
      assert.ok(!below(p + 1), `${s}: ${p} is too low`);
    }
  });
});

describe('STRETCH', () => {
  it('is the difference of two logarithms, antisymmetric, rising, inside the limit', () => {
    assert.equal(STRETCH.length, 4096);
    for (let p = 0; p < 4096; p++) {
      const value = STRETCH[p] as number;
      assert.equal(value, log2(2 * p + 1) - log2(8191 - 2 * p));
      assert.equal(value, -(STRETCH[4095 - p] as number));
      assert.ok(Math.abs(value) <= LIMIT);
      assert.ok(p === 0 || value >= (STRETCH[p - 1] as number));
    }
    assert.equal(STRETCH[4095], 3327);
  });

  it('undoes SQUASH, as far as 12 bits of a probability tell', () => {
    for (let s = -2048; s <= 2048; s += 16) {
      const p = SQUASH[LIMIT + 1 + s] as number;
      // One step of 1/4096 in the probability, in 1/256 bit of odds, and 2 for each logarithm.
      const step = (256 / Math.LN2 / 4096) * (65536 / p) * (65536 / (65536 - p));
      assert.ok(Math.abs((STRETCH[p >> 4] as number) - s) <= step + 4, `${s}`);
    }
  });
});

describe('RATES', () => {
  it('is 1 / (n + 3/2) in 1/65536, rounded down', () => {
    assert.equal(RATES.length, CONFIDENCE_LIMIT + 1);
    for (let n = 0; n <= CONFIDENCE_LIMIT; n++) {
      const rate = RATES[n] as number;
      assert.ok(Number.isInteger(rate));
      assert.ok(rate * (2 * n + 3) <= 131072 && (rate + 1) * (2 * n + 3) > 131072);
    }
  });

  it('never takes an estimate out of 0..2^22 - 1', () => {
    for (const rate of RATES) {
      for (const p of [0, 1, 2, 3, 4, 5, 1023, 2 ** 22 - 5, 2 ** 22 - 4, 2 ** 22 - 3, 2 ** 22 - 2, 2 ** 22 - 1]) {
        for (const bit of [0, 1]) {
          const next = p + Math.floor(((bit * 2 ** 22 - p) * rate) / 65536);
          assert.ok(next >= 0 && next < 2 ** 22, `${p} ${bit} ${rate}: ${next}`);
        }
      }
    }
  });
});
