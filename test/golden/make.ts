/**
 * node dist/test/golden/make.js: writes the golden archives that are missing, with the models of models/. What is there
 * is never written again: it was released, and must decode for ever.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { segmentCrc } from '../../src/archive/checksum.js';
import { writeArchive } from '../../src/archive/write.js';
import type { Dial } from '../../src/ardm/schedule.js';
import { Codec } from '../../src/codec/codec.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { GOLDEN, type Golden, pathOf } from './golden.js';
import { INPUTS } from './inputs.js';

const registry = await loadModels('models');
const pool = await WorkerPool.start({ models: registry.list(), provider: 'cpu', workers: 1 });
const codec = new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 30 });
const { signal } = new AbortController();

async function make({ input, model, dial }: Golden): Promise<Uint8Array> {
  const bytes = INPUTS[input] as Uint8Array;
  const chosen = registry.byId(model);
  if (!chosen || dial.schedule === 'interleaved')
    return (await codec.compress(bytes, { model, calls: dial.calls, signal })).archive;
  // No request asks for the random order, but the format has it.
  const payload = await pool.encode(model, bytes, dial satisfies Dial, signal);
  const crc = segmentCrc(bytes, payload.length, chosen.identity);
  return writeArchive([{ method: 'ardm', length: bytes.length, payload, crc, dial, model: chosen.identity }]);
}

for (const golden of GOLDEN) {
  const path = pathOf(golden);
  if (existsSync(path)) continue;
  mkdirSync(join(path, '..'), { recursive: true });
  const archive = await make(golden);
  writeFileSync(path, archive);
  console.log(`${path} ${(INPUTS[golden.input] as Uint8Array).length} -> ${archive.length}`);
}
await pool.close();
