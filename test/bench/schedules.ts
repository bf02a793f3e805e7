/**
 * npm run bench:schedules: the paper's random order, cut by its dynamic program over measured losses, beside interleaved
 * segments, at equal numbers of network calls: payload bits per byte on 1 KiB pieces of the Canterbury prose.
 */
import { join } from 'node:path';
import { encodeSegment } from '../../src/ardm/segment.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { loadModel, type ModelGraph } from '../../src/runtime/model.js';
import { openNetwork } from '../../src/runtime/open-network.js';
import { Scheduler } from '../../src/runtime/scheduler.js';
import { benchData, canterburyTexts } from './data.js';
import { piecesOf } from './pieces.js';

const model = await loadModel(join('models', 'text-1'), KINDS);
const [graph] = model.graphs as [ModelGraph];
const predictor = await openNetwork(model.id, graph, { provider: 'cpu', intraOpNumThreads: 2 });
const pieces = canterburyTexts(benchData().test).flatMap((t) => piecesOf(t.bytes, 1024, 25));
console.log(`${pieces.length} pieces of 1 KiB of prose, ${model.id}; bits per byte of the coded payload`);
console.log('calls   interleaved   random order + DP');
const { domain } = model.kind.open(model.coding);
const alone = new Scheduler(256, () => {}).predictor(predictor, { short: true, signal: { aborted: false } });
for (const calls of [4, 8, 16, 32, 64, 128, 256, 512, 1024]) {
  const rates: number[] = [];
  for (const schedule of ['interleaved', 'random'] as const) {
    let bytes = 0;
    for (const piece of pieces) {
      const ardm = { domain, predictors: [alone] };
      bytes += (await encodeSegment(ardm, piece, { schedule, calls }, { aborted: false })).length;
    }
    rates.push((8 * bytes) / (pieces.length * 1024));
  }
  console.log(`${String(calls).padStart(5)}   ${rates.map((r) => r.toFixed(3).padStart(11)).join('   ')}`);
}
await predictor.release();
