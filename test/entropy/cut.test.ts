import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CUT_AFTER } from '../../src/entropy/cut.js';
import {
  decodeAll,
  draw,
  encodeAll,
  encodeUncut,
  type Interval,
  idealBits,
  knownCutAfter,
  partition,
} from './intervals.js';
import { xorshift32 } from './random.js';

const WEIGHTS: readonly (readonly number[])[] = [
  [1, 1],
  [1, 1, 1],
  [1, 2, 3, 50],
  [1, 1000],
  Array(256).fill(1),
  Array.from({ length: 256 }, (_, index) => 1 / (index + 1)),
];

describe('a string that was cut', () => {
  it('is known soon after its end: no more than 16 bytes and a symbol are decoded from nothing', () => {
    let tried = 0;
    // Halves alone are exact, so that a cut string is the lower end of what it decodes to: a run of the first symbol.
    for (const weights of WEIGHTS.filter((weights) => weights.length > 2)) {
      const intervals = partition(weights);
      const symbols = draw(intervals, 5000, weights.length);
      const whole = encodeAll(symbols);
      for (const length of [1, 5, whole.length >> 1, whole.length - 40]) {
        const cut = whole.subarray(0, length);
        // Too little is left to be missed, or what ends in a zero is shorter than it looks.
        if (length < 1 || length > whole.length - 40 || cut.at(-1) === 0) continue;
        const known = knownCutAfter(cut, intervals, 5000);
        assert.ok(known !== undefined);
        const bits = idealBits(decodeAll(cut, intervals, known - 1));
        assert.ok(bits < (length + CUT_AFTER + 5) * 8 * 1.01, `${bits} bits of ${length} bytes`);
        tried++;
      }
    }
    assert.ok(tried > 10);
  });
});

describe('a whole string', () => {
  it('is never taken for one that was cut, however it is drawn', () => {
    fc.assert(
      fc.property(fc.constantFrom(...WEIGHTS), fc.nat(3000), fc.integer(), (weights, count, seed) => {
        const intervals = partition(weights);
        const symbols = draw(intervals, count, seed);
        const string = encodeAll(symbols);
        assert.equal(knownCutAfter(string, intervals, count), undefined);
        assert.deepEqual(encodeUncut(symbols), string, 'and is ended in the same way');
      }),
    );
  });

  it('may be empty however long it goes on: no number of bytes past the end says that it was cut', () => {
    const intervals = partition([1, 1, 1, 5]);
    const first = Array<Interval>(70_000).fill(intervals[0] as Interval);
    assert.equal(encodeUncut(first).length, 0);
    assert.equal(knownCutAfter(encodeUncut(first), intervals, 70_000), undefined);
    // And behind others.
    const mixed = [...draw(intervals, 1000, 3), ...first];
    assert.deepEqual(encodeUncut(mixed), encodeAll(mixed));
    assert.equal(knownCutAfter(encodeUncut(mixed), intervals, mixed.length), undefined);
  });

  it('is longer than it need be where it was made by decoding a short one, and is that one otherwise', () => {
    const next = xorshift32(19);
    let longer = 0;
    for (const weights of WEIGHTS) {
      const intervals = partition(weights);
      for (const count of [1, 10, 40, 200, 10_000]) {
        for (let length = 1; length <= 24; length++) {
          const short = Uint8Array.from({ length }, () => (next() >>> 24) | 1);
          const symbols = decodeAll(short, intervals, count);
          const string = encodeUncut(symbols);
          assert.deepEqual(decodeAll(string, intervals, count), symbols);
          assert.notEqual(string.at(-1), 0);
          assert.equal(knownCutAfter(string, intervals, count), undefined);
          const shortest = encodeAll(symbols);
          if (string.length > shortest.length) longer++;
          else assert.deepEqual(string, shortest);
          assert.equal(string.length > shortest.length, knownCutAfter(shortest, intervals, count) !== undefined);
        }
      }
    }
    assert.ok(longer > 200);
  });

  it('is so too where its last symbols leave the lower end of the interval alone', () => {
    const intervals = partition([1, 1, 1, 5]);
    const run = Array<Interval>(100).fill(intervals[0] as Interval);
    for (const length of [1, 3, 9]) {
      const symbols = [...decodeAll(new Uint8Array(length).fill(0x81), intervals, 400), ...run];
      const string = encodeUncut(symbols);
      assert.deepEqual(decodeAll(string, intervals, symbols.length), symbols);
      assert.equal(knownCutAfter(string, intervals, symbols.length), undefined);
    }
  });
});
