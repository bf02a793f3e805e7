import assert from 'node:assert/strict';
import test from 'node:test';
import * as extents from '../../src/audit/extents.js';

const ANY = Number.POSITIVE_INFINITY;

test('broadcast takes the larger of each pair, aligned at the right', () => {
  assert.deepEqual(extents.broadcast([2, 3, 4], [1, 4]), [2, 3, 4]);
  assert.deepEqual(extents.broadcast([], [5, 1]), [5, 1]);
  assert.deepEqual(extents.broadcast([ANY, 1, 8], [ANY, 6, 1]), [ANY, 6, 8]);
});

test('reshape keeps a bound through dimensions that are copied', () => {
  assert.deepEqual(extents.reshape([ANY, 2048], [0, 1, 1, -1]), [ANY, 1, 1, 2048]);
  assert.deepEqual(extents.reshape([ANY, 2048, 64], [0, 0, 4, 16]), [ANY, 2048, 4, 16]);
  assert.deepEqual(extents.reshape([ANY, 2048, 4, 16], [0, 0, 64]), [ANY, 2048, 64]);
  assert.deepEqual(extents.reshape([6, 4], [-1, 8]), [3, 8]);
});

test('reshape knows no bound where a free dimension is folded into another', () => {
  assert.deepEqual(extents.reshape([ANY, 25, 16], [-1, 400]), [ANY, 400]);
  assert.deepEqual(extents.reshape([ANY, 2048], [-1]), [ANY]);
});
