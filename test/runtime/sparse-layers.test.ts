import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { ElementType, parseOnnx } from '../../src/onnx/read.js';
import { type DenseGraph, denseGraphOf, type LayerConstants } from '../../src/runtime/dense-graph.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { knownAnswerInputs } from '../../src/runtime/known-answer.js';
import { loadModel } from '../../src/runtime/model.js';
import { openNetwork } from '../../src/runtime/open-network.js';
import { SparseNetwork, sparseLayersOf } from '../../src/runtime/sparse-layers.js';

const PICTURES = fileURLToPath(new URL('../../../models/pictures-1', import.meta.url));
const CPU = { provider: 'cpu', intraOpNumThreads: 1 } as const;

function constant(name: string, dims: number[], values: readonly number[]): LayerConstants['bias'] {
  return { name, elementType: ElementType.float, dims, values: Float32Array.from(values) };
}

function layer(
  weights: readonly (readonly number[])[],
  bias: readonly number[],
  low: number,
  high: number,
): LayerConstants {
  return {
    weights: constant('weights', [weights.length, bias.length], weights.flat()),
    bias: constant('bias', [bias.length], bias),
    low: constant('low', [], [low]),
    high: constant('high', [], [high]),
  };
}

function graphOf(width: number, layers: readonly LayerConstants[]): DenseGraph {
  const outputs = layers.at(-1)?.bias.dims[0] ?? 0;
  return { width, layers, output: { name: 'outputs', elementType: ElementType.float, dims: [null, outputs] } };
}

/** One row, in doubles: every number here is whole in a unit of 2^-8, and far below 2^45. */
function reference({ layers }: DenseGraph, row: readonly number[]): number[] {
  let x = row;
  for (const { weights, bias, low, high } of layers) {
    const columns = bias.values.length;
    x = Array.from({ length: columns }, (_, column) => {
      const sum = x.reduce((all, value, i) => all + value * Number(weights.values[i * columns + column]), 0);
      const floor = Math.floor(sum + Number(bias.values[column]));
      return Math.max(Number(low.values[0]), Math.min(Number(high.values[0]), floor));
    });
  }
  return [...x];
}

/** Layers of any widths, their weights in units of up to 2^-8, many of whose activations come out as 0. */
const drawnGraph = fc
  .record({ widths: fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 2, maxLength: 4 }), seed: fc.nat(2 ** 20) })
  .map(({ widths, seed }) => {
    let state = seed;
    const next = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const layers = widths.slice(1).map((columns, i) => {
      const unit = 2 ** -next(9);
      const rows = Array.from({ length: widths[i] as number }, () =>
        Array.from({ length: columns }, () => (next(129) - 64) * unit),
      );
      const bias = Array.from({ length: columns }, () => (next(4001) - 2000) * unit);
      return i + 2 === widths.length ? layer(rows, bias, -1024, 1023) : layer(rows, bias, 0, 255);
    });
    return { graph: graphOf(widths[0] as number, layers), next };
  });

test('layers in whole numbers compute what they are, whatever their widths and the rows of a call', () => {
  fc.assert(
    fc.property(drawnGraph, fc.integer({ min: 1, max: 140 }), ({ graph, next }, count) => {
      const sparse = sparseLayersOf(graph);
      assert.ok(sparse);
      const network = new SparseNetwork(sparse);
      const { width } = graph;
      const rows = Float32Array.from({ length: count * width }, () => (next(2) ? 128 : next(256)));
      const found = network.compute(rows, count);
      assert.equal(found.length, count * sparse.outputs);
      for (let row = 0; row < count; row++) {
        const expected = reference(graph, [...rows.subarray(row * width, (row + 1) * width)]);
        assert.deepEqual([...found.subarray(row * sparse.outputs, (row + 1) * sparse.outputs)], expected);
      }
    }),
    { numRuns: 60 },
  );
});

test('the ends of what a sum may be are reached without a wrong bit', () => {
  for (const [value, weight] of [
    [255, 64],
    [0, 64],
    [255, -64],
    [0, -64],
  ] as const) {
    const first = layer(
      Array.from({ length: 64 }, () => [weight, 0]),
      [0, 3],
      -32768,
      32767,
    );
    const graph = graphOf(64, [first, layer([[512], [1]], [0.5], -1024, 1023)]);
    const sparse = sparseLayersOf(graph);
    assert.ok(sparse);
    const row = new Float32Array(64).fill(value);
    assert.deepEqual([...new SparseNetwork(sparse).compute(row, 1)], reference(graph, [...row]));
  }
});

test('layers that are not whole, or too large, are left as they are', () => {
  const wide = Array.from({ length: 1025 }, () => [1]);
  const graphs = {
    'a weight that is whole in no unit': graphOf(1, [layer([[0.1]], [0], 0, 255)]),
    'no number': graphOf(1, [layer([[1]], [Number.NaN], 0, 255)]),
    'a weight of more than 16 bits': graphOf(1, [layer([[32768]], [0], 0, 255)]),
    'a sum of more than 31 bits': graphOf(1, [layer([[32767], [32767]].slice(0, 1), [2 ** 31], 0, 255)]),
    'a bound of more than 16 bits': graphOf(1, [layer([[1]], [0], 0, 32768)]),
    'a bound that is not whole': graphOf(1, [layer([[1]], [0], 0, 0.5)]),
    'more inputs than places': graphOf(1025, [layer(wide, [0], 0, 255)]),
    'a layer that does not fit the one before': graphOf(1, [layer([[1]], [0], 0, 255), layer([[1], [1]], [0], 0, 255)]),
  };
  for (const [what, graph] of Object.entries(graphs)) assert.equal(sparseLayersOf(graph), undefined, what);
});

for (const file of ['centres.onnx', 'quincunx.onnx']) {
  test(`${file}: in bytes and in floats, every output is the same`, async () => {
    const graph = (await loadModel(PICTURES, KINDS)).graphs.find(({ path }) => path === join(PICTURES, file));
    assert.ok(graph);
    const bytes = await openNetwork('pictures-1', graph, { ...CPU, products: 'bytes' });
    const floats = await openNetwork('pictures-1', graph, { ...CPU, products: 'floats' });
    try {
      assert.deepEqual([bytes.products, floats.products], ['bytes', 'floats']);
      const rows = knownAnswerInputs(graph.shape.inputs, 300, 7);
      // As around a pixel: much of it is 128.
      for (const values of rows) for (let i = 0; i < values.length; i += 3) values[i] = 128;
      assert.deepEqual(await bytes.predict(rows, 300), await floats.predict(rows, 300));
    } finally {
      await bytes.release();
      await floats.release();
    }
  });
}

test('what was prepared and does not give the known answer is not used', async () => {
  const [graph] = (await loadModel(PICTURES, KINDS)).graphs;
  assert.ok(graph);
  const dense = denseGraphOf(parseOnnx(readFileSync(graph.path)));
  const sparse = dense && sparseLayersOf(dense);
  assert.ok(sparse);
  const [first] = sparse.layers;
  assert.ok(first);
  first.bias.fill(0);
  const network = await openNetwork('pictures-1', { ...graph, prepared: { sparse } }, CPU);
  try {
    assert.equal(network.products, 'floats');
  } finally {
    await network.release();
  }
});
