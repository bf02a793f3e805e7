import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RangeDecoder } from '../../../src/entropy/range-decoder.js';
import { RangeEncoder } from '../../../src/entropy/range-encoder.js';
import { TOTAL } from '../../../src/entropy/total.js';
import { ArdmError } from '../../../src/errors.js';
import { xorshift32 } from '../random.js';
import { FrequencyTable } from './frequency-table.js';

const SYMBOLS = Array.from({ length: 256 }, (_, symbol) => symbol);

/** 65536 * exp(-d / scale), as models ship it. Math.exp is fine here: a test's table need not be the same elsewhere. */
const falling = (scale: number): number[] => {
  const weights: number[] = [];
  do weights.push(Math.round(65536 * Math.exp(-weights.length / scale)));
  while ((weights.at(-1) as number) > 0);
  return weights;
};

const TABLES: readonly (readonly [string, readonly number[]])[] = [
  ['a model table', falling(64)],
  ['a steep table', falling(3)],
  ['a table that never reaches zero', Array(2048).fill(65536)],
  ['a table longer than any distance', Array(5000).fill(65536)],
  ['a table of one weight', [65536]],
  ['a table of ones', [65536, ...Array(2047).fill(1)]],
];

const logitRow = fc.oneof(
  fc.array(fc.integer({ min: -1024, max: 1023 }), { minLength: 256, maxLength: 256 }),
  fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 256, maxLength: 256 }),
  fc
    .record({
      symbol: fc.nat(255),
      low: fc.integer({ min: -1024, max: 1023 }),
      high: fc.integer({ min: -1024, max: 1023 }),
    })
    .map(({ symbol, low, high }) => SYMBOLS.map((s) => (s === symbol ? high : low))),
);

/** Section 6 of range-coder.md in unbounded integers. */
function exactFrequencies(weights: readonly number[], logits: readonly number[]): number[] {
  const highest = Math.max(...logits);
  const w = logits.map((logit) => BigInt(weights[highest - logit] ?? 0));
  const sum = w.reduce((a, b) => a + b, 0n);
  const shift = BigInt(sum.toString(2).length - 2);
  const scale = ((65536n - 256n) << shift) / sum;
  const frequencies = w.map((weight) => 1 + Number((weight * scale) >> shift));
  const top = logits.indexOf(highest);
  frequencies[top] = 0;
  frequencies[top] = TOTAL - frequencies.reduce((a, b) => a + b, 0);
  return frequencies;
}

function loaded(weights: readonly number[], logits: readonly number[]): FrequencyTable {
  const table = new FrequencyTable(weights);
  table.load(Float32Array.from(logits), 0);
  return table;
}

function sizes(table: FrequencyTable): number[] {
  return SYMBOLS.map((symbol) => table.size(symbol));
}

/** Everything that must hold for any logits. */
function check(weights: readonly number[], logits: readonly number[]): void {
  const table = loaded(weights, logits);
  const frequencies = sizes(table);
  assert.deepEqual(frequencies, exactFrequencies(weights, logits));
  assert.ok(frequencies.every((size) => size >= 1));
  assert.equal(
    frequencies.reduce((a, b) => a + b, 0),
    TOTAL,
  );
  checkTiling(table);
  checkOrder(table, logits);
}

/** The intervals cover [0, TOTAL) without gap or overlap, and `symbolAt` finds each at both its ends. */
function checkTiling(table: FrequencyTable): void {
  const byStart = [...SYMBOLS].sort((a, b) => table.start(a) - table.start(b));
  let position = 0;
  for (const symbol of byStart) {
    assert.equal(table.start(symbol), position);
    position += table.size(symbol);
    assert.equal(table.symbolAt(table.start(symbol)), symbol);
    assert.equal(table.symbolAt(position - 1), symbol);
  }
  assert.equal(position, TOTAL);
}

function checkOrder(table: FrequencyTable, logits: readonly number[]): void {
  const top = logits.indexOf(Math.max(...logits));
  assert.equal(table.start(top) + table.size(top), TOTAL, 'the most probable symbol is last');
  const byLogit = SYMBOLS.filter((symbol) => symbol !== top).sort(
    (a, b) => (logits[a] as number) - (logits[b] as number),
  );
  byLogit.push(top);
  for (let index = 1; index < byLogit.length; index++) {
    const [lower, higher] = [byLogit[index - 1] as number, byLogit[index] as number];
    assert.ok(table.size(lower) <= table.size(higher), 'a higher logit never has a lower frequency');
    if (logits[lower] === logits[higher] && higher !== top) assert.equal(table.size(lower), table.size(higher));
  }
}

describe('FrequencyTable: for any logits', () => {
  for (const [name, weights] of TABLES) {
    it(`makes frequencies that are exact, complete, monotone and consistent: ${name}`, () => {
      fc.assert(
        fc.property(logitRow, (logits) => check(weights, logits)),
        { numRuns: 60 },
      );
    });
  }

  it('keeps every bound for any valid table of weights', () => {
    const anyTable = fc
      .array(fc.integer({ min: 0, max: 65536 }), { maxLength: 2100, size: 'max' })
      .map((rest) => [65536, ...rest.sort((a, b) => b - a)]);
    fc.assert(fc.property(anyTable, logitRow, check), { numRuns: 100 });
  });

  it('finds every point of the range', () => {
    const next = xorshift32(5);
    const table = loaded(
      falling(64),
      SYMBOLS.map(() => (next() % 600) - 300),
    );
    for (let target = 0; target < TOTAL; target++) {
      const symbol = table.symbolAt(target);
      assert.ok(table.start(symbol) <= target && target < table.start(symbol) + table.size(symbol));
    }
  });
});

describe('FrequencyTable: extremes', () => {
  const weights = falling(64);

  it('gives equal logits equal frequencies: 256 each', () => {
    for (const logit of [-1024, 0, 1023])
      assert.deepEqual(sizes(loaded(weights, Array(256).fill(logit))), Array(256).fill(256));
  });

  it('of equal logits counts the lowest symbol as most probable', () => {
    const table = loaded(weights, Array(256).fill(7));
    assert.equal(table.start(0), TOTAL - 256);
    assert.equal(table.start(1), 0);
    assert.equal(table.symbolAt(TOTAL - 1), 0);
    assert.equal(table.symbolAt(0), 1);
  });

  for (const top of [0, 1, 127, 254, 255]) {
    it(`gives all but 255 parts to symbol ${top} if it has 1023 and the others -1024`, () => {
      const logits = SYMBOLS.map((symbol) => (symbol === top ? 1023 : -1024));
      check(weights, logits);
      const table = loaded(weights, logits);
      assert.equal(table.size(top), TOTAL - 255);
      assert.equal(table.start(top), 255);
    });
  }

  it('gives one part to the lone symbol at -1024 among others at 1023', () => {
    const logits = SYMBOLS.map((symbol) => (symbol === 9 ? -1024 : 1023));
    check(weights, logits);
    assert.equal(loaded(weights, logits).size(9), 1);
  });

  it('reaches both ends of the sum of weights', () => {
    check([65536], [0, ...Array(255).fill(-1)]);
    check([65536], Array(256).fill(0));
    // One bit below and at a power of two: where the number of bits, and so the shift, changes.
    check([65536, 65535], [0, -1, ...Array(254).fill(-2)]);
    check([65536, 65536], [0, -1, ...Array(254).fill(-2)]);
  });

  it('reads the row at the offset and nothing else', () => {
    const rows = Float32Array.from({ length: 256 * 3 }, (_, index) => (index * 7919) % 500);
    const table = new FrequencyTable(weights);
    const alone = new FrequencyTable(weights);
    for (const row of [2, 0, 1]) {
      table.load(rows, row * 256);
      alone.load(rows.slice(row * 256, row * 256 + 256), 0);
      assert.deepEqual(sizes(table), sizes(alone));
    }
  });

  it('forgets what it was loaded with before', () => {
    const table = loaded(weights, SYMBOLS);
    table.load(new Float32Array(256), 0);
    assert.deepEqual(sizes(table), Array(256).fill(256));
  });

  it('is usable before the first load, as if all logits were equal', () => {
    assert.deepEqual(sizes(new FrequencyTable(weights)), Array(256).fill(256));
  });
});

describe('FrequencyTable: golden frequencies', () => {
  it('are as they always were', () => {
    const weights = [65536, 32768, 16384, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1];
    const table = loaded(
      weights,
      SYMBOLS.map((symbol) => (symbol === 65 ? 0 : -(symbol % 16) - 1)),
    );
    assert.deepEqual(sizes(table).slice(0, 17), [1949, 975, 488, 244, 122, 61, 31, 16, 8, 4, 2, 1, 1, 1, 1, 1, 1949]);
    assert.equal(table.size(65), 4031);
  });
});

describe('FrequencyTable: with the range coder', () => {
  it('brings random bytes back under random logits, within 0.1 % + 4 bytes of the ideal', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2, 3, 255, 256, 257, 3000),
        fc.integer(),
        fc.nat(1023),
        (length, seed, spread) => {
          roundTrip(length, seed, spread);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('does so for 70,000 bytes', () => roundTrip(70_000, 42, 300));

  function roundTrip(length: number, seed: number, spread: number): void {
    const table = new FrequencyTable(falling(64));
    const next = xorshift32(seed);
    const rows = Float32Array.from({ length: 256 * 64 }, () => (next() % (2 * spread + 1)) - spread);
    const bytes = Uint8Array.from({ length }, (_, index) => {
      table.load(rows, (index % 64) * 256);
      // Mostly what the table expects, now and then anything.
      return next() % 10 === 0 ? next() & 255 : table.symbolAt(next() >>> 16);
    });
    const encoder = new RangeEncoder();
    let ideal = 0;
    for (const [index, byte] of bytes.entries()) {
      table.load(rows, (index % 64) * 256);
      encoder.encode(table.start(byte), table.size(byte));
      ideal -= Math.log2(table.size(byte) / TOTAL);
    }
    const coded = encoder.finish();
    assert.ok(coded.length * 8 <= ideal * 1.001 + 32);
    const decoder = new RangeDecoder(coded);
    for (const [index, byte] of bytes.entries()) {
      table.load(rows, (index % 64) * 256);
      const symbol = table.symbolAt(decoder.target());
      assert.equal(symbol, byte);
      decoder.advance(table.start(symbol), table.size(symbol));
    }
  }
});

describe('FrequencyTable: tables of weights that are none', () => {
  const wrong: readonly [string, readonly number[]][] = [
    ['empty', []],
    ['first not 65536', [65535, 1]],
    ['first above 65536', [65537]],
    ['rising', [65536, 10, 11]],
    ['negative', [65536, -1]],
    ['a fraction', [65536, 0.5]],
    ['not a number', [65536, Number.NaN]],
    ['wrong beyond the largest distance', [...Array(3000).fill(65536), 65537]],
  ];
  for (const [name, weights] of wrong) {
    it(`refuses one that is ${name}`, () => {
      assert.throws(
        () => new FrequencyTable(weights),
        (error) => error instanceof ArdmError && error.code === 'invalid-logit-weights',
      );
    });
  }
});
