import assert from 'node:assert/strict';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { ElementType } from '../../src/onnx/read.js';
import type { ContextGraph } from '../../src/runtime/context-graph.js';
import { LookUp, shareTable } from '../../src/runtime/look-up.js';
import { draws } from '../mixing/drawn-case.js';

function contextOf(rows: number, rowBytes: number, columns: number): ContextGraph {
  const next = draws(rows * rowBytes + columns);
  const table = Int8Array.from({ length: rows * rowBytes }, () => next(256) - 128);
  const output = { name: 'logits', elementType: ElementType.float, dims: [null, 256] };
  return { table, rowBytes, width: columns * rowBytes, layers: [], output };
}

test('rows are those of the table, 128 more, one behind another', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9_000 }),
      fc.constantFrom(1, 4, 8, 16, 24),
      fc.integer({ min: 1, max: 33 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1 }),
      (rows, rowBytes, columns, counts, seed) => {
        const context = contextOf(rows, rowBytes, columns);
        const table = shareTable(context);
        const lookUps = [new LookUp(table), new LookUp(table)];
        const next = draws(seed);
        for (const [call, count] of counts.entries()) {
          const indices = Int32Array.from({ length: count * columns }, () => next(rows));
          const expected = Uint8Array.from({ length: count * context.width }, (_, i) => {
            const row = indices[Math.floor(i / rowBytes)] as number;
            return (context.table[row * rowBytes + (i % rowBytes)] as number) + 128;
          });
          assert.deepEqual(Uint8Array.from((lookUps[call % 2] as LookUp).take(indices, count)), expected);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('what is behind the table is no row', () => {
  for (const rowBytes of [8, 16]) {
    const lookUp = new LookUp(shareTable(contextOf(10, rowBytes, 5)));
    for (const row of [10, 11, 1_000_000, -1]) {
      assert.throws(() => lookUp.take(Int32Array.of(0, 9, 1, 2, row), 1), /unreachable/);
      assert.throws(() => lookUp.take(Int32Array.of(row, 9, 1, 2, 0), 1), /unreachable/);
    }
    assert.equal(lookUp.take(Int32Array.of(9, 9, 9, 9, 9), 1).length, 5 * rowBytes);
  }
});

test('a thread reads the table that another one made, without a copy', async () => {
  const context = contextOf(100, 16, 3);
  const table = shareTable(context);
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(workerData.module).then(({ LookUp }) => {
       const lookUp = new LookUp(workerData.table);
       parentPort.postMessage(Array.from(lookUp.take(Int32Array.of(99, 0, 50), 1)));
     });`,
    { eval: true, workerData: { table, module: new URL('../../src/runtime/look-up.js', import.meta.url).href } },
  );
  const found = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  const expected = [99, 0, 50].flatMap((row) => [...context.table.subarray(row * 16, row * 16 + 16)]);
  assert.deepEqual(
    found,
    expected.map((value) => value + 128),
  );
  await worker.terminate();
});
