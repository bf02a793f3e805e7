import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { InferenceSession } from 'onnxruntime-node';
import { computeLogits, digestOf, knownRows, modelFolders } from './known-rows.js';

/**
 * Every logit of every model is the same whatever ONNX Runtime is told about threads, graph optimisation and batches,
 * and is the one that integer arithmetic gave at export (the digest in the manifest).
 */
for (const folder of modelFolders()) {
  const id = path.basename(folder);
  const known = knownRows(folder);

  for (const threads of [1, 2]) {
    for (const graphOptimizationLevel of ['disabled', 'basic', 'extended', 'all'] as const) {
      test(`${id}: ${threads} thread(s), optimisation ${graphOptimizationLevel}, batches of 1, 7 and 64`, async () => {
        const session = await InferenceSession.create(path.join(folder, 'model.onnx'), {
          executionProviders: ['cpu'],
          intraOpNumThreads: threads,
          graphOptimizationLevel,
        });
        try {
          for (const batch of [1, 7, 64]) {
            assert.equal(digestOf(await computeLogits(session, known, batch)), known.digest, `batch ${batch}`);
          }
        } finally {
          await session.release();
        }
      });
    }
  }

  test(`${id}: the known answer tells rows apart`, async () => {
    const session = await InferenceSession.create(path.join(folder, 'model.onnx'));
    const logits = await computeLogits(session, known, known.rows);
    await session.release();
    const rows = new Set(
      Array.from({ length: known.rows }, (_, r) => digestOf(logits.subarray(r * 256, r * 256 + 256))),
    );
    // Not all: of a large model, random contexts may meet table rows only that training never touched, which are equal.
    assert.ok(rows.size > known.rows / 2, `${rows.size} different rows of ${known.rows}`);
  });
}

test('there are at least two models to compare', () => {
  assert.ok(modelFolders().length >= 2);
});

test('a digest notices one logit that differs by one, and refuses what is not whole', () => {
  const logits = Float32Array.from({ length: 512 }, (_, i) => i - 256);
  const before = digestOf(logits);
  logits[300] += 1;
  assert.notEqual(digestOf(logits), before);
  logits[300] = 0.5;
  assert.throws(() => digestOf(logits), RangeError);
});
