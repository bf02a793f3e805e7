import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { parseOnnx } from '../../src/onnx/read.js';
import { layersInBytes } from '../../src/runtime/byte-products.js';
import { type ContextGraph, contextGraphOf } from '../../src/runtime/context-graph.js';
import { layersInFloats } from '../../src/runtime/float-products.js';
import { contextGraph, encodeModel, type GraphSpec } from '../audit/graph-builder.js';
import { draws } from '../mixing/drawn-case.js';
import { computeLogits, digestOf, type Feed, knownRows, modelFolders } from './known-rows.js';

function contextOf(file: Uint8Array): ContextGraph {
  const context = contextGraphOf(parseOnnx(file));
  assert.ok(context, 'a table and a chain of layers');
  return context;
}

/** Feeds rows of the table, looked up here byte by byte. */
function feedRows({ table, rowBytes, width }: ContextGraph): Feed {
  return (indices, rows) => {
    const embedded = new Uint8Array(rows * width);
    for (let i = 0; i < embedded.length; i++) {
      const row = indices[Math.floor(i / rowBytes)] as number;
      embedded[i] = (table[row * rowBytes + (i % rowBytes)] as number) + 128;
    }
    return { embedded: new Tensor('uint8', embedded, [rows, width]) };
  };
}

for (const folder of modelFolders()) {
  const context = contextOf(readFileSync(path.join(folder, 'model.onnx')));
  for (const [products, onnx] of Object.entries({ bytes: layersInBytes(context), floats: layersInFloats(context) })) {
    for (const intraOpNumThreads of [1, 2]) {
      test(`${path.basename(folder)}: every logit is the known one in products of ${products}, ${intraOpNumThreads} thread(s)`, async () => {
        assert.ok(onnx, 'the network of every model can be computed so');
        const known = knownRows(folder);
        const session = await InferenceSession.create(onnx, { executionProviders: ['cpu'], intraOpNumThreads });
        try {
          for (const batch of [1, 7, 64]) {
            const logits = await computeLogits(session, known, batch, feedRows(context));
            assert.equal(digestOf(logits), known.digest, `batch ${batch}`);
          }
        } finally {
          await session.release();
        }
      });
    }
  }
}

/** What the weights of a network are drawn from, and their unit by output. */
interface Weights {
  readonly values: readonly number[];
  readonly unit: (output: number) => number;
}
const TWO_PARTS: Weights = { values: [-511, 511, -512, 508, 4, -4, 3, 0, 127, -128], unit: () => 1 };
/** Each output has a unit of its own, up to 16 times the finest. */
const ONE_PART: Weights = { values: [-64, 64, 63, -63, 1, -1, 0, 32], unit: (output) => 2 ** (output % 5) };

/** A network of two layers whose weights, biases and table are drawn from the extremes of what is allowed. */
function extreme(seed: number, from: Weights = TWO_PARTS): { spec: GraphSpec; rows: number } {
  const next = draws(seed);
  const width = 8;
  const hidden = 24;
  const of = (values: readonly number[]): number => values[next(values.length)] as number;
  const weights = (inputs: number, outputs: number, unit: number): Float32Array =>
    Float32Array.from({ length: inputs * outputs }, (_, i) => of(from.values) * from.unit(i % outputs) * unit);
  const rows = 16;
  const spec: GraphSpec = {
    nodes: [
      { op: 'Gather', inputs: ['table', 'indices'], output: 'e', attributes: [{ name: 'axis', i: 0 }] },
      { op: 'Cast', inputs: ['e'], output: 'c', attributes: [{ name: 'to', i: 1 }] },
      { op: 'Reshape', inputs: ['c', 'shape'], output: 'x' },
      { op: 'MatMul', inputs: ['x', 'w1'], output: 'm1' },
      { op: 'Add', inputs: ['m1', 'b1'], output: 's1' },
      { op: 'Floor', inputs: ['s1'], output: 'f1' },
      { op: 'Clip', inputs: ['f1', 'low1', 'high1'], output: 'x1' },
      { op: 'MatMul', inputs: ['x1', 'w2'], output: 'm2' },
      { op: 'Add', inputs: ['m2', 'b2'], output: 's2' },
      { op: 'Floor', inputs: ['s2'], output: 'f2' },
      { op: 'Clip', inputs: ['f2', 'low2', 'high2'], output: 'logits' },
    ],
    constants: [
      { name: 'table', dims: [rows, 4], values: Int8Array.from({ length: rows * 4 }, () => of([-128, 127, 0, -1, 1])) },
      { name: 'shape', dims: [2], values: BigInt64Array.of(-1n, BigInt(width)) },
      { name: 'w1', dims: [width, hidden], values: weights(width, hidden, 2 ** -8) },
      { name: 'b1', dims: [hidden], values: Float32Array.from({ length: hidden }, () => of([0.5, -300.25, 1000])) },
      { name: 'low1', dims: [], values: Float32Array.of(0) },
      { name: 'high1', dims: [], values: Float32Array.of(255) },
      { name: 'w2', dims: [hidden, 256], values: weights(hidden, 256, 2 ** -6) },
      { name: 'b2', dims: [256], values: Float32Array.from({ length: 256 }, () => of([0.5, -7.75, 100])) },
      { name: 'low2', dims: [], values: Float32Array.of(-1024) },
      { name: 'high2', dims: [], values: Float32Array.of(1023) },
    ],
    inputs: [{ name: 'indices', elemType: 6, dims: ['n', 2] }],
    outputs: [{ name: 'logits', elemType: 1, dims: ['n', 256] }],
  };
  return { spec, rows };
}

for (const [name, from, products] of [
  ['two parts', TWO_PARTS, 4],
  ['one part', ONE_PART, 2],
] as const)
  test(`weights of ${name} and activations at their ends give the same integers in bytes and in floats`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1 }), fc.constantFrom(1, 3, 65), async (seed, count) => {
        const { spec, rows } = extreme(seed, from);
        const file = encodeModel(spec);
        const context = contextOf(file);
        const bytes = layersInBytes(context);
        const floats = layersInFloats(context);
        assert.ok(bytes && floats);
        assert.equal(productsOf(bytes), products, 'products of bytes in two layers');
        const next = draws(seed + 1);
        const indices = Int32Array.from({ length: count * 2 }, () => next(rows));
        const whole: Feed = (values) => ({ indices: new Tensor('int32', values, [count, 2]) });
        const [known, inFloats, inBytes] = await Promise.all(
          [[file, whole] as const, [floats, feedRows(context)] as const, [bytes, feedRows(context)] as const].map(
            async ([model, feed]) => {
              const options = { executionProviders: ['cpu'], logSeverityLevel: 3 } as const;
              const session = await InferenceSession.create(model, options);
              const { logits } = await session.run(feed(indices, count));
              await session.release();
              return logits?.data;
            },
          ),
        );
        assert.deepEqual(inFloats, known);
        assert.deepEqual(inBytes, known);
      }),
      { numRuns: 25 },
    );
  });

/** How many products of bytes a file has. */
function productsOf(file: Uint8Array): number {
  return Buffer.from(file).toString('latin1').split('MatMulIntegerToFloat').length - 1;
}

test('an output whose weights are all 0 has one part, too', () => {
  const { spec } = extreme(1, ONE_PART);
  const weights = spec.constants.find(({ name }) => name === 'w1')?.values as Float32Array;
  for (let i = 0; i < weights.length; i += 24) weights[i] = 0;
  const bytes = layersInBytes(contextOf(encodeModel(spec)));
  assert.equal(bytes && productsOf(bytes), 2);
});

test('one weight of more than 64 units makes two parts of its layer', () => {
  const { spec } = extreme(1, { values: [-1, 1, 64], unit: () => 1 });
  const weights = spec.constants.find(({ name }) => name === 'w2')?.values as Float32Array;
  weights[0] = 65 * 2 ** -6;
  const bytes = layersInBytes(contextOf(encodeModel(spec)));
  assert.equal(bytes && productsOf(bytes), 3);
});

const changed = (change: (spec: GraphSpec) => void): Uint8Array | undefined => {
  const { spec } = extreme(1);
  change(spec);
  const context = contextGraphOf(parseOnnx(encodeModel(spec)));
  return context && layersInBytes(context);
};
const set = (spec: GraphSpec, name: string, value: number): void => {
  (spec.constants.find((constant) => constant.name === name)?.values as Float32Array)[0] = value;
};

test('what it cannot prove it leaves alone', () => {
  assert.ok(changed(() => {}));
  assert.equal(
    changed((spec) => set(spec, 'w1', 517 / 256)),
    undefined,
    'a weight of more than ten bits',
  );
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** -30])
    assert.equal(
      changed((spec) => set(spec, 'w1', value)),
      undefined,
      `a weight of ${value}`,
    );
  assert.equal(
    changed((spec) => set(spec, 'high1', 256)),
    undefined,
    'an activation that is no byte',
  );
  assert.equal(
    changed((spec) => set(spec, 'low1', -1)),
    undefined,
    'a negative activation',
  );
  assert.equal(
    changed((spec) => set(spec, 'b2', 2 ** 18)),
    undefined,
    'a sum of 24 bits and more',
  );
  assert.equal(
    changed((spec) => set(spec, 'b1', 2 ** -9)),
    undefined,
    'a bias finer than the products',
  );
});

test('a graph of another form it leaves alone', () => {
  const swap = (spec: GraphSpec, at: number, op: string): void => {
    (spec.nodes[at] as { op: string }).op = op;
  };
  assert.equal(
    changed((spec) => swap(spec, 5, 'Round')),
    undefined,
  );
  assert.equal(
    changed((spec) => spec.nodes.pop()),
    undefined,
  );
  assert.equal(
    changed((spec) => spec.nodes.splice(2, 1)),
    undefined,
  );
  assert.equal(
    changed((spec) => {
      (spec.nodes[7] as { inputs: string[] }).inputs = ['x', 'w2'];
    }),
    undefined,
    'a layer that is fed by another node',
  );
  assert.equal(contextGraphOf(parseOnnx(contextGraph())) !== undefined, true, 'one layer is a network, too');
});
