/**
 * npm run bench:estimate [-- --quick] [--only PART]: estimates of public test files against what compressing and decompressing them come to.
 * Sizes are compared at every rung of SIZED, times at `balanced`. Of short inputs the bytes must be the same: a test holds that, too.
 */
import { parseArgs } from 'node:util';
import { readConfig } from '../../src/config.js';
import { openEngine } from '../../src/engine.js';
import { median } from './client.js';
import { benchData, publicFiles } from './data.js';
import { evenly, type NamedFile } from './pieces.js';

/** Sizes within a twentieth, times within a factor. */
const SIZE_TARGET = 0.05;
const TIME_TARGET = 2;
const SIZED = [4, 32, 128];
const TIMED = 128;
const SHORT = 2 ** 14;
const NEVER = new AbortController().signal;

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string', default: '' } } });
const engine = await openEngine(readConfig({ LOG_LEVEL: 'silent' }), () => {});
const { codec } = engine;

interface Row {
  readonly name: string;
  readonly length: number;
  readonly exact: boolean;
  /** Parts by which the estimates of sizes are off, with their sign, and how many of them lie in their intervals. */
  readonly off: readonly number[];
  readonly inside: number;
  /** Estimated seconds over measured ones. */
  readonly compress: number;
  readonly decompress: number;
  /** Seconds of the estimate itself. */
  readonly seconds: number;
}

async function seconds<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  const made = await work();
  return [made, (performance.now() - began) / 1_000];
}

async function measure({ name, bytes }: NamedFile): Promise<Row> {
  const some = { model: 'auto', signal: NEVER } as const;
  const [found, took] = await seconds(() => codec.estimate(bytes, { ...some, calls: TIMED }));
  const off: number[] = [];
  let inside = 0;
  let times: [number, number] = [0, 0];
  for (const calls of SIZED) {
    const rung = found.ladder.find((each) => each.calls === calls);
    if (!rung) throw new Error(`no rung of ${calls} calls`);
    const [{ archive }, there] = await seconds(() => codec.compress(bytes, { ...some, calls }));
    off.push(rung.bytes / archive.length - 1);
    if (rung.lowest <= archive.length && archive.length <= rung.highest) inside++;
    if (calls !== TIMED) continue;
    const [, back] = await seconds(() => codec.decompress(archive, { signal: NEVER }));
    times = [rung.compressSeconds / there, rung.decompressSeconds / back];
  }
  const [compress, decompress] = times;
  return { name, length: bytes.length, exact: found.exact, off, inside, compress, decompress, seconds: took };
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
const within = (ratio: number): boolean => ratio <= TIME_TARGET && ratio >= 1 / TIME_TARGET;
const share = (rows: readonly Row[], holds: (row: Row) => boolean): string =>
  `${rows.filter(holds).length} of ${rows.length}`;

const all = publicFiles(benchData().test).filter(({ name }) => name.includes(values.only));
const short = evenly(
  all.map(({ name, bytes }) => ({ name, bytes: bytes.subarray(0, SHORT) })),
  values.quick ? 4 : 16,
);
const long = all.filter(({ bytes }) => bytes.length > SHORT);
const files = [...short, ...(values.quick ? evenly(long, 8) : long)];
const rows: Row[] = [];
console.log(`off in parts of the archive at ${SIZED.join(', ')} calls; estimated over measured seconds; own seconds`);
for (const file of files) {
  const row = await measure(file);
  rows.push(row);
  const { name, length, off, compress, decompress } = row;
  const sizes = off.map(percent).join(' ');
  const times = `${compress.toFixed(2)} ${decompress.toFixed(2)}`;
  console.log(`${name.padEnd(44)} ${String(length).padStart(8)}  ${sizes}  ${times}  ${row.seconds.toFixed(1)}`);
}
const exact = rows.filter((row) => row.exact);
const judged = rows.filter((row) => !row.exact);
const worst = (row: Row): number => Math.max(...row.off.map(Math.abs));
console.log(`short inputs with the same bytes: ${share(exact, (row) => worst(row) === 0)} (target: all)`);
console.log(`long inputs within ${percent(SIZE_TARGET)}: ${share(judged, (row) => worst(row) <= SIZE_TARGET)}`);
console.log(`long inputs in their intervals: ${share(judged, (row) => row.inside === SIZED.length)}`);
console.log(`median off: ${percent(median(judged.map(worst)))}; most: ${percent(Math.max(0, ...judged.map(worst)))}`);
console.log(`seconds within ${TIME_TARGET} x, there: ${share(rows, ({ compress }) => within(compress))}`);
console.log(`seconds within ${TIME_TARGET} x, back: ${share(rows, ({ decompress }) => within(decompress))}`);
await engine.pool.close();
