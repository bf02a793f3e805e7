import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { KINDS } from '../../src/runtime/kinds.js';
import { loadModel } from '../../src/runtime/model.js';
import { type PreparedGraph, prepareGraph } from '../../src/runtime/prepared-graph.js';

const MODELS = fileURLToPath(new URL('../../../models', import.meta.url));

async function prepared(id: string, products?: 'bytes' | 'floats'): Promise<PreparedGraph | undefined> {
  const [graph] = (await loadModel(join(MODELS, id), KINDS)).graphs;
  assert.ok(graph);
  return await prepareGraph(graph.path, { provider: 'cpu', intraOpNumThreads: 1, products });
}

test('a context model is prepared in every way that it may be computed in, and what is not asked for is left out', async () => {
  const ways = await Promise.all([prepared('text-4'), prepared('text-4', 'bytes'), prepared('text-4', 'floats')]);
  const found = ways.map((way) => {
    assert.ok(way && 'table' in way);
    // How many rows are computed faster in whole numbers, this machine says: none, few, or any number.
    const upTo = way.whole?.upTo ?? 0;
    assert.ok(upTo === Number.POSITIVE_INFINITY || (Number.isInteger(upTo) && upTo >= 0 && upTo < 64), `${upTo}`);
    return { layers: way.layers.map(({ products }) => products).sort(), whole: upTo > 0 };
  });
  assert.deepEqual(
    found.map(({ layers }) => layers),
    [['bytes', 'floats'], ['bytes'], ['floats']],
  );
  assert.equal(found[2]?.whole, false);
});

test('a graph of layers alone is prepared or left as it is, and what is no graph is left to who opens it', async () => {
  const layers = await prepared('pictures-1', 'bytes');
  assert.ok(layers && 'sparse' in layers);
  assert.equal(await prepared('pictures-1', 'floats'), undefined);
  const settings = { provider: 'cpu', intraOpNumThreads: 1 } as const;
  assert.equal(await prepareGraph(fileURLToPath(import.meta.url), settings), undefined);
  assert.equal(await prepareGraph(join(MODELS, 'none.onnx'), settings), undefined);
});
