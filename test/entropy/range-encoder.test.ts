import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RangeEncoder } from '../../src/entropy/range-encoder.js';
import { TOTAL } from '../../src/entropy/total.js';
import { exactInterval, shortestString } from './exact-interval.js';
import { decodeAll, decodesTo, draw, encodeAll, type Interval, idealBits, partition } from './intervals.js';
import { xorshift32 } from './random.js';

/** Any interval of [0, TOTAL), with the edges more often than chance would have them. */
const anyInterval: fc.Arbitrary<Interval> = fc
  .oneof(fc.integer({ min: 0, max: TOTAL - 1 }), fc.constantFrom(0, 1, TOTAL / 2, TOTAL - 2, TOTAL - 1))
  .chain((start) =>
    fc.record({
      start: fc.constant(start),
      size: fc.oneof(fc.integer({ min: 1, max: TOTAL - start }), fc.constantFrom(1, TOTAL - start)),
    }),
  );

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('RangeEncoder: exact strings', () => {
  it('writes nothing for nothing', () => {
    assert.equal(hex(new RangeEncoder().finish()), '');
  });

  it('writes nothing for certain symbols, however many', () => {
    assert.equal(hex(encodeAll(Array(100_000).fill({ start: 0, size: TOTAL }))), '');
  });

  it('writes nothing for symbols at the very start, whatever they cost', () => {
    assert.equal(hex(encodeAll(Array(1000).fill({ start: 0, size: 1 }))), '');
  });

  const golden: readonly [string, readonly Interval[], string][] = [
    ['the upper half', [{ start: 32768, size: 32768 }], '80'],
    ['the second quarter', [{ start: 16384, size: 16384 }], '40'],
    ['one part in the middle', [{ start: 0x1234, size: 1 }], '1234'],
    ['the last part', [{ start: 65535, size: 1 }], 'ffff'],
    ['the last part, four times', Array(4).fill({ start: 65535, size: 1 }), 'fffffffeffffff01'],
    ['the last part but one, four times', Array(4).fill({ start: 65534, size: 1 }), 'fffe'],
    ['the middle third, twenty times', Array(20).fill({ start: 21845, size: 21845 }), '7ffd53ab'],
    ['sixteen bytes of equal probability', [...'exact everywhere'].map(byteInterval), '6577fbeb12bcf155fffc1404eeee0a'],
    ['forty drawn symbols', draw(partition([1, 2, 4, 8, 16, 32, 64]), 40, 2026), '35aab4670e66e88785'],
  ];
  for (const [name, symbols, expected] of golden) {
    it(`codes ${name} as it always has`, () => {
      assert.equal(hex(encodeAll(symbols)), expected);
      assert.ok(decodesTo(Buffer.from(expected, 'hex'), symbols));
    });
  }
});

describe('RangeEncoder: against unbounded integers', () => {
  it('writes the shortest string that lies in the exact interval', () => {
    fc.assert(
      fc.property(fc.array(anyInterval, { maxLength: 120 }), (symbols) => {
        assert.equal(hex(encodeAll(symbols)), hex(shortestString(exactInterval(symbols))));
      }),
      { numRuns: 1000 },
    );
  });

  it('does so on long sequences of small alphabets, where ties with the edges are common', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 }),
        fc.nat(700),
        fc.integer(),
        (weights, count, seed) => {
          const symbols = draw(partition(weights), count, seed);
          assert.equal(hex(encodeAll(symbols)), hex(shortestString(exactInterval(symbols))));
        },
      ),
    );
  });

  it('never ends in a zero byte', () => {
    fc.assert(
      fc.property(fc.array(anyInterval, { maxLength: 40 }), (symbols) => {
        assert.notEqual(encodeAll(symbols).at(-1), 0);
      }),
    );
  });
});

describe('RangeEncoder: carry', () => {
  const thirds = partition([1, 1, 1]);

  it('ends a sequence that closes in on a half from below with one byte', () => {
    // 0x80 followed by zeros is a half. Thirds never hit it exactly, so low stays below: 7f ff ff ff ...
    for (const count of [6, 10, 100, 10_000, 70_000]) {
      const symbols = decodeAll(Uint8Array.of(0x80), thirds, count);
      assert.equal(hex(encodeAll(symbols)), '80');
    }
  });

  it('runs through every byte of a chain of a given length', () => {
    for (const zeros of [0, 1, 2, 3, 4, 5, 255, 256, 257, 1000, 70_000]) {
      const bytes = new Uint8Array(zeros + 2);
      bytes[0] = 0x80;
      bytes[zeros + 1] = 0x01;
      // Enough symbols to go past the last byte: each third is less than 1.59 bits, so 6 of them a byte and some.
      const symbols = decodeAll(bytes, thirds, Math.ceil((bytes.length * 8) / 1.58) + 24);
      assert.equal(hex(encodeAll(symbols)), hex(bytes));
    }
  });

  it('had such a chain pending: low is below a half until the last byte lifts it', () => {
    const bytes = Uint8Array.of(0x80, ...Array(300).fill(0), 0x01);
    const symbols = decodeAll(bytes, thirds, 1600);
    const early = exactInterval(symbols.slice(0, 1400));
    const half = 2n ** (early.bits - 1n);
    assert.ok(early.low < half && half < early.low + early.range);
    assert.equal((early.low >> 64n) & 0xffffffffn, 0xffffffffn);
    const late = exactInterval(symbols);
    assert.ok(late.low > 2n ** (late.bits - 1n));
  });

  it('survives chains at every place, one after another', () => {
    const next = xorshift32(7);
    const bytes = new Uint8Array(3000);
    // Long runs of zeros (approached from below: carry) and of ff (not quite), and a random byte between.
    for (let at = 0; at < bytes.length; ) {
      const run = next() % 100;
      bytes.fill(next() & 1 ? 0xff : 0x00, at, at + run);
      at += run;
      if (at < bytes.length) bytes[at++] = next() >>> 24;
    }
    for (const weights of [[1, 1, 1], [1, 2, 3, 50], [1, 1000], Array(256).fill(1)]) {
      const symbols = decodeAll(bytes, partition(weights), 5000);
      assert.equal(hex(encodeAll(symbols)), hex(shortestString(exactInterval(symbols))));
    }
  });
});

describe('RangeEncoder: length', () => {
  const kinds: readonly [string, readonly number[]][] = [
    ['two equal symbols', [1, 1]],
    ['256 equal symbols', Array(256).fill(1)],
    ['3 equal symbols', [1, 1, 1]],
    ['one symbol as likely as possible', [1, ...Array(255).fill(0)]],
    ['one symbol of two as likely as possible', [1, 0]],
    ['a geometric fall', Array.from({ length: 40 }, (_, i) => 0.6 ** i)],
    ['a slow fall', Array.from({ length: 256 }, (_, i) => 1 / (i + 1))],
    ['random weights', Array.from({ length: 256 }, mapped(xorshift32(3)))],
    ['random weights, squared twice', Array.from({ length: 256 }, mapped(xorshift32(4), 4))],
  ];
  const sizes = [0, 1, 2, 3, 255, 256, 257, 1024, 16_384, 65_535, 65_536, 70_000];

  for (const [name, weights] of kinds) {
    const intervals = partition(weights);
    // Not the very first: its string is empty however long the sequence.
    const unlikely = intervals[1] as Interval;
    it(`is within 0.1 % + 4 bytes of the ideal: ${name}`, () => {
      for (const count of sizes) {
        checkLength(draw(intervals, count, 99 + count));
        // Data that the table did not expect: an unlikely symbol alone, and every symbol in turn.
        checkLength(Array(count).fill(unlikely));
        checkLength(Array.from({ length: count }, (_, index) => intervals[index % intervals.length] as Interval));
      }
    });
  }

  it('is never more than the ideal and a byte where nothing is truncated', () => {
    for (const count of [1, 2, 3, 1000, 70_000]) {
      const symbols = draw(partition(Array(256).fill(1)), count, count);
      assert.ok(encodeAll(symbols).length <= count + 1);
    }
  });

  it('stays within 0.6 % + 4 bytes for any intervals in any place', () => {
    fc.assert(
      fc.property(fc.array(anyInterval, { maxLength: 3000, size: 'max' }), (symbols) => {
        const likely = symbols.filter(({ size }) => size <= TOTAL / 2);
        assert.ok(encodeAll(likely).length * 8 <= idealBits(likely) * 1.006 + 32);
      }),
      { numRuns: 30 },
    );
  });

  function checkLength(symbols: readonly Interval[]): void {
    const coded = encodeAll(symbols);
    const ideal = idealBits(symbols);
    assert.ok(coded.length * 8 <= ideal * 1.001 + 32, `${coded.length * 8} bits for ${ideal}`);
    assert.ok(decodesTo(coded, symbols));
  }
});

function byteInterval(character: string): Interval {
  return { start: character.charCodeAt(0) * 256, size: 256 };
}

/** Random fractions, to a power. */
function mapped(next: () => number, power = 1): () => number {
  return () => (next() / 2 ** 32) ** power;
}
