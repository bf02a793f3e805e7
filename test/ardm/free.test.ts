import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { free } from '../../src/ardm/free.js';

test('large arrays are freed at once, with all that is in their buffer', async () => {
  // Until the end that nobody listens at is closed, they wait there.
  await setTimeout(20);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 500; i++) {
    const array = new Float32Array(2 ** 20);
    const other = array.subarray(5);
    free(array);
    assert.equal(array.length, 0);
    assert.equal(other.length, 0);
  }
  // 2 GB went by, and nobody collected them.
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 2 ** 26, `${grown} bytes more`);
});

test('small arrays and memory that threads share are left alone, and what is freed may be freed again', () => {
  const small = new Uint8Array(16_383);
  const shared = new Uint8Array(new SharedArrayBuffer(2 ** 20));
  const large = new Int32Array(2 ** 16);
  for (const array of [small, shared, large, large]) free(array);
  assert.deepEqual([small.length, shared.length, large.length], [16_383, 2 ** 20, 0]);
});
