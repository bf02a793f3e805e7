import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEGMENT_LENGTH, splitSegments } from '../../src/codec/split.js';

test('lengths of the segments', () => {
  const n = SEGMENT_LENGTH;
  const lengths = (length: number) => splitSegments(new Uint8Array(length)).map((segment) => segment.length);
  assert.deepEqual(lengths(0), [0]);
  assert.deepEqual(lengths(1), [1]);
  assert.deepEqual(lengths(n - 1), [n - 1]);
  assert.deepEqual(lengths(n), [n]);
  assert.deepEqual(lengths(n + 1), [n, 1]);
  assert.deepEqual(lengths(3 * n), [n, n, n]);
});

test('segments are views that join to the input', () => {
  const input = new Uint8Array(2 * SEGMENT_LENGTH + 5).map((_, i) => i * 7);
  const segments = splitSegments(input);
  for (const segment of segments) assert.equal(segment.buffer, input.buffer);
  assert.deepEqual(Buffer.concat(segments), Buffer.from(input));
});
