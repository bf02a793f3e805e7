/**
 * `node exchange-child.js <setting as JSON> <models folder> <folder>`: decompresses every `*.ardm` of the folder and
 * compresses all else under that setting of the runtime. Prints one line of JSON, an `ExchangeReport`.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Codec } from '../../src/codec/codec.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { CALLS, codes, type ExchangeReport, exchangeSettingSchema } from './exchange-report.js';

const [setting, models, folder] = z.tuple([z.string(), z.string(), z.string()]).parse(process.argv.slice(2));
const { provider, threads, products, mostRows } = exchangeSettingSchema.parse(JSON.parse(setting));
const registry = await loadModels(models, KINDS);
const pool = await WorkerPool.start({
  models: registry.list(),
  // What products are in is told of these: graphs of pictures choose by themselves.
  keepOpen: registry
    .list()
    .filter(({ kind }) => kind.content === 'bytes')
    .map(({ id }) => id),
  provider,
  workers: threads,
  intraOpNumThreads: threads,
  ...(products ? { products } : {}),
  ...(mostRows ? { mostRows } : {}),
});
const codec = new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 20 });
const { signal } = new AbortController();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const report: ExchangeReport = { provider: pool.provider, products: pool.products, originals: {}, archives: {} };
for (const name of readdirSync(folder).sort()) {
  const bytes = readFileSync(join(folder, name));
  if (name.endsWith('.ardm')) report.originals[name] = sha256(await codec.decompress(bytes, { signal }));
  else {
    for (const { id, kind } of registry.list()) {
      if (!codes(kind.content, name)) continue;
      const { archive } = await codec.compress(bytes, { model: id, calls: CALLS, signal });
      report.archives[`${name}.${id}.ardm`] = sha256(archive);
    }
  }
}
await pool.close();
console.log(JSON.stringify(report));
