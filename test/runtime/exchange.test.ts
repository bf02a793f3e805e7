import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { codingSchema } from '../../src/bytes/coding-schema.js';
import { Codec } from '../../src/codec/codec.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { wavFile } from '../containers/sound-files.js';
import { INPUTS } from '../golden/inputs.js';
import { bytesOf } from '../sound/fakes.js';
import { voice } from '../sound/signals.js';
import { CALLS, codes, type ExchangeReport, type ExchangeSetting, exchangeReportSchema } from './exchange-report.js';
import { findSwiftShader } from './swiftshader.js';

/**
 * Archives made under one setting are decoded under every other, and every setting makes the same archives. All models
 * stand side by side in one folder.
 */
const child = fileURLToPath(new URL('./exchange-child.js', import.meta.url));
const CHILD_LIMIT_MS = 600_000;
const swiftShader = findSwiftShader();
const required = process.env.ARDM_REQUIRE_WEBGPU === '1';
const missing = 'missing' in swiftShader ? `NOT TESTED: ${swiftShader.missing}` : false;
if (missing) console.error(`\n*** ${missing} (archives exchanged with WebGPU) ***\n`);

const inputs: Readonly<Record<string, Uint8Array>> = {
  'short-message.bin': (INPUTS['short-message'] as Uint8Array).subarray(0, 400),
  'records.bin': (INPUTS.records as Uint8Array).subarray(0, 400),
  'drawing.ppm': readFileSync('test/golden/pictures/drawing.ppm'),
  'stereo.wav': wavFile({ samples: bytesOf(voice(16, 5), 120, [2, 16, 1, 16_000]), channels: 2, rate: 16_000 }),
};
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('archives made on one CPU thread', () => {
  let folder: string;
  let models: string;
  const originals: Record<string, string> = {};
  const archives: Record<string, string> = {};

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ardm-exchange-'));
    models = mkdtempSync(join(tmpdir(), 'ardm-models-'));
    for (const from of ['models', 'test/fixtures/models']) {
      for (const id of readdirSync(from)) {
        if (existsSync(join(from, id, 'manifest.json'))) cpSync(join(from, id), join(models, id), { recursive: true });
      }
    }
    const registry = await loadModels(models, KINDS);
    assert.ok(registry.list().length >= 4, 'four models live side by side');
    assert.ok(
      registry.list().some(({ coding }) => codingSchema.safeParse(coding).data?.mixing),
      'one of them mixes',
    );
    assert.ok(
      registry.list().some(({ kind }) => kind.content === 'pictures'),
      'one of them is of pictures',
    );
    assert.ok(
      registry.list().some(({ kind }) => kind.content === 'sound'),
      'one of them is of sound',
    );
    const pool = await WorkerPool.start({ models: registry.list(), provider: 'cpu', workers: 1, intraOpNumThreads: 1 });
    const codec = new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 20 });
    const { signal } = new AbortController();
    for (const [name, bytes] of Object.entries(inputs)) {
      writeFileSync(join(folder, name), bytes);
      for (const { id, kind } of registry.list()) {
        if (!codes(kind.content, name)) continue;
        const { archive } = await codec.compress(bytes, { model: id, calls: CALLS, signal });
        const file = `${name}.${id}.ardm`;
        writeFileSync(join(folder, file), archive);
        originals[file] = sha256(bytes);
        archives[file] = sha256(archive);
      }
    }
    await pool.close();
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(models, { recursive: true, force: true });
  });

  function exchange(setting: ExchangeSetting, env: NodeJS.ProcessEnv = process.env): ExchangeReport {
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      [child, JSON.stringify(setting), models, folder],
      { encoding: 'utf8', env, timeout: CHILD_LIMIT_MS },
    );
    assert.equal(status, 0, `the child ended with ${status ?? signal}: ${stderr}`);
    return exchangeReportSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  }

  for (const [name, setting] of [
    ['by two workers of two threads', { provider: 'cpu', threads: 2, products: 'bytes' }],
    ['in bytes', { provider: 'cpu', threads: 1, products: 'bytes' }],
    ['in floats', { provider: 'cpu', threads: 1, products: 'floats' }],
    ['in calls of 7 rows', { provider: 'cpu', threads: 1, mostRows: 7 }],
    ['row by row', { provider: 'cpu', threads: 1, mostRows: 1 }],
  ] satisfies [string, ExchangeSetting][]) {
    it(`are decoded, and made again byte for byte, ${name}`, () => {
      const report = exchange(setting);
      // Which is faster is measured where nothing is said.
      const products = 'products' in setting ? setting.products : report.products;
      assert.deepEqual(report, { provider: 'cpu', products, originals, archives });
    });
  }

  it('are decoded, and made again byte for byte, on WebGPU (SwiftShader)', { skip: !required && missing }, () => {
    if ('missing' in swiftShader) assert.fail(swiftShader.missing);
    const report = exchange({ provider: 'webgpu', threads: 1 }, swiftShader.environment);
    assert.deepEqual(report, { provider: 'webgpu', products: 'floats', originals, archives });
  });
});
