import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Coding, Column } from '../../src/bytes/coding.js';
import { KnownAnswerMismatchError } from '../../src/runtime/errors.js';
import { knownAnswerIndices, verifyKnownAnswer } from '../../src/runtime/known-answer.js';
import type { Network } from '../../src/runtime/scheduler.js';

const columns: Column[] = [
  { context: 'order-3', bits: 4, offset: 0 },
  { context: 'word', bits: 12, offset: 16 },
];
const coding: Coding = { blockLength: 1024, columns, logitWeights: [65536], randomOrderLoss: [] };

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
    verifyKnownAnswer('m', coding, predictorOf(logits), { rows, seed: 1, digest }),
    KnownAnswerMismatchError,
  );

test('indices follow xorshift32, row by row, column by column', () => {
  // Marsaglia's generator with shifts 13, 17, 5 from seed 1: 270369, 67634689, 2647435461, 307599695, ...
  assert.deepEqual(
    [...knownAnswerIndices(columns, 2, 1)],
    [270369 >>> 28, 16 + (67634689 >>> 20), 2647435461 >>> 28, 16 + (307599695 >>> 20)],
  );
});

test('indices stay within the rows of their column', () => {
  const indices = knownAnswerIndices(columns, 2000, 0xffffffff);
  for (const [i, index] of indices.entries()) {
    if (i % 2 === 0) assert.ok(index >= 0 && index < 16);
    else assert.ok(index >= 16 && index < 16 + 4096);
  }
});

test('the right logits pass, and the network is asked for the rows that the manifest names', async () => {
  const asked: [Int32Array, number][] = [];
  const predictor: Pick<Network, 'predict'> = {
    async predict(indices, count) {
      asked.push([indices, count]);
      return over(logitsOf(rows), count);
    },
  };
  await verifyKnownAnswer('m', coding, predictor, { rows, seed: 1, digest });
  const known = knownAnswerIndices(columns, rows, 1);
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
    const verified = verifyKnownAnswer('m', coding, predictor, { rows, seed: 1, digest });
    await assert.rejects(verified, (error: unknown) => {
      assert.ok(error instanceof KnownAnswerMismatchError);
      assert.match(error.message, new RegExp(`logit ${at} differs in a call of ${wrong} rows`));
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
