import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KnownAnswerMismatchError, ProviderUnavailableError } from '../../src/runtime/errors.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { knownAnswerInputs } from '../../src/runtime/known-answer.js';
import { loadModel, type ModelGraph } from '../../src/runtime/model.js';
import { type OpenNetwork, openNetwork } from '../../src/runtime/open-network.js';
import { MODELS_FOLDER } from './fixtures.js';

const CPU = { provider: 'cpu', intraOpNumThreads: 1 } as const;

async function tiny(id: string): Promise<ModelGraph> {
  const [graph] = (await loadModel(join(MODELS_FOLDER, id), KINDS)).graphs;
  assert.ok(graph);
  return graph;
}

/** Rows for the one input of a context model. */
function someRows({ shape }: ModelGraph, rows: number, seed: number): Int32Array {
  const [indices] = knownAnswerInputs(shape.inputs, rows, seed);
  assert.ok(indices instanceof Int32Array);
  return indices;
}

const columnsOf = ({ shape }: ModelGraph): number => shape.inputs[0]?.shape[0] ?? 0;

async function withPredictor(graph: ModelGraph, work: (p: OpenNetwork) => Promise<void>, settings = CPU) {
  const predictor = await openNetwork('tiny', graph, settings);
  try {
    await work(predictor);
  } finally {
    await predictor.release();
  }
}

for (const id of ['tiny-a', 'tiny-b', 'tiny-c']) {
  test(`${id} reproduces its known answer with any number of threads`, async () => {
    const graph = await tiny(id);
    for (const intraOpNumThreads of [1, 2, 4]) {
      const predictor = await openNetwork('tiny', graph, { provider: 'cpu', intraOpNumThreads });
      await predictor.release();
    }
  });
}

test('a row has the same logits alone and in any company', async () => {
  const graph = await tiny('tiny-a');
  const columns = columnsOf(graph);
  const indices = someRows(graph, 100, 77);
  await withPredictor(graph, async (predictor) => {
    const together = (await predictor.predict([indices], 100)).slice();
    for (const rows of [1, 3, 64]) {
      for (let at = 0; at + rows <= 100; at += rows * 3) {
        const part = await predictor.predict([indices.slice(at * columns, (at + rows) * columns)], rows);
        assert.deepEqual(part, together.slice(at * 256, (at + rows) * 256));
      }
    }
  });
});

test('a view into a larger buffer is read where it lies, and no more rows than asked for', async () => {
  const graph = await tiny('tiny-b');
  const columns = columnsOf(graph);
  const indices = someRows(graph, 8, 5);
  const larger = new Int32Array(1000).fill(2 ** 30);
  larger.set(indices, 123);
  await withPredictor(graph, async (predictor) => {
    const expected = (await predictor.predict([indices], 8)).slice();
    const view = larger.subarray(123, 123 + 8 * columns);
    assert.deepEqual(await predictor.predict([view], 8), expected);
    assert.deepEqual(await predictor.predict([larger.subarray(123)], 3), expected.slice(0, 3 * 256));
  });
});

test('calls that overlap do not disturb each other', async () => {
  const graph = await tiny('tiny-a');
  const batches = [1, 2, 3, 4, 5].map((seed) => someRows(graph, seed, seed));
  await withPredictor(graph, async (predictor) => {
    const alone: Float32Array[] = [];
    for (const [i, batch] of batches.entries()) alone.push((await predictor.predict([batch], i + 1)).slice());
    assert.deepEqual(await Promise.all(batches.map((batch, i) => predictor.predict([batch], i + 1))), alone);
  });
});

test('a wrong known answer is refused', async () => {
  const graph = await tiny('tiny-a');
  const knownAnswer = { ...graph.knownAnswer, digest: '0'.repeat(64) };
  await assert.rejects(openNetwork('tiny', { ...graph, knownAnswer }, CPU), KnownAnswerMismatchError);
  const seed = { ...graph.knownAnswer, seed: graph.knownAnswer.seed + 1 };
  await assert.rejects(openNetwork('tiny', { ...graph, knownAnswer: seed }, CPU), KnownAnswerMismatchError);
});

test("another model's network is refused, whether or not its columns fit", async () => {
  const [a, b] = [await tiny('tiny-a'), await tiny('tiny-b')];
  await assert.rejects(openNetwork('tiny', { ...a, path: b.path }, CPU), KnownAnswerMismatchError);
});

test('a file that is no network is refused with the reason', async () => {
  const graph = await tiny('tiny-a');
  for (const path of [join(MODELS_FOLDER, 'tiny-a', 'coding.json'), join(MODELS_FOLDER, 'missing.onnx')]) {
    await assert.rejects(openNetwork('tiny', { ...graph, path }, CPU), ProviderUnavailableError);
  }
});

test('a GPU provider either proves itself or says why not, and leaves no files behind', async (t) => {
  const graph = await tiny('tiny-a');
  // Other tests run at the same time, and use the usual one.
  const folder = mkdtempSync(join(tmpdir(), 'ardm-test-'));
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  t.after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(folder, { recursive: true, force: true });
  });
  for (const provider of ['webgpu', 'cuda'] as const) {
    try {
      const predictor = await openNetwork('tiny', graph, { provider, intraOpNumThreads: 1 });
      await predictor.release();
    } catch (error) {
      assert.ok(error instanceof ProviderUnavailableError);
      assert.match(error.message, new RegExp(`execution provider ${provider} .*ARDM_PROVIDER=cpu`));
    }
  }
  assert.deepEqual(readdirSync(folder), []);
});
