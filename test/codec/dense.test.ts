import assert from 'node:assert/strict';
import { test } from 'node:test';
import { denseStretches, inParts, joined } from '../../src/codec/dense.js';
import { content } from './content.js';

const { signal } = new AbortController();
const BLOCK = 16_384;
const flags = async (input: Uint8Array): Promise<[number, number, boolean][]> =>
  (await denseStretches(input, signal)).map(({ start, end, dense }) => [start, end, dense]);

test('only bytes that are all about as frequent are dense', async () => {
  for (const kind of ['text', 'zeros', 'repetitive', 'binary', 'last-byte'] as const) {
    assert.deepEqual(await flags(content(kind, 100_000)), [[0, 100_000, false]], kind);
  }
  assert.deepEqual(await flags(content('random', 100_000)), [[0, 100_000, true]]);
});

test('less than a block is not looked at, a block and its rest is', async () => {
  assert.deepEqual(await flags(new Uint8Array(0)), [[0, 0, false]]);
  assert.deepEqual(await flags(content('random', BLOCK - 1)), [[0, BLOCK - 1, false]]);
  assert.deepEqual(await flags(content('random', BLOCK)), [[0, BLOCK, true]]);
  assert.deepEqual(await flags(content('random', 2 * BLOCK - 1)), [[0, 2 * BLOCK - 1, true]]);
});

test('a short dense run stays with what is around it, a longer one is cut out', async () => {
  const around = (length: number): Uint8Array =>
    Buffer.concat([content('text', 2 * BLOCK), content('random', length), content('text', BLOCK + 5)]);
  assert.deepEqual(await flags(around(3 * BLOCK)), [[0, 6 * BLOCK + 5, false]]);
  assert.deepEqual(await flags(around(4 * BLOCK)), [
    [0, 2 * BLOCK, false],
    [2 * BLOCK, 6 * BLOCK, true],
    [6 * BLOCK, 7 * BLOCK + 5, false],
  ]);
});

test('neighbours of one sort are joined, and parts are nearly equal and join again', () => {
  const stretch = { start: 7, end: 1_007, dense: true };
  const parts = inParts(stretch, 300);
  assert.deepEqual(
    parts.map(({ start, end }) => end - start),
    [250, 250, 250, 250],
  );
  assert.deepEqual(joined(parts), [stretch]);
  assert.deepEqual(joined([stretch, { start: 1_007, end: 1_010, dense: false }]).length, 2);
});
