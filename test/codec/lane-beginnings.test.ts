import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { judgeByBeginnings, withBrotli } from '../../src/codec/lane-beginnings.js';

const LANES = 32;
const EACH = 256;
const SAMPLE = LANES * EACH;

/** What positions take that are alike in all lanes, by their place in one. */
function beginnings(rate: (place: number) => number): Float32Array {
  return Float32Array.from({ length: SAMPLE }, (_, i) => rate(i % EACH));
}

function whole(rate: (place: number) => number, times: number): number {
  let bits = 0;
  for (let place = 0; place < times * EACH; place++) bits += LANES * rate(place);
  return bits;
}

describe('what the beginnings of lanes tell of all of them', () => {
  it('is the whole where they are the whole', () => {
    const { bits, error } = judgeByBeginnings(
      beginnings((place) => 8 / (1 + place)),
      LANES,
      SAMPLE,
    );
    assert.ok(Math.abs(bits / whole((place) => 8 / (1 + place), 1) - 1) < 1e-5);
    assert.equal(error, 0);
  });

  it('is the same rate again where it does not fall, whatever lanes take at their starts', () => {
    const starts = fc.nat({ max: EACH / 4 });
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 8, noNaN: true }),
        starts,
        fc.integer({ min: 1, max: 4 }),
        (rate, start, times) => {
          const taken = (place: number): number => (place < start ? 8 : rate);
          const { bits, error } = judgeByBeginnings(beginnings(taken), LANES, times * SAMPLE);
          assert.ok(Math.abs(bits / whole(taken, times) - 1) < 1e-4);
          assert.ok(error < 1e-4 * bits);
        },
      ),
    );
  });

  it('is within a twentieth where what can be learned is soon over, and within the error', () => {
    const shares = { noNaN: true, min: 0, max: 1 };
    const powers = { noNaN: true, min: 1, max: 3 };
    fc.assert(
      fc.property(fc.double(shares), fc.double(powers), fc.integer({ min: 1, max: 4 }), (less, power, times) => {
        const falls = (place: number): number => 1 + 16 * less * (1 + place) ** -power;
        const { bits, error } = judgeByBeginnings(beginnings(falls), LANES, times * SAMPLE);
        const truth = whole(falls, times);
        assert.ok(Math.abs(bits / truth - 1) < 0.05, `${bits} of ${truth}`);
        assert.ok(Math.abs(bits - truth) <= error + 1e-4 * truth, `${bits} of ${truth}, ${error}`);
      }),
    );
  });

  it('is less sure the more lanes differ from one moment to the next', () => {
    /** One stretch in so many takes much, no lane at the same time as its neighbour. */
    const uneven = (rare: number) =>
      Float32Array.from({ length: SAMPLE }, (_, i) =>
        (Math.imul((i >> 5) + 1, 0x9e3779b1) >>> 8) % rare === 0 ? rare : 0.01,
      );
    const error = (rare: number): number => judgeByBeginnings(uneven(rare), LANES, 2 * SAMPLE).error;
    assert.ok(error(1) < error(4));
    assert.ok(error(4) < error(16));
  });

  it('lies between what their rates and what brotli tell, and is sure of neither', () => {
    const sizes = { noNaN: true, min: 1, max: 1e9 };
    fc.assert(
      fc.property(fc.double(sizes), fc.double(sizes), fc.double(sizes), (bits, error, byBrotli) => {
        const found = withBrotli({ bits, error }, byBrotli);
        assert.ok(Math.min(bits, byBrotli) * 0.9999 <= found.bits && found.bits <= Math.max(bits, byBrotli) * 1.0001);
        assert.equal(found.error, error + Math.abs(bits - byBrotli) / 2);
      }),
    );
    assert.deepEqual(withBrotli({ bits: 800, error: 3 }, 200), { bits: 400, error: 303 });
    assert.deepEqual(withBrotli({ bits: 800, error: 3 }, 800), { bits: 800, error: 3 });
  });

  it('is a number where nothing takes a bit', () => {
    for (const from of [0, EACH / 4, EACH / 2, EACH]) {
      const found = judgeByBeginnings(
        beginnings((place) => (place < from ? 1 : 0)),
        LANES,
        3 * SAMPLE,
      );
      assert.ok(Number.isFinite(found.bits) && Number.isFinite(found.error), `${from}`);
    }
  });
});
