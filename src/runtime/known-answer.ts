import { createHash } from 'node:crypto';
import { BLOCK_LENGTH } from '../ardm/order.js';
import type { Predictor } from '../ardm/predictor.js';
import type { Coding, Column } from '../bytes/coding.js';
import { xorshift32 } from '../bytes/hash.js';
import { KnownAnswerMismatchError } from './errors.js';
import type { KnownAnswer } from './manifest.js';

/**
 * Row-major table indices of the known answer: column by column the upper `bits` bits of a xorshift32 stream.
 *
 * @param seed 1..2^32-1.
 */
export function knownAnswerIndices(columns: readonly Column[], rows: number, seed: number): Int32Array {
  const indices = new Int32Array(rows * columns.length);
  let x = seed;
  for (let i = 0; i < indices.length; i++) {
    x = xorshift32(x);
    const { bits, offset } = columns[i % columns.length] as Column;
    indices[i] = offset + (x >>> (32 - bits));
  }
  return indices;
}

/** Rows of the largest call that coding makes: a whole block. */
const MOST_ROWS = BLOCK_LENGTH;

/**
 * Runs the known answer through a network and compares the digest of the logits (little-endian int16, row-major).
 * A provider that falls back, rounds or is broken is caught here, before any archive depends on it. Kernels are chosen by
 * the shape of a call, so the same logits must also come from its first row alone and from its rows, over and over, in a
 * call of a whole block.
 *
 * @throws KnownAnswerMismatchError
 */
export async function verifyKnownAnswer(
  modelId: string,
  coding: Coding,
  predictor: Pick<Predictor, 'predict'>,
  { rows, seed, digest }: KnownAnswer,
): Promise<void> {
  const indices = knownAnswerIndices(coding.columns, rows, seed);
  const known = await logitsOf(modelId, predictor, indices, rows);
  const found = createHash('sha256').update(littleEndian(known)).digest('hex');
  if (found !== digest) throw new KnownAnswerMismatchError(modelId, 'the digest of the logits differs');
  for (const count of [1, MOST_ROWS]) {
    const repeated = Int32Array.from(
      { length: count * coding.columns.length },
      (_, i) => indices[i % indices.length] ?? 0,
    );
    const logits = await logitsOf(modelId, predictor, repeated, count);
    const wrong = logits.findIndex((logit, i) => logit !== known[i % known.length]);
    if (wrong >= 0) {
      throw new KnownAnswerMismatchError(
        modelId,
        `logit ${wrong} differs in a call of ${count} rows instead of ${rows}`,
      );
    }
  }
}

async function logitsOf(
  modelId: string,
  predictor: Pick<Predictor, 'predict'>,
  indices: Int32Array,
  rows: number,
): Promise<Int16Array> {
  const logits = await predictor.predict(indices, rows);
  if (logits.length !== rows * 256) {
    throw new KnownAnswerMismatchError(modelId, `${logits.length} logits instead of ${rows * 256}`);
  }
  // The conversion to int16 would hide a fraction, and what is out of range.
  const wrong = logits.findIndex((logit) => !Number.isInteger(logit) || logit < -1024 || logit > 1023);
  if (wrong >= 0) {
    const what = `logit ${wrong} is ${logits[wrong]}, not an integer from -1024 to 1023`;
    throw new KnownAnswerMismatchError(modelId, what);
  }
  return Int16Array.from(logits);
}

function littleEndian(values: Int16Array): DataView {
  const bytes = new DataView(new ArrayBuffer(values.length * 2));
  for (const [i, value] of values.entries()) bytes.setInt16(i * 2, value, true);
  return bytes;
}
