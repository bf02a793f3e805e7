import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { ElementType, parseOnnx } from '../../src/onnx/read.js';
import { type ContextGraph, contextGraphOf } from '../../src/runtime/context-graph.js';
import { ContextNetwork, contextLayersOf } from '../../src/runtime/context-layers.js';
import { ContextPredictor } from '../../src/runtime/context-predictor.js';
import type { LayerConstants } from '../../src/runtime/dense-graph.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { knownAnswerInputs } from '../../src/runtime/known-answer.js';
import { shareTable } from '../../src/runtime/look-up.js';
import { loadModel } from '../../src/runtime/model.js';
import { NetworkByRows } from '../../src/runtime/network-by-rows.js';
import { openNetwork } from '../../src/runtime/open-network.js';
import type { SparseLayer } from '../../src/runtime/sparse-layers.js';

const MODELS = fileURLToPath(new URL('../../../models', import.meta.url));
const CPU = { provider: 'cpu', intraOpNumThreads: 1 } as const;
const ROW_BYTES = 16;

function constant(dims: number[], values: readonly number[]): LayerConstants['bias'] {
  return { name: 'constant', elementType: ElementType.float, dims, values: Float32Array.from(values) };
}

/** Layers whose weights are drawn from -weight..weight in a unit that is a power of two. */
function graphOf(columns: number, widths: readonly number[], weight: number, next: (below: number) => number) {
  const tableRows = 40;
  const layers = widths.map((outputs, i): LayerConstants => {
    const inputs = i === 0 ? columns * ROW_BYTES : (widths[i - 1] as number);
    const unit = 2 ** -next(9);
    const drawn = (count: number, most: number) =>
      Array.from({ length: count }, () => (next(2 * most + 1) - most) * unit);
    const isLast = i === widths.length - 1;
    return {
      weights: constant([inputs, outputs], drawn(inputs * outputs, weight)),
      bias: constant([outputs], drawn(outputs, 5_000)),
      low: constant([], [isLast ? -1024 : 0]),
      high: constant([], [isLast ? 1023 : 255]),
    };
  });
  const table = Int8Array.from({ length: tableRows * ROW_BYTES }, () => next(256) - 128);
  // A row that was never trained.
  table.fill(0, 3 * ROW_BYTES, 4 * ROW_BYTES);
  const outputs = widths.at(-1) as number;
  const output = { name: 'outputs', elementType: ElementType.float, dims: [null, outputs] };
  return { table, rowBytes: ROW_BYTES, width: columns * ROW_BYTES, layers, output } satisfies ContextGraph;
}

/** One row, in doubles: every number here is whole in a unit of 2^-8, and far below 2^45. */
function reference({ table, layers }: ContextGraph, indices: readonly number[]): number[] {
  let x = indices.flatMap((index) => [...table.subarray(index * ROW_BYTES, (index + 1) * ROW_BYTES)]);
  for (const { weights, bias, low, high } of layers) {
    const outputs = bias.values.length;
    x = Array.from({ length: outputs }, (_, column) => {
      const sum = x.reduce((all, value, i) => all + value * Number(weights.values[i * outputs + column]), 0);
      const floor = Math.floor(sum + Number(bias.values[column]));
      return Math.max(Number(low.values[0]), Math.min(Number(high.values[0]), floor));
    });
  }
  return x;
}

/** What the look-up finds: the bytes of the rows, each 128 more. */
function lookedUp({ table }: ContextGraph, indices: Int32Array): Uint8Array {
  const found = [...indices].flatMap((index) => [...table.subarray(index * ROW_BYTES, (index + 1) * ROW_BYTES)]);
  return Uint8Array.from(found, (byte) => byte + 128);
}

const drawn = fc.record({
  columns: fc.integer({ min: 1, max: 5 }),
  widths: fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 3 }),
  weight: fc.constantFrom(3, 60, 2_000),
  counts: fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 4 }),
  seed: fc.nat(2 ** 20),
});

test('layers of a context model in whole numbers compute what they are, whatever came before', () => {
  fc.assert(
    fc.property(drawn, ({ columns, widths, weight, counts, seed }) => {
      let state = seed;
      const next = (below: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      const graph = graphOf(columns, widths, weight, next);
      const layers = contextLayersOf(graph);
      assert.ok(layers);
      const network = new ContextNetwork(layers);
      for (const count of counts) {
        const indices = Int32Array.from({ length: count * columns }, () => next(40));
        network.found.set(lookedUp(graph, indices));
        const found = network.compute(count);
        assert.equal(found.length, count * layers.outputs);
        for (let row = 0; row < count; row++) {
          const expected = reference(graph, [...indices.subarray(row * columns, (row + 1) * columns)]);
          assert.deepEqual([...found.subarray(row * layers.outputs, (row + 1) * layers.outputs)], expected);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('what the program is not made for is left as it is', () => {
  const graph = graphOf(2, [16, 8], 3, () => 1);
  assert.equal(contextLayersOf({ ...graph, rowBytes: 8 }), undefined, 'rows of 8 bytes');
  const [first, second] = graph.layers as [LayerConstants, LayerConstants];
  const third = { ...first, weights: constant(first.weights.dims as number[], new Array(32 * 16).fill(1 / 3)) };
  assert.equal(contextLayersOf({ ...graph, layers: [third, second] }), undefined, 'weights that are whole in no unit');
});

for (const id of ['text-1', 'text-2', 'text-3', 'text-4']) {
  test(`${id}: every output is that of floats, and what fails its known answer is not used`, async () => {
    const [graph] = (await loadModel(join(MODELS, id), KINDS)).graphs;
    const context = graph && contextGraphOf(parseOnnx(readFileSync(graph.path)));
    const layers = context && contextLayersOf(context);
    assert.ok(graph && layers);
    const table = shareTable(context);
    const whole = await ContextPredictor.open(id, graph, table, layers);
    const floats = await openNetwork(id, graph, { ...CPU, products: 'floats' });
    try {
      const [rows] = knownAnswerInputs(graph.shape.inputs, 300, 7);
      assert.ok(rows instanceof Int32Array);
      // Half of the contexts come again, as in a text.
      rows.copyWithin(100 * layers.columns, 0, 150 * layers.columns);
      assert.deepEqual(await whole.predict([rows], 300), await floats.predict([rows], 300));
      assert.deepEqual(await whole.predict([rows], 300), await whole.predict([rows], 300));
      assert.equal(whole.predictNow([rows], 65), undefined, 'more rows than it takes at once');
      const prepared = (upTo: number) => ({ table, whole: { layers, upTo }, layers: [] });
      const byRows = await openNetwork(id, { ...graph, prepared: prepared(6) }, CPU);
      assert.ok(byRows instanceof NetworkByRows);
      for (const count of [1, 2, 5, 6, 7, 64]) {
        const expected = await floats.predict([rows], count);
        assert.deepEqual(await byRows.predict([rows], count), expected);
        assert.deepEqual(byRows.predictNow([rows], count), count > 6 ? undefined : expected);
      }
      await byRows.release();
      (layers.layers[0] as SparseLayer).bias.fill(0);
      for (const upTo of [6, Number.POSITIVE_INFINITY]) {
        const fallen = await openNetwork(id, { ...graph, prepared: prepared(upTo) }, CPU);
        assert.equal(fallen.products, 'floats');
        assert.equal(fallen.predictNow, undefined);
        await fallen.release();
      }
    } finally {
      await floats.release();
    }
  });
}
