import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Column } from '../../src/ardm/coding.js';
import { SegmentFeatures } from '../../src/ardm/features.js';
import { BLOCK_LENGTH, interleaved, type Partition, randomOrder } from '../../src/ardm/order.js';

interface Fixture {
  columns: Column[];
  inputs: Record<string, string>;
  cases: { input: string; order: string; calls: number; group: number; sha256: string; lastRow: number[] }[];
}

// Written by models/training/feature_fixture.py from the Python twin.
const fixture = JSON.parse(readFileSync('test/fixtures/features.json', 'utf8')) as Fixture;

function evenGroups(n: number, group: number): Partition {
  const starts = [];
  for (let at = 0; at < n; at += group) starts.push(at);
  return { positions: randomOrder(n), starts: Uint16Array.from([...starts, n]) };
}

/** All rows of a segment, position by position, driven as the coding loop drives them. */
function rows(
  bytes: Uint8Array,
  columns: readonly Column[],
  cut: (n: number) => Partition,
  poison: boolean,
): Int32Array {
  const out = new Int32Array(bytes.length * columns.length);
  // A decoder has not got the bytes yet: with poison, whatever is not revealed holds noise.
  const seen = poison ? bytes.map((b, i) => b ^ ((i * 37) % 255) ^ 0x55) : bytes.slice();
  const features = new SegmentFeatures(columns, seen);
  for (let start = 0; start < bytes.length; start += BLOCK_LENGTH) {
    const n = Math.min(BLOCK_LENGTH, bytes.length - start);
    const { positions, starts } = cut(n);
    for (let t = 0; t + 1 < starts.length; t++) {
      for (let i = starts[t] ?? 0; i < (starts[t + 1] ?? 0); i++) {
        const p = start + (positions[i] ?? 0);
        features.row(p, out, p * columns.length);
      }
      for (let i = starts[t] ?? 0; i < (starts[t + 1] ?? 0); i++) {
        const p = start + (positions[i] ?? 0);
        seen[p] = bytes[p] ?? 0;
      }
      features.reveal(start, positions, starts[t] ?? 0, starts[t + 1] ?? 0);
    }
    features.endBlock(start, start + n);
  }
  return out;
}

const digest = (a: Int32Array) => createHash('sha256').update(new Uint8Array(a.buffer)).digest('hex');

describe('SegmentFeatures', () => {
  for (const c of fixture.cases) {
    const how = c.order === 'random' ? `random order by ${c.group}` : `${c.calls} calls`;
    const bytes = new Uint8Array(Buffer.from(fixture.inputs[c.input] ?? '', 'base64'));
    const cut = (n: number) => (c.order === 'random' ? evenGroups(n, c.group) : interleaved(n, c.calls));
    it(`agrees with the training recipe on ${c.input}, ${how}`, () => {
      const out = rows(bytes, fixture.columns, cut, false);
      assert.deepEqual([...out.subarray(-c.lastRow.length)], c.lastRow);
      assert.equal(digest(out), c.sha256);
    });
    it(`reads nothing that is not known yet: ${c.input}, ${how}`, () => {
      assert.equal(digest(rows(bytes, fixture.columns, cut, true)), c.sha256);
    });
  }

  it('keeps every index inside its column, also where a column is narrower than a direct context', () => {
    const columns = fixture.columns.map((c, i) => ({ context: c.context, bits: 9, offset: i * 512 }));
    const bytes = new Uint8Array(Buffer.from(fixture.inputs.records ?? '', 'base64'));
    const out = rows(bytes, columns, (n) => interleaved(n, 64), false);
    out.forEach((index, i) => {
      const c = i % columns.length;
      assert.ok(index >= c * 512 && index < (c + 1) * 512);
    });
  });
});
