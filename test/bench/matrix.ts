/**
 * npm run bench:matrix: every model under every setting of the runtime that can be had here, and in calls of 1, 7 and 64 rows. Each setting decodes
 * what the first one made, and makes it again. Writes the table of `src/runtime/equality.md`.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Codec } from '../../src/codec/codec.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { wavFile } from '../containers/sound-files.js';
import { INPUTS } from '../golden/inputs.js';
import {
  CALLS,
  codes,
  type ExchangeReport,
  type ExchangeSetting,
  exchangeReportSchema,
} from '../runtime/exchange-report.js';
import { findSwiftShader } from '../runtime/swiftshader.js';
import { bytesOf } from '../sound/fakes.js';
import { voice } from '../sound/signals.js';

/** Bytes of each committed input: a call of one row takes a fifth of a second on SwiftShader. */
const LENGTH = 96;
const FILES: Readonly<Record<string, Uint8Array>> = {
  ...Object.fromEntries(
    ['short-message', 'records'].map((name) => [`${name}.bin`, (INPUTS[name] as Uint8Array).subarray(0, LENGTH)]),
  ),
  'column.ppm': readFileSync('test/golden/pictures/column.ppm'),
  'few-pixels.ppm': Buffer.concat([
    Buffer.from('P6\n7 5\n255\n'),
    readFileSync('test/golden/pictures/drawing.ppm').subarray(600, 600 + 3 * 7 * 5),
  ]),
  'few-frames.wav': wavFile({ samples: bytesOf(voice(16, 5), 40, [2, 16, 1, 16_000]), channels: 2, rate: 16_000 }),
};
const BATCHES = [1, 7, 64];
const PAGE = 'src/runtime/equality.md';
const START = '<!-- matrix: made by `npm run bench:matrix` -->';
const END = '<!-- /matrix -->';

interface Row {
  readonly title: string;
  readonly setting: ExchangeSetting;
  readonly environment: NodeJS.ProcessEnv;
}

const child = fileURLToPath(new URL('../runtime/exchange-child.js', import.meta.url));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const folder = mkdtempSync(join(tmpdir(), 'ardm-matrix-'));
const models = mkdtempSync(join(tmpdir(), 'ardm-models-'));
const expected: Pick<ExchangeReport, 'originals' | 'archives'> = { originals: {}, archives: {} };

/** Reports of a child, or why there is none. */
async function run({ setting, environment }: Row): Promise<ExchangeReport | string> {
  const started = spawn(process.execPath, [child, JSON.stringify(setting), models, folder], { env: environment });
  let out = '';
  let err = '';
  started.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  started.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const code = await new Promise((resolve) => started.once('close', resolve));
  if (code !== 0) {
    const told = err.split('\n').find((line) => line.startsWith('ProviderUnavailableError: '));
    return told?.replace('ProviderUnavailableError: ', '') ?? `it ended with ${code}`;
  }
  return exchangeReportSchema.parse(JSON.parse(out.trim().split('\n').at(-1) ?? ''));
}

/** What one model came to: which of its originals and archives are right. */
function cell(report: ExchangeReport, id: string): string {
  const of = (record: Readonly<Record<string, string>>): [string, string][] =>
    Object.entries(record).filter(([name]) => name.includes(`.${id}.`));
  const right = (found: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean =>
    of(wanted).length > 0 && of(wanted).every(([name, hash]) => found[name] === hash);
  const same = right(report.archives, expected.archives);
  const back = right(report.originals, expected.originals);
  return same && back
    ? 'equal'
    : `**${[same ? [] : 'other archive', back ? [] : 'other original'].flat().join(', ')}**`;
}

try {
  for (const from of ['models', 'test/fixtures/models']) {
    for (const id of readdirSync(from)) {
      if (existsSync(join(from, id, 'manifest.json'))) cpSync(join(from, id), join(models, id), { recursive: true });
    }
  }
  const registry = await loadModels(models, KINDS);
  const list = registry.list();
  const ids = list.map(({ id }) => id);
  const pool = await WorkerPool.start({ models: registry.list(), provider: 'cpu', workers: 1 });
  const codec = new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 20 });
  for (const [name, bytes] of Object.entries(FILES)) {
    writeFileSync(join(folder, name), bytes);
    for (const { id: model, kind } of list) {
      if (!codes(kind.content, name)) continue;
      const { archive } = await codec.compress(bytes, { model, calls: CALLS, signal: new AbortController().signal });
      const file = `${name}.${model}.ardm`;
      writeFileSync(join(folder, file), archive);
      expected.originals[file] = sha256(bytes);
      expected.archives[file] = sha256(archive);
    }
  }
  await pool.close();

  const swiftShader = findSwiftShader();
  const rows: Row[] = [
    {
      title: 'cpu, 1 thread, bytes',
      setting: { provider: 'cpu', threads: 1, products: 'bytes' },
      environment: process.env,
    },
    {
      title: 'cpu, 2 threads, bytes',
      setting: { provider: 'cpu', threads: 2, products: 'bytes' },
      environment: process.env,
    },
    {
      title: 'cpu, 1 thread, floats',
      setting: { provider: 'cpu', threads: 1, products: 'floats' },
      environment: process.env,
    },
    {
      title: 'cpu, 2 threads, floats',
      setting: { provider: 'cpu', threads: 2, products: 'floats' },
      environment: process.env,
    },
    ...('missing' in swiftShader
      ? []
      : [
          {
            title: 'webgpu on SwiftShader',
            setting: { provider: 'webgpu', threads: 1 },
            environment: swiftShader.environment,
          } as const,
        ]),
    { title: 'webgpu on a GPU', setting: { provider: 'webgpu', threads: 1 }, environment: process.env },
    { title: 'cuda', setting: { provider: 'cuda', threads: 1 }, environment: process.env },
  ];
  const lines = [`| setting | rows a call | ${ids.join(' | ')} |`, `| --- | --- |${' --- |'.repeat(ids.length)}`];
  for (const row of rows) {
    for (const mostRows of BATCHES) {
      const begun = performance.now();
      const report = await run({ ...row, setting: { ...row.setting, mostRows } });
      if (typeof report === 'string') {
        lines.push(`| ${row.title} | | not run: ${report.replaceAll('|', '/')} |${' |'.repeat(ids.length - 1)}`);
        console.log(lines.at(-1));
        break;
      }
      lines.push(`| ${row.title} | ${mostRows} | ${ids.map((id) => cell(report, id)).join(' | ')} |`);
      console.log(lines.at(-1), `${((performance.now() - begun) / 1_000).toFixed(0)} s`);
    }
  }
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model ?? process.arch}), Node ${process.versions.node}`;
  const table = `${START}\n\n${date}, ${machine}, \`npm run bench:matrix\`:\n\n${lines.join('\n')}\n\n${END}`;
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, page.slice(0, page.indexOf(START)) + table + page.slice(page.indexOf(END) + END.length));
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(models, { recursive: true, force: true });
}
