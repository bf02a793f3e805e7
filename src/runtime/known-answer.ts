import { createHash } from 'node:crypto';
import type { Coding, Column } from '../ardm/coding.js';
import type { Predictor } from '../ardm/predictor.js';
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
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    const { bits, offset } = columns[i % columns.length] as Column;
    indices[i] = offset + (x >>> (32 - bits));
  }
  return indices;
}

/**
 * Runs the known answer through a network and compares the digest of the logits (little-endian int16, row-major).
 * A provider that falls back, rounds or is broken is caught here, before any archive depends on it.
 *
 * @throws KnownAnswerMismatchError
 */
export async function verifyKnownAnswer(
  modelId: string,
  coding: Coding,
  predictor: Predictor,
  { rows, seed, digest }: KnownAnswer,
): Promise<void> {
  const logits = await predictor.predict(knownAnswerIndices(coding.columns, rows, seed), rows);
  if (logits.length !== rows * 256) {
    throw new KnownAnswerMismatchError(modelId, `${logits.length} logits instead of ${rows * 256}`);
  }
  const bytes = new DataView(new ArrayBuffer(logits.length * 2));
  for (const [i, logit] of logits.entries()) {
    // Checked apart from the digest: the conversion to int16 would hide a fraction.
    if (!Number.isInteger(logit) || logit < -1024 || logit > 1023) {
      throw new KnownAnswerMismatchError(modelId, `logit ${i} is ${logit}, not an integer from -1024 to 1023`);
    }
    bytes.setInt16(i * 2, logit, true);
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== digest) throw new KnownAnswerMismatchError(modelId, 'the digest of the logits differs');
}
