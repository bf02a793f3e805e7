import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BLOCK_LENGTH, interleaved, type Partition, randomOrder } from '../../../src/ardm/order.js';
import type { Column } from '../../../src/bytes/coding.js';
import { CONTEXTS, type ContextValue } from '../../../src/bytes/contexts.js';
import { SegmentFeatures } from './features.js';

interface Case {
  input: string;
  order: string;
  calls: number;
  group: number;
  sha256: string;
}

interface Fixture<C extends Case> {
  columns: Column[];
  inputs: Record<string, string>;
  cases: C[];
}

// Written by models/training/shared/feature_fixture.py from the Python twin.
const read = (name: string): unknown => JSON.parse(readFileSync(`test/fixtures/${name}.json`, 'utf8'));
const first = read('features') as Fixture<Case & { lastRow: number[] }>;
const second = read('features-2') as Fixture<
  Case & { times: number; block: number; values: string; lastValues: number[]; classes: string }
> & { values: ContextValue[] };

function evenGroups(n: number, group: number): Partition {
  const starts = [];
  for (let at = 0; at < n; at += group) starts.push(at);
  return { positions: Uint32Array.from(randomOrder(n)), starts: Uint32Array.from([...starts, n]) };
}

const cutOf = (c: Case) => (n: number) => (c.order === 'random' ? evenGroups(n, c.group) : interleaved(n, c.calls));

interface Seen {
  rows: Int32Array;
  values: Uint32Array;
  /** Per position: expected byte, match bucket. */
  marks: Int32Array;
  classes: Uint32Array;
}

/** All that is told of a segment, position by position, driven as the coding loop drives it. */
function look(
  bytes: Uint8Array,
  columns: readonly Column[],
  cut: (n: number) => Partition,
  {
    values = [],
    block = BLOCK_LENGTH,
    poison = false,
  }: { values?: readonly ContextValue[]; block?: number; poison?: boolean } = {},
): Seen {
  const told: Seen = {
    rows: new Int32Array(bytes.length * columns.length),
    values: new Uint32Array(bytes.length * values.length),
    marks: new Int32Array(bytes.length * 2),
    classes: new Uint32Array(bytes.length),
  };
  // A decoder has not got the bytes yet: with poison, whatever is not revealed holds noise.
  const seen = poison ? bytes.map((b, i) => b ^ ((i * 37) % 255) ^ 0x55) : bytes.slice();
  const features = new SegmentFeatures(columns, seen, values);
  for (let start = 0; start < bytes.length; start += block) {
    const n = Math.min(block, bytes.length - start);
    const { positions, starts } = cut(n);
    for (let t = 0; t + 1 < starts.length; t++) {
      for (let i = starts[t] ?? 0; i < (starts[t + 1] ?? 0); i++) {
        const p = start + (positions[i] ?? 0);
        features.row(p, told.rows, p * columns.length);
        features.values(told.values, p * values.length);
        told.marks.set([features.expected, features.matchBucket], p * 2);
        told.classes[p] = features.classes;
      }
      for (let i = starts[t] ?? 0; i < (starts[t + 1] ?? 0); i++) {
        const p = start + (positions[i] ?? 0);
        seen[p] = bytes[p] ?? 0;
      }
      features.reveal(start, positions, starts[t] ?? 0, starts[t + 1] ?? 0);
    }
    features.endBlock(start, start + n);
  }
  return told;
}

const decoded = (base64 = '') => new Uint8Array(Buffer.from(base64, 'base64'));
const digest = (a: Int32Array | Uint32Array) => createHash('sha256').update(new Uint8Array(a.buffer)).digest('hex');

function title(c: Case, block = BLOCK_LENGTH): string {
  const how = c.order === 'random' ? `random order by ${c.group}` : `${c.calls} calls`;
  return `${c.input}, ${how}${block > BLOCK_LENGTH ? ', one long block' : ''}`;
}

/** Bytes that the contexts of tables, records and code have something to say about. */
const structured = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('name', 'Id', '17', '204', 'a_b', 'é', ' ', '  ', '\t', '"') },
      { weight: 4, arbitrary: fc.constantFrom(',', ';', '|', ':', '=', '&', '{', '}', '[', ']', '.', '\n', '\r\n') },
      fc.constantFrom(',name,17,', '"id": ', '\n    "name": "', 'x'.repeat(70)),
    ),
    { minLength: 1, maxLength: 700, size: 'max' },
  )
  .map((parts) => new Uint8Array(Buffer.from(parts.join(''))));
const orders = fc.oneof(
  fc.record({ calls: fc.integer({ min: 1, max: 1024 }), block: fc.constantFrom(BLOCK_LENGTH, 1 << 19) }),
  fc.record({ group: fc.integer({ min: 1, max: 300 }), block: fc.constant(BLOCK_LENGTH) }),
);
const cutBy = (order: { calls: number } | { group: number }) => (n: number) =>
  'calls' in order ? interleaved(n, order.calls) : evenGroups(n, order.group);

describe('SegmentFeatures', () => {
  for (const c of first.cases) {
    const bytes = decoded(first.inputs[c.input]);
    it(`agrees with the training recipe on ${title(c)}`, () => {
      const { rows } = look(bytes, first.columns, cutOf(c));
      assert.deepEqual([...rows.subarray(-c.lastRow.length)], c.lastRow);
      assert.equal(digest(rows), c.sha256);
    });
    it(`reads nothing that is not known yet: ${title(c)}`, () => {
      assert.equal(digest(look(bytes, first.columns, cutOf(c), { poison: true }).rows), c.sha256);
    });
  }

  for (const c of second.cases) {
    const once = decoded(second.inputs[c.input]);
    const bytes = Uint8Array.from({ length: once.length * c.times }, (_, i) => once[i % once.length] ?? 0);
    it(`agrees with the training recipe on all contexts of ${title(c, c.block)}`, () => {
      const { rows, values, classes } = look(bytes, second.columns, cutOf(c), {
        values: second.values,
        block: c.block,
      });
      assert.deepEqual([...values.subarray(-second.values.length)], c.lastValues);
      assert.equal(digest(values), c.values);
      assert.equal(digest(classes), c.classes);
      assert.equal(digest(rows), c.sha256);
    });
  }

  it('reads nothing that is not known yet, whatever the bytes and the order', () => {
    fc.assert(
      fc.property(
        fc.oneof(structured, fc.uint8Array({ minLength: 1, maxLength: 2500, size: 'max' })),
        orders,
        (bytes, order) => {
          const options = { values: second.values, block: order.block };
          const encoder = look(bytes, second.columns, cutBy(order), options);
          const decoder = look(bytes, second.columns, cutBy(order), { ...options, poison: true });
          assert.deepEqual(decoder, encoder);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives a context the same rows whichever others are computed', () => {
    fc.assert(
      fc.property(structured, orders, fc.subarray(second.columns.map((_, i) => i)), (bytes, order, some) => {
        const block = order.block;
        const all = look(bytes, second.columns, cutBy(order), { values: second.values, block });
        const columns = second.columns.filter((_, i) => some.includes(i));
        const few = look(bytes, columns, cutBy(order), { block });
        assert.deepEqual(few.marks, all.marks);
        assert.deepEqual(few.classes, all.classes);
        few.rows.forEach((index, i) => {
          const p = Math.floor(i / some.length);
          assert.equal(index, all.rows[p * second.columns.length + (some[i % some.length] ?? 0)]);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('tells what the long match expects', () => {
    const bytes = decoded(second.inputs.log);
    const values: ContextValue[] = ['match-long'];
    const { values: rows, marks } = look(bytes, [], (n) => interleaved(n, 16), { values, block: 1 << 19 });
    let expectations = 0;
    rows.forEach((row, p) => {
      const [expected = -1, matchBucket = 0] = marks.subarray(2 * p, 2 * p + 2);
      if (row === 0) assert.deepEqual([expected, matchBucket], [-1, 0]);
      else assert.equal((matchBucket >= 16 ? 4096 : 0) + 16 * expected + (matchBucket & 15), row);
      if (expected >= 0) expectations++;
    });
    assert.ok(expectations > bytes.length / 4);
  });

  it('knows every context by its name', () => {
    assert.deepEqual(
      second.columns.map((c) => c.context),
      [...CONTEXTS],
    );
    assert.deepEqual(
      first.columns.map((c) => c.context),
      CONTEXTS.slice(0, first.columns.length),
    );
  });

  it('keeps every index inside its column, also where a column is narrower than a direct context', () => {
    const columns = second.columns.map((c, i) => ({ context: c.context, bits: 9, offset: i * 512 }));
    const { rows } = look(decoded(first.inputs.records), columns, (n) => interleaved(n, 64));
    rows.forEach((index, i) => {
      const c = i % columns.length;
      assert.ok(index >= c * 512 && index < (c + 1) * 512);
    });
  });
});
