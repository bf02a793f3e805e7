/**
 * npm run bench:speed: through HTTP, on this machine, medians of several; ratios to peers measured in the same run;
 * health answers while a large file is compressed; memory over 1,000 mixed requests.
 */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { median } from './client.js';
import { benchData, canterburyTexts, heldOutFiles } from './data.js';
import { MODEL } from './model.js';
import { samplesOf } from './pieces.js';
import { BenchServer } from './server.js';
import { zpaq } from './zpaq.js';

/** An older model, which is measured beside it. */
const BEFORE = 'text-1';

const REPEATS = 5;

async function seconds(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const begun = performance.now();
    await work();
    times.push((performance.now() - begun) / 1000);
  }
  return median(times);
}

const data = benchData();
const server = await BenchServer.start();
try {
  const text = Buffer.concat(canterburyTexts(data.test).map((t) => t.bytes));
  const input = text.subarray(100_000, 300_000);
  const rate = (s: number): string => `${(input.length / 1000 / s).toFixed(1)} KB/s`;
  console.log(`${input.length / 1000} KB of prose through HTTP, medians of ${REPEATS}`);
  for (const calls of ['fast', 'balanced', 'small']) {
    const archive = await server.post(`/v1/compress?model=${MODEL}&calls=${calls}`, input);
    const c = await seconds(() => server.post(`/v1/compress?model=${MODEL}&calls=${calls}`, input));
    const d = await seconds(() => server.post('/v1/decompress', archive));
    const met = input.length / c >= 40_000 && input.length / d >= 40_000;
    console.log(
      `${calls.padEnd(9)} compress ${rate(c)}  decompress ${rate(d)}  ${archive.length} bytes${calls === 'balanced' ? `  target 40 KB/s each: ${met ? 'met' : 'MISSED'}` : ''}`,
    );
    const old = await server.post(`/v1/compress?model=${BEFORE}&calls=${calls}`, input);
    const oldCompress = await seconds(() => server.post(`/v1/compress?model=${BEFORE}&calls=${calls}`, input));
    const oldDecompress = await seconds(() => server.post('/v1/decompress', old));
    console.log(
      `  ${BEFORE} compress ${rate(oldCompress)}  decompress ${rate(oldDecompress)}  ${old.length} bytes; ${MODEL} has ${(oldCompress / c).toFixed(2)} and ${(oldDecompress / d).toFixed(2)} x its speed (target: decompression >= 0.67)`,
    );
    if (calls !== 'balanced') continue;
    const auto = await seconds(() => server.post('/v1/compress?calls=balanced', input));
    console.log(`balanced, model=auto: compress ${rate(auto)}`);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
    const packed = brotliCompressSync(input, { params });
    const bc = await seconds(() => brotliCompressSync(input, { params }));
    const bd = await seconds(() => brotliDecompressSync(packed));
    console.log(
      `brotli 11 compress ${rate(bc)}  decompress ${rate(bd)}  ${packed.length} bytes; ours: ${(bc / c).toFixed(3)} x its compression speed, ${(bd / d).toFixed(4)} x its decompression speed`,
    );
    const peer = zpaq(input);
    if (peer) {
      const zc = await seconds(peer.compress);
      const zd = await seconds(peer.decompress);
      console.log(
        `zpaq -m5 -t1 compress ${rate(zc)}  decompress ${rate(zd)}; ours: ${(zc / c).toFixed(2)} x and ${(zd / d).toFixed(2)} x its speed`,
      );
      peer.close();
    }
  }

  const small = input.subarray(0, 1024);
  for (const calls of ['fast', 'balanced', 'small']) {
    const archive = await server.post(`/v1/compress?model=${MODEL}&calls=${calls}`, small);
    const d = await seconds(() => server.post('/v1/decompress', archive));
    console.log(`1 KiB, ${calls}: decompress ${(1000 * d).toFixed(1)} ms`);
  }

  console.log('\nHealth answers while 5 MB are compressed');
  const large = Buffer.concat([text, text, text, text, text]).subarray(0, 5_000_000);
  let busy = true;
  const work = server.post(`/v1/compress?model=${MODEL}&calls=balanced`, large).finally(() => {
    busy = false;
  });
  const times: number[] = [];
  while (busy) {
    const begun = performance.now();
    await fetch(`${server.url}/health/live`).then((r) => r.text());
    times.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await work;
  const within = times.filter((t) => t <= 50).length / times.length;
  times.sort((a, b) => a - b);
  const at = (q: number): string => (times[Math.floor(q * (times.length - 1))] as number).toFixed(1);
  console.log(
    `${times.length} answers: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms; within 50 ms: ${(100 * within).toFixed(2)} % (target 99 %) ${within >= 0.99 ? 'met' : 'MISSED'}`,
  );

  console.log('\nMemory over 1,000 mixed requests');
  const payloads = [
    ...samplesOf(heldOutFiles(data.train), 1024, 80).map((piece) => piece.bytes),
    input.subarray(0, 20_000),
    new Uint8Array(5000),
  ];
  let half = 0;
  for (let i = 0; i < 500; i++) {
    const payload = payloads[i % payloads.length] as Uint8Array;
    const archive = await server.post(`/v1/compress?calls=${[32, 'balanced', 1000][i % 3]}`, payload);
    await server.post('/v1/decompress', archive);
    if (i === 249) half = server.memory();
  }
  const end = server.memory();
  console.log(
    `resident ${half.toFixed(0)} MB after 500, ${end.toFixed(0)} MB after 1,000 (target <= 500 MB, no growth over the last 500: ${(end - half).toFixed(0)} MB)`,
  );
} finally {
  await server.stop();
}
