/**
 * npm run bench:soak [-- --minutes 30]: mixed load for a long time: files of 100 bytes to 300 KB at every turn of the dial, each decompressed
 * and compared, damaged archives, clients that leave. Reports memory after warm-up against memory at the end, and the lag of the event loop.
 */
import { request } from 'node:http';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { draws } from '../mixing/drawn-case.js';
import { LoadClient, median, quantile } from './client.js';
import { benchData, canterburyTexts, heldOutFiles } from './data.js';
import { BenchServer } from './server.js';

const CLIENTS = 6;
const DIALS = ['1', '8', 'fast', 'balanced', '300'];
const SAMPLE_MS = 10_000;

const { values } = parseArgs({ options: { minutes: { type: 'string' } } });
const minutes = z.coerce
  .number()
  .positive()
  .parse(values.minutes ?? '30');
const data = benchData();
const files = [...canterburyTexts(data.test), ...heldOutFiles(data.train)]
  .map(({ bytes }) => bytes)
  .filter(({ length }) => length > 100);
const server = await BenchServer.start();
const client = new LoadClient(server.url);
const end = performance.now() + minutes * 60_000;

const tally = { done: 0, bytes: 0, refused: 0, damaged: 0, left: 0, wrong: 0, failed: 0 };
const memory: number[] = [];
const lags: number[] = [];

/** Sends part of an upload and goes. */
function leave(body: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': body.length };
    const req = request(`${server.url}/v1/compress`, { method: 'POST', headers });
    req.on('error', () => {});
    req.on('close', () => resolve());
    req.write(body.subarray(0, body.length >> 1));
    setTimeout(() => req.destroy(), 20);
  });
}

async function one(next: (limit: number) => number): Promise<void> {
  const file = files[next(files.length)] as Uint8Array;
  const most = next(10) === 0 ? 300_000 : next(4) === 0 ? 20_000 : 2_000;
  const length = Math.min(file.length, 100 + next(most));
  const start = next(file.length - length + 1);
  const body = file.subarray(start, start + length);
  if (next(20) === 0) {
    await leave(body);
    tally.left++;
    return;
  }
  const dial = length > 20_000 ? 'fast' : DIALS[next(DIALS.length)];
  const packed = await client.post(`/v1/compress?calls=${dial}${next(3) === 0 ? '&model=text-1' : ''}`, body);
  if (packed.status === 503) {
    tally.refused++;
    return;
  }
  if (packed.status !== 200) {
    tally.failed++;
    return;
  }
  if (next(10) === 0) {
    const broken = Buffer.from(packed.body);
    const at = next(broken.length);
    broken[at] = (broken[at] as number) ^ (1 + next(255));
    const { status, body: answer } = await client.post('/v1/decompress', broken);
    // Some bits are not looked at by any decoder; the bytes must be right all the same.
    if (status === 200 && !answer.equals(body)) tally.wrong++;
    tally.damaged++;
  }
  const restored = await client.post('/v1/decompress', packed.body);
  if (restored.status !== 200) tally.failed++;
  else if (!restored.body.equals(body)) tally.wrong++;
  tally.done++;
  tally.bytes += length;
}

async function sample(): Promise<void> {
  const text = await fetch(`${server.url}/metrics`).then((answer) => answer.text());
  lags.push(1_000 * Number(/^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1]));
  memory.push(server.memory());
}

const sampling = setInterval(() => void sample(), SAMPLE_MS);
await Promise.all(
  Array.from({ length: CLIENTS }, async (_, k) => {
    const next = draws(k + 1);
    while (performance.now() < end) await one(next);
  }),
);
clearInterval(sampling);
await sample();
client.close();
await server.stop();

const fifth = Math.max(1, Math.floor(memory.length / 5));
const warm = median(memory.slice(fifth, 2 * fifth));
const last = median(memory.slice(-fifth));
console.log(`${minutes} minutes: ${JSON.stringify(tally)}`);
console.log(
  `resident: ${warm.toFixed(0)} MB in the second fifth of the time, ${last.toFixed(0)} MB in the last (${(last - warm).toFixed(0)}), at most ${Math.max(...memory).toFixed(0)}`,
);
const tenths = Array.from({ length: 10 }, (_, i) => {
  const [from, to] = [i, i + 1].map((k) => Math.floor((k * memory.length) / 10));
  return median(memory.slice(from, to)).toFixed(0);
});
console.log(`resident, each tenth of the time: ${tenths.join(', ')} MB`);
console.log(
  `lag of the event loop, p99 of each 10 s: median ${median(lags).toFixed(1)} ms, p99 ${quantile(lags, 0.99).toFixed(1)} ms`,
);
if (tally.wrong + tally.failed > 0) process.exitCode = 1;
