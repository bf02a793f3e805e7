import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balancedSegments, SEGMENT_LENGTH, splitSegments } from '../../src/codec/split.js';
import { content } from './content.js';

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

test('two halves where a new start costs hardly a byte, the usual segments where it costs more', async () => {
  const { signal } = new AbortController();
  const lengths = async (bytes: Uint8Array) => (await balancedSegments(bytes, signal)).map((segment) => segment.length);
  const forgetful = content('text', 600_000);
  assert.deepEqual(await lengths(forgetful), [300_000, 300_000]);
  assert.deepEqual(await lengths(forgetful.subarray(0, 400_001)), [200_000, 200_001]);
  // The second half is the first once more.
  const half = content('random', 300_000);
  assert.deepEqual(await lengths(Buffer.concat([half, half])), [SEGMENT_LENGTH, 600_000 - SEGMENT_LENGTH]);
  assert.deepEqual(await lengths(Buffer.concat([half.subarray(0, 200_000), half.subarray(0, 200_000)])), [400_000]);
});

test('files that are short, or long enough for many segments, are cut as ever', async () => {
  const { signal } = new AbortController();
  for (const length of [0, 1, 196_607, 2 * SEGMENT_LENGTH, 2 * SEGMENT_LENGTH + 1]) {
    const bytes = content('text', length);
    assert.deepEqual(await balancedSegments(bytes, signal), splitSegments(bytes));
  }
});
