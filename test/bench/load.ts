/**
 * npm run bench:load: the service under load, through HTTP on this machine: 1 MB of prose, logs and JSON there and back beside zpaq; one small
 * request on an idle server; 64 clients against one; ten times more than it can do.
 */
import { join } from 'node:path';
import { type Answer, LoadClient, median, quantile } from './client.js';
import { benchData, canterburyTexts, filesBelow } from './data.js';
import { loadOptions } from './load-options.js';
import { MODEL } from './model.js';
import { overload } from './overload.js';
import { BenchServer } from './server.js';
import { zpaq } from './zpaq.js';

const { scenarios, seconds, rounds } = loadOptions(process.argv.slice(2));
const { test } = benchData();
const text = Buffer.concat(canterburyTexts(test).map(({ bytes }) => bytes));
const server = await BenchServer.start();
const client = new LoadClient(server.url);

/** Pieces of 1 KiB from all over the text. */
const pieces = Array.from({ length: 64 }, (_, i) => text.subarray(i * 10_000, i * 10_000 + 1_024));
const verdict = (met: boolean): string => (met ? 'met' : 'MISSED');

/** 1 MB of several files of a folder: as much of each as there is of the shortest, or all. */
function megabyteOf(folder: string): Buffer {
  const files = filesBelow(join(test, folder)).filter(({ name }) => /\.(log|json)$/.test(name));
  return Buffer.concat(files.map(({ bytes }) => bytes.subarray(0, Math.ceil(1_000_000 / files.length)))).subarray(
    0,
    1_000_000,
  );
}

async function megabyte(): Promise<void> {
  await thereAndBack('prose', text.subarray(0, 1_000_000), { rate: 300, ratio: 0.75 });
  for (const kind of ['logs', 'json']) await thereAndBack(kind, megabyteOf(kind), { rate: 500, ratio: 1.2 });
}

/** @param target KB/s, and of zpaq's speed */
async function thereAndBack(kind: string, input: Buffer, target: { rate: number; ratio: number }): Promise<void> {
  const times = {
    compress: [] as number[],
    decompress: [] as number[],
    zpaqIn: [] as number[],
    zpaqOut: [] as number[],
  };
  const peer = zpaq(input);
  let size = 0;
  for (let i = 0; i < rounds; i++) {
    const compressed = await client.done('/v1/compress?calls=balanced', input);
    const restored = await client.done('/v1/decompress', compressed.body);
    if (!restored.body.equals(input)) throw new Error('the answer differs from what was sent');
    size = compressed.body.length;
    times.compress.push(compressed.milliseconds);
    times.decompress.push(restored.milliseconds);
    if (!peer) continue;
    times.zpaqIn.push(peer.compress());
    times.zpaqOut.push(peer.decompress());
  }
  const rate = (ms: readonly number[]): number => input.length / median(ms);
  const [c, d] = [rate(times.compress), rate(times.decompress)];
  console.log(
    `${input.length} bytes of ${kind}, balanced: compress ${c.toFixed(0)} KB/s, decompress ${d.toFixed(0)} KB/s, ${size} bytes`,
  );
  console.log(`  target ${target.rate} KB/s each: ${verdict(c >= target.rate && d >= target.rate)}`);
  if (!peer) return;
  const [zc, zd] = [rate(times.zpaqIn), rate(times.zpaqOut)];
  console.log(`  zpaq -m5 -t1 in the same run: ${zc.toFixed(0)} and ${zd.toFixed(0)} KB/s, ${peer.size()} bytes`);
  peer.close();
  const met = c >= target.ratio * zc && d >= target.ratio * zd;
  console.log(`  ours: ${(c / zc).toFixed(2)} and ${(d / zd).toFixed(2)} x (target ${target.ratio}): ${verdict(met)}`);
}

/** Milliseconds of requests one after the other. */
async function alone(path: string, bodies: readonly Uint8Array[], count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    times.push((await client.done(path, bodies[i % bodies.length] as Uint8Array)).milliseconds);
  }
  return times;
}

async function archives(calls: string): Promise<Buffer[]> {
  return await Promise.all(
    pieces.map(async (piece) => (await client.done(`/v1/compress?calls=${calls}&model=${MODEL}`, piece)).body),
  );
}

async function idle(): Promise<void> {
  for (const [calls, target] of [
    ['fast', 6],
    ['balanced', 8],
  ] as const) {
    const bodies = { [`/v1/compress?calls=${calls}`]: pieces, '/v1/decompress': await archives(calls) };
    for (const [path, of] of Object.entries(bodies)) {
      const p50 = median(await alone(path, of, 70 * rounds));
      console.log(
        `1 KiB, idle, ${calls}, ${path}: p50 ${p50.toFixed(1)} ms (target ${target}): ${verdict(p50 <= target)}`,
      );
    }
  }
}

async function crowd(): Promise<void> {
  const bodies = { '/v1/decompress': await archives('balanced'), '/v1/compress?calls=balanced': pieces };
  for (const [path, of] of Object.entries(bodies)) {
    const one: number[] = [];
    const many: number[] = [];
    const p99: number[] = [];
    let p50 = 0;
    let failures = 0;
    for (let round = 0; round < rounds; round++) {
      const times = await alone(path, of, 150);
      one.push(1_000 / (times.reduce((sum, ms) => sum + ms, 0) / times.length));
      p50 = median(times);
      const answers: Answer[] = [];
      const begun = performance.now();
      await Promise.all(
        Array.from({ length: 64 }, async (_, k) => {
          for (let i = 0; i < 15; i++) answers.push(await client.post(path, of[(k + i) % of.length] as Uint8Array));
        }),
      );
      many.push((1_000 * answers.length) / (performance.now() - begun));
      p99.push(
        quantile(
          answers.map(({ milliseconds }) => milliseconds),
          0.99,
        ) / p50,
      );
      failures += answers.filter(({ status }) => status !== 200).length;
    }
    const ratio = median(many.map((rate, i) => rate / (one[i] as number)));
    console.log(
      `64 clients of 1 KiB, ${path}: ${median(many).toFixed(0)}/s (target 250): ${verdict(median(many) >= 250)}, one client ${median(one).toFixed(0)}/s (p50 ${p50.toFixed(1)} ms)`,
    );
    console.log(
      `  ratio ${ratio.toFixed(2)} (target 6): ${verdict(ratio >= 6)}; p99 ${median(p99).toFixed(1)} x idle p50 (target 8): ${verdict(median(p99) <= 8)}; failures ${failures}`,
    );
  }
}

const all = {
  megabyte,
  idle,
  crowd,
  overload: async () => overload(server, pieces, await archives('balanced'), seconds),
};
try {
  for (const [name, run] of Object.entries(all)) if (scenarios.includes(name)) await run();
} finally {
  client.close();
  await server.stop();
}
