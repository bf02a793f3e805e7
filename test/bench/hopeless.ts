/**
 * npm run bench:hopeless: what nobody can shrink, or everybody, by `auto` through HTTP against brotli 11: CPU time (user and system, so that other
 * work counts little) and bytes. Besides what is made here: the files of the folder ARDM_BENCH_HOPELESS, photographs and archives, say.
 */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { brotliEncode } from '../../src/codec/brotli.js';
import { median } from './client.js';
import { benchData, canterburyTexts, filesBelow } from './data.js';
import type { NamedFile } from './pieces.js';
import { BenchServer } from './server.js';

const REPEATS = 3;
const TARGET = 1.5;
/** What `auto` promises: brotli 11 and so many bytes at most. */
const OVERHEAD = 12;
const { signal } = new AbortController();

/** Milliseconds of all threads of this process. */
function ownTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** As `tar` lays files out: a header of 512 bytes, of which a name is enough here, and the bytes up to the next 512. */
function tarOf(files: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    files.flatMap((bytes, i) => [
      Buffer.alloc(512).fill(`folder/file-${i}.gz\0`, 0, 24, 'latin1'),
      bytes,
      Buffer.alloc((512 - (bytes.length % 512)) % 512),
    ]),
  );
}

function made(): NamedFile[] {
  const text = Buffer.concat(canterburyTexts(benchData().test).map(({ bytes }) => bytes));
  const zipped = [10_000, 50_000, 200_000, 900_000].map((length) => gzipSync(text.subarray(0, length), { level: 9 }));
  const named = (what: string, bytes: Uint8Array): NamedFile => ({ name: `${what}, ${bytes.length} bytes`, bytes });
  return [
    ...[60_000, 1_048_576].map((length) => named('zeros', Buffer.alloc(length))),
    ...[60_000, 1_048_576].map((length) => named('one line', Buffer.alloc(length, 'GET /health HTTP/1.1 200\n'))),
    ...[1_024, 4_096, 20_000, 60_000, 150_000, 1_048_576].map((length) => named('random', randomBytes(length))),
    ...zipped.map((bytes) => named('gzip', bytes)),
    named('tar of gzip', tarOf(zipped)),
    named(
      'tar of short gzip',
      tarOf(Array.from({ length: 20 }, (_, i) => gzipSync(text.subarray(i * 9_000, i * 9_000 + 30_000)))),
    ),
  ];
}

const folder = process.env.ARDM_BENCH_HOPELESS;
const files = [...made(), ...(folder ? filesBelow(folder) : [])].filter(({ bytes }) => bytes.length > 0);
const server = await BenchServer.start();
try {
  // Its model is opened by the first request that needs it.
  await server.post('/v1/compress', Buffer.from('A first request.'));
  let slow = 0;
  let large = 0;
  for (const { name, bytes } of files) {
    const times: [number, number][] = [];
    let [archive, peer] = [0, 0];
    for (let i = 0; i < REPEATS; i++) {
      const begun = server.cpuTime();
      archive = (await server.post('/v1/compress', bytes)).length;
      const between = ownTime();
      const took = server.cpuTime() - begun;
      peer = (await brotliEncode(bytes, signal)).length;
      times.push([took, ownTime() - between]);
    }
    const [ours, theirs] = [median(times.map(([took]) => took)), median(times.map(([, took]) => took))];
    if (ours > TARGET * theirs) slow++;
    if (archive > Math.min(peer, bytes.length) + OVERHEAD) large++;
    const ratio = (ours / theirs).toFixed(2).padStart(7);
    console.log(
      `${name.padEnd(34)} ${ours.toFixed(0).padStart(6)} ms of CPU, ${ratio} x brotli 11; ${archive} bytes, brotli ${peer}`,
    );
  }
  console.log(
    `${files.length} files: ${slow} above ${TARGET} x the time of brotli 11, ${large} above its bytes and ${OVERHEAD}`,
  );
} finally {
  await server.stop();
}
