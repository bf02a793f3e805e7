/**
 * npm run bench:dictionaries [-- --quick]: bytes of single records in bare frames with a dictionary made of other records of their source,
 * beside brotli 11, zstd 19 with dictionaries that zstd trained on all the samples, and dictionaries that are simply the first bytes of the
 * samples; then what a dictionary costs in time, and what batches gain.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dictionary, dictionaryOf } from '../../src/codec/dictionary.js';
import { mapLimited } from '../../src/codec/map-limited.js';
import { readConfig } from '../../src/config.js';
import { chooseSamples } from '../../src/dictionaries/choose.js';
import { openEngine } from '../../src/engine.js';
import { LoadClient, median } from './client.js';
import { benchData, filesBelow } from './data.js';
import { type DictionaryResult, dictionaryFigure } from './dictionary-figure.js';
import { toSvg } from './figures.js';
import { brotliSize } from './peers.js';
import { evenly } from './pieces.js';
import { elementsOf } from './records.js';
import { BenchServer } from './server.js';

const quick = process.argv.includes('--quick');
/** Records of each source that are measured; all others are samples. */
const MEASURED = quick ? 12 : 24;
/** Where the choice is compared with none. */
const COMPARED = 16_384;
const SIZES = quick ? [16_384] : [1_024, 4_096, 16_384, 65_536];
const MOST_RECORD = 4_096;
const OUTPUT = '.work/bench-dictionaries.json';
const FIGURE = 'test/bench/figures/dictionaries.svg';

interface Source {
  readonly kind: 'JSON records' | 'log lines' | 'CSV rows';
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  readonly records: readonly Uint8Array[];
}

function source(kind: Source['kind'], name: string, texts: readonly string[]): Source {
  const distinct = [...new Set(texts)].filter((text) => text.length > 0 && text.length <= MOST_RECORD);
  const measured = new Set(evenly(distinct, Math.min(MEASURED, Math.floor(distinct.length / 3))));
  const bytes = (wanted: boolean): Buffer[] =>
    distinct.filter((text) => measured.has(text) === wanted).map((text) => Buffer.from(text));
  return { kind, name, samples: bytes(false), records: bytes(true) };
}

function sourcesBelow(test: string): Source[] {
  const json = (name: string, below?: string): Source =>
    source('JSON records', name, elementsOf(readFileSync(join(test, 'json', name), 'utf8'), below));
  const lines = (text: string): string[] => text.split(/\r?\n/);
  return [
    source(
      'JSON records',
      'amazon_cellphones.ndjson',
      lines(readFileSync(join(test, 'json/amazon_cellphones.ndjson'), 'utf8')).slice(1),
    ),
    json('github_events.json'),
    json('gsoc-2018.json'),
    json('twitter_timeline.json'),
    json('twitterescaped.json', 'statuses'),
    json('update-center.json', 'plugins'),
    ...filesBelow(join(test, 'logs'))
      .filter(({ name }) => name.endsWith('.log'))
      .map(({ name, bytes }) => source('log lines', name, lines(Buffer.from(bytes).toString('latin1')))),
    ...filesBelow(join(test, 'csv')).map(({ name, bytes }) =>
      source('CSV rows', name, lines(Buffer.from(bytes).toString()).slice(1)),
    ),
  ].filter(({ records }) => records.length >= 8);
}

const engine = await openEngine(readConfig(process.env), () => {});
const { codec, pool, autoModel } = engine;
const model = codec.modelOf('auto');
const { signal } = new AbortController();

async function framed(records: readonly Uint8Array[], dictionary?: Dictionary): Promise<number> {
  const frames = await mapLimited(8, signal, records, (record) =>
    codec.frames.compress(record, { model, calls: 'balanced', dictionary, signal }),
  );
  return frames.reduce((sum, { length }) => sum + length, 0);
}

/** The first bytes of the samples, a line each. */
function firstBytes(samples: readonly Uint8Array[], size: number): Uint8Array {
  return Buffer.concat(samples.flatMap((sample) => [sample, Buffer.from('\n')])).subarray(0, size);
}

/** Bytes of zstd 19 with its own dictionary of the samples, and of it without; undefined where it cannot make one. */
function zstd(
  samples: readonly Uint8Array[],
  records: readonly Uint8Array[],
  size: number | undefined,
): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ardm-zstd-'));
  try {
    for (const part of ['samples', 'records']) mkdirSync(join(folder, part));
    samples.forEach((bytes, i) => {
      writeFileSync(join(folder, 'samples', String(i)), bytes);
    });
    records.forEach((bytes, i) => {
      writeFileSync(join(folder, 'records', String(i)), bytes);
    });
    const quiet = { cwd: folder, stdio: 'ignore' } as const;
    if (size !== undefined) {
      execFileSync('zstd', ['-q', '--train', '-r', 'samples', `--maxdict=${size}`, '-o', 'dictionary'], quiet);
    }
    const dictionary = size === undefined ? [] : ['-D', 'dictionary', '--no-dictID'];
    execFileSync('zstd', ['-q', '-19', '--no-check', '--no-content-size', ...dictionary, '-r', 'records'], quiet);
    const made = readdirSync(join(folder, 'records')).filter((name) => name.endsWith('.zst'));
    return made.reduce((sum, name) => sum + statSync(join(folder, 'records', name)).size, 0);
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const results: DictionaryResult[] = [];
for (const { kind, name, samples, records } of sourcesBelow(benchData().test)) {
  const raw = records.reduce((sum, { length }) => sum + length, 0);
  const alone = {
    ardm: await framed(records),
    brotli: records.reduce((sum, record) => sum + brotliSize(record), 0),
    zstd: zstd(samples, records, undefined),
  };
  const sizes: DictionaryResult['sizes'][number][] = [];
  for (const size of SIZES) {
    const chosen = await framed(records, dictionaryOf(await chooseSamples(samples, size)));
    const first = size === COMPARED ? await framed(records, dictionaryOf(firstBytes(samples, size))) : undefined;
    sizes.push({ size, chosen, first, zstd: zstd(samples, records, size) });
  }
  results.push({ kind, name, records: records.length, samples: samples.length, raw, alone, sizes });
  const cells = sizes.map(
    (s) => `${s.size}: ${s.chosen} (${s.first === undefined ? '' : `first bytes ${s.first}, `}zstd ${s.zstd ?? '-'})`,
  );
  console.log(
    `${kind.padEnd(12)} ${name.padEnd(34)} raw ${raw} ardm ${alone.ardm} brotli ${alone.brotli}  ${cells.join('  ')}`,
  );
}

console.log(`\n${autoModel}, balanced, bare frames; sums over the sources of a kind`);
for (const kind of [...new Set(results.map((result) => result.kind)), undefined]) {
  const of = results.filter((result) => kind === undefined || result.kind === kind);
  const sum = (value: (result: DictionaryResult) => number): number => of.reduce((total, r) => total + value(r), 0);
  for (const [i, size] of SIZES.entries()) {
    const at = (result: DictionaryResult) => result.sizes[i] as DictionaryResult['sizes'][number];
    const both = of.filter((result) => at(result).zstd !== undefined);
    const ratio = both.reduce((t, r) => t + at(r).chosen, 0) / both.reduce((t, r) => t + (at(r).zstd as number), 0);
    console.log(
      `${(kind ?? 'all').padEnd(13)} ${String(size).padStart(6)}: ${sum((r) => at(r).chosen)} bytes, ${ratio.toFixed(3)} x zstd (${both.length} of ${of.length} sources), ` +
        `${size === COMPARED ? `${(sum((r) => at(r).chosen) / sum((r) => at(r).first ?? 0)).toFixed(3)} x the first bytes, ` : ''}${(sum((r) => at(r).chosen) / sum((r) => r.alone.ardm)).toFixed(3)} x none`,
    );
  }
}
const at4 = SIZES.indexOf(4_096);
const at64 = SIZES.indexOf(65_536);
if (at4 >= 0 && at64 >= 0) {
  const both = results.filter((result) => result.sizes[at64]?.zstd !== undefined);
  const ours = both.reduce((sum, result) => sum + (result.sizes[at4]?.chosen ?? 0), 0);
  const theirs = both.reduce((sum, result) => sum + (result.sizes[at64]?.zstd ?? 0), 0);
  console.log(`4 KiB against zstd's 64 KiB: ${(ours / theirs).toFixed(3)}`);
}

await times();
await pool.close();
await batches();
if (!quick) {
  mkdirSync('.work', { recursive: true });
  writeFileSync(OUTPUT, JSON.stringify(results, null, 1));
  writeFileSync(FIGURE, await toSvg(dictionaryFigure(results)));
  console.log(FIGURE);
}

/** Milliseconds of a record of 1 KiB with a dictionary of 16 KiB and without, in turn; and records a second, one by one and many at once. */
async function times(): Promise<void> {
  const text = readFileSync(join(benchData().test, 'json/gsoc-2018.json'));
  const dictionary = dictionaryOf(text.subarray(0, 16_384));
  const record = text.subarray(100_000, 101_024);
  const took: Record<string, number[]> = {};
  const time = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await work();
    took[name] = [...(took[name] ?? []), performance.now() - began];
  };
  for (let round = 0; round < 60; round++) {
    for (const used of [undefined, dictionary]) {
      const options = { model, calls: 'balanced', dictionary: used, signal } as const;
      const frame = await codec.frames.compress(record, options);
      await time(`compress ${used ? 'with' : 'without'}`, () => codec.frames.compress(record, options));
      await time(`decompress ${used ? 'with' : 'without'}`, () => codec.frames.decompress(frame, options));
    }
  }
  for (const operation of ['compress', 'decompress']) {
    const [without, withIt] = [median(took[`${operation} without`] ?? []), median(took[`${operation} with`] ?? [])];
    console.log(
      `1 KiB ${operation}: ${without.toFixed(2)} ms without, ${withIt.toFixed(2)} ms with, ${(withIt / without).toFixed(2)} x`,
    );
  }
}

/** Records a second over HTTP: 1,000 of some 150 bytes in one batch, and as many as 3 seconds allow one by one, in turn. */
async function batches(): Promise<void> {
  const log = readFileSync(join(benchData().test, 'logs/Thunderbird/Thunderbird_2k.log'));
  const lines = Buffer.from(log)
    .toString('latin1')
    .split('\n')
    .map((line) => Buffer.from(line.slice(0, 150)));
  const records = lines.slice(0, 1_000);
  const server = await BenchServer.start();
  try {
    const made = await server.post(
      '/v1/dictionaries',
      Buffer.concat(lines.slice(1_000).flatMap((line) => [line, Buffer.from('\n')])),
    );
    const { id } = JSON.parse(Buffer.from(made).toString()) as { id: string };
    const client = new LoadClient(server.url);
    for (const operation of ['compress', 'decompress'] as const) {
      const single = `/v1/${operation}?framing=bare&dictionary=${id}`;
      const inputs =
        operation === 'compress'
          ? records
          : await mapLimited(8, signal, records, (r) => server.post(`/v1/compress?framing=bare&dictionary=${id}`, r));
      const body = Buffer.concat(inputs.flatMap((input) => [Buffer.from(Uint32Array.of(input.length).buffer), input]));
      const rates: { alone: number[]; together: number[] } = { alone: [], together: [] };
      for (let round = 0; round < 4; round++) {
        let began = performance.now();
        let done = 0;
        for (const input of inputs) {
          await client.post(single, input);
          done++;
          if (performance.now() - began > 3_000) break;
        }
        rates.alone.push((1_000 * done) / (performance.now() - began));
        began = performance.now();
        await server.post(`/v1/batch/${operation}?dictionary=${id}`, body);
        rates.together.push((1_000 * inputs.length) / (performance.now() - began));
      }
      const [alone, together] = [median(rates.alone), median(rates.together)];
      console.log(
        `1,000 records of 150 bytes, ${operation}: ${alone.toFixed(0)} a second one by one, ${together.toFixed(0)} in a batch, ${(together / alone).toFixed(1)} x`,
      );
    }
  } finally {
    await server.stop();
  }
}
