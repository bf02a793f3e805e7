import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Rows } from '../../src/ardm/network.js';
import type { Column } from '../../src/bytes/coding.js';
import { contextGraph } from '../../src/bytes/kind.js';
import { KnownAnswerMismatchError } from '../../src/runtime/errors.js';
import { knownAnswerInputs, verifyKnownAnswer } from '../../src/runtime/known-answer.js';
import type { Network } from '../../src/runtime/scheduler.js';

const columns: Column[] = [
  { context: 'order-3', bits: 4, offset: 0 },
  { context: 'word', bits: 12, offset: 16 },
];
const shape = contextGraph(columns);

function knownAnswerIndices(count: number, seed: number): Rows {
  const [indices, ...others] = knownAnswerInputs(shape.inputs, count, seed);
  assert.ok(indices && others.length === 0);
  return indices;
}

/** Logits that name the row and the symbol. */
function logitsOf(rows: number): Float32Array {
  return Float32Array.from({ length: rows * 256 }, (_, i) => ((i * 37) % 2048) - 1024);
}

function digestOf(logits: Float32Array): string {
  const bytes = Buffer.alloc(logits.length * 2);
  for (const [i, logit] of logits.entries()) bytes.writeInt16LE(logit, i * 2);
  return createHash('sha256').update(bytes).digest('hex');
}

/** The logits of the known rows, over and over, in a call of so many rows; as they are in the one call that is known. */
function over(logits: Float32Array, count: number): Float32Array {
  return count === rows ? logits : Float32Array.from({ length: count * 256 }, (_, i) => logits[i % logits.length] ?? 0);
}

function predictorOf(logits: Float32Array): Pick<Network, 'predict'> {
  return { predict: async (_, count) => over(logits, count) };
}

const rows = 5;
const digest = digestOf(logitsOf(rows));
const refuse = (logits: Float32Array) =>
  assert.rejects(
    verifyKnownAnswer('m', shape, predictorOf(logits), { rows, seed: 1, digest }),
    KnownAnswerMismatchError,
  );

test('indices follow xorshift32, row by row, column by column', () => {
  // Marsaglia's generator with shifts 13, 17, 5 from seed 1: 270369, 67634689, 2647435461, 307599695, ...
  assert.deepEqual(
    [...knownAnswerIndices(2, 1)],
    [270369 >>> 28, 16 + (67634689 >>> 20), 2647435461 >>> 28, 16 + (307599695 >>> 20)],
  );
});

test('indices stay within the rows of their column', () => {
  const indices = knownAnswerIndices(2000, 0xffffffff);
  for (const [i, index] of indices.entries()) {
    if (i % 2 === 0) assert.ok(index >= 0 && index < 16);
    else assert.ok(index >= 16 && index < 16 + 4096);
  }
});

test('the right logits pass, and the network is asked for the rows that the manifest names', async () => {
  const asked: [Rows, number][] = [];
  const predictor: Pick<Network, 'predict'> = {
    async predict([indices], count) {
      asked.push([indices as Rows, count]);
      return over(logitsOf(rows), count);
    },
  };
  await verifyKnownAnswer('m', shape, predictor, { rows, seed: 1, digest });
  const known = knownAnswerIndices(rows, 1);
  assert.deepEqual(
    asked.map(([, count]) => count),
    [rows, 1, 1024],
  );
  for (const [indices, count] of asked) {
    assert.equal(indices.length, count * columns.length);
    for (const [i, index] of indices.entries()) assert.equal(index, known[i % known.length]);
  }
});

test('a network that errs only in a call of one row, or of a whole block, is refused', async () => {
  for (const [wrong, at] of [
    [1, 0],
    [1, 255],
    [1024, 0],
    [1024, 1024 * 256 - 1],
  ] as const) {
    const predictor: Pick<Network, 'predict'> = {
      async predict(_, count) {
        const logits = over(logitsOf(rows), count);
        if (count === wrong) logits[at] = (logits[at] as number) > 0 ? 0 : 1;
        return logits;
      },
    };
    const verified = verifyKnownAnswer('m', shape, predictor, { rows, seed: 1, digest });
    await assert.rejects(verified, (error: unknown) => {
      assert.ok(error instanceof KnownAnswerMismatchError);
      assert.match(error.message, new RegExp(`logits\\[${at}\\] differs in a call of ${wrong} rows`));
      return true;
    });
  }
});

test('one logit off by one is refused', async () => {
  for (const at of [0, 255, 256, rows * 256 - 1]) {
    const logits = logitsOf(rows);
    logits[at] = (logits[at] as number) + ((logits[at] as number) < 1023 ? 1 : -1);
    await refuse(logits);
  }
});

test('a fraction is refused although its integer part is right', async () => {
  const logits = logitsOf(rows);
  logits[3] = (logits[3] as number) + 0.25;
  await refuse(logits);
});

test('values outside of the clipped range and non-numbers are refused', async () => {
  for (const value of [1024, -1025, 65536 - 1024, Number.NaN, Number.POSITIVE_INFINITY]) {
    const logits = logitsOf(rows);
    logits[0] = value;
    await refuse(logits);
  }
});

test('too few or too many logits are refused', async () => {
  await refuse(logitsOf(rows - 1));
  await refuse(logitsOf(rows + 1));
});

test('several inputs of any shape and type: one stream, input after input, each within its own range', async () => {
  const inputs = [
    { name: 'near', type: 'uint8', shape: [2, 3], ranges: [{ lowest: 0, highest: 255 }] },
    { name: 'step', type: 'float32', shape: [1], ranges: [{ lowest: -2, highest: 1 }] },
  ] as const;
  const [near, step] = knownAnswerInputs(inputs, 4, 1) as [Rows, Rows];
  assert.ok(near instanceof Uint8Array && near.length === 24 && step instanceof Float32Array && step.length === 4);
  assert.deepEqual(
    [...near.subarray(0, 4)],
    [270369, 67634689, 2647435461, 307599695].map((x) => x >>> 24),
  );
  assert.ok([...step].every((value) => [-2, -1, 0, 1].includes(value)));
  const output = { name: 'said', shape: [2, 2], lowest: 0, highest: 300 };
  const network: Pick<Network, 'predict'> = {
    predict: async ([a], count) =>
      Float32Array.from({ length: count * 4 }, (_, i) => (a?.[(i >> 2) * 6] ?? 0) + (i % 4)),
  };
  const known = Buffer.alloc(32);
  for (let i = 0; i < 16; i++) known.writeInt16LE((near[(i >> 2) * 6] as number) + (i % 4), 2 * i);
  const answer = { rows: 4, seed: 1, digest: createHash('sha256').update(known).digest('hex') };
  await verifyKnownAnswer('m', { inputs, output }, network, answer);
  await assert.rejects(
    verifyKnownAnswer('m', { inputs, output }, network, { ...answer, seed: 2 }),
    KnownAnswerMismatchError,
  );
  const narrow = { ...output, highest: 100 };
  await assert.rejects(verifyKnownAnswer('m', { inputs, output: narrow }, network, answer), KnownAnswerMismatchError);
});
