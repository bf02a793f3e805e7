/**
 * npm run bench:rate: sizes of archives made over HTTP beside brotli's on the same bytes, and the targets they are held
 * against. Every archive is decoded again and compared.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { benchData, canterburyTexts, filesBelow, heldOutPieces, piecesOf, publicPieces } from './data.js';
import { BenchServer } from './server.js';

function brotli(bytes: Uint8Array): number {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  const sized = { ...params, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params: sized }).length;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const pad = (value: unknown, width: number): string => String(value).padStart(width);

const data = benchData();
const server = await BenchServer.start();

/** Archive sizes of many inputs, two requests at a time, each checked by decompressing it. */
async function archives(inputs: readonly Uint8Array[], query: string): Promise<number[]> {
  const sizes = new Array<number>(inputs.length).fill(0);
  let next = 0;
  const client = async (): Promise<void> => {
    for (let i = next++; i < inputs.length; i = next++) {
      const input = inputs[i] as Uint8Array;
      const archive = await server.post(`/v1/compress?${query}`, input);
      const back = await server.post('/v1/decompress', archive);
      if (Buffer.compare(back, input) !== 0) throw new Error('an archive did not give its file back');
      sizes[i] = archive.length;
    }
  };
  await Promise.all([client(), client()]);
  return sizes;
}

interface Row {
  what: string;
  bytes: number;
  ours: number;
  peer: number;
}

function report(title: string, rows: readonly Row[], target?: number): void {
  console.log(`\n${title}`);
  console.log(
    `${''.padEnd(26)}${pad('bytes', 10)}${pad('archive', 10)}${pad('brotli 11', 10)}${pad('bits/byte', 11)}${pad('brotli', 9)}${pad('ratio', 8)}`,
  );
  const total = {
    what: 'total',
    bytes: sum(rows.map((r) => r.bytes)),
    ours: sum(rows.map((r) => r.ours)),
    peer: sum(rows.map((r) => r.peer)),
  };
  for (const r of [...rows, total]) {
    console.log(
      `${r.what.padEnd(26)}${pad(r.bytes, 10)}${pad(r.ours, 10)}${pad(r.peer, 10)}${pad(((8 * r.ours) / r.bytes).toFixed(3), 11)}${pad(((8 * r.peer) / r.bytes).toFixed(3), 9)}${pad((r.ours / r.peer).toFixed(3), 8)}`,
    );
  }
  if (target !== undefined) {
    const ratio = total.ours / total.peer;
    console.log(
      `target: total <= ${target.toFixed(2)} x brotli -> ${ratio.toFixed(3)} ${ratio <= target ? 'met' : 'MISSED'}`,
    );
  }
}

try {
  const texts = canterburyTexts(data.test);

  const onPieces = async (name: string, pieces: readonly Uint8Array[]): Promise<Row> => ({
    what: name,
    bytes: sum(pieces.map((p) => p.length)),
    ours: sum(await archives(pieces, 'calls=balanced')),
    peer: sum(pieces.map(brotli)),
  });

  const prose: Row[] = [];
  for (const t of texts) prose.push(await onPieces(t.name, piecesOf(t.bytes, 1024, 25)));
  report('Canterbury prose, 25 pieces of 1 KiB each, calls=balanced, model=auto', prose, 0.7);

  const held: Row[] = [];
  for (const kind of heldOutPieces(data.train, 1024, 40)) held.push(await onPieces(kind.name, kind.pieces));
  report('Held-out files, 40 pieces of 1 KiB each, calls=balanced, model=auto', held, 0.72);

  const open: Row[] = [];
  for (const kind of publicPieces(data.test, 1024)) open.push(await onPieces(kind.name, kind.pieces));
  report('Public structured data, 2 pieces of 1 KiB of each file, calls=balanced, model=auto', open);

  const whole: Row[] = [];
  for (const t of texts) whole.push(await onPieces(t.name, [t.bytes]));
  report('Canterbury prose, whole files, calls=balanced, model=auto', whole, 0.9);

  const model = 'text-1';
  const pieces = texts.flatMap((t) => piecesOf(t.bytes, 1024, 25));
  console.log(`\nThe dial: the same ${pieces.length} pieces of 1 KiB of prose, model=${model}`);
  const ladder = new Map<number, number>();
  for (const calls of [1, 4, 16, 32, 64, 85, 128, 256, 512, 1024]) {
    ladder.set(calls, sum(await archives(pieces, `calls=${calls}&model=${model}`)));
  }
  const full = ladder.get(1024) as number;
  for (const [calls, size] of ladder) {
    const over = `+${((100 * size) / full - 100).toFixed(2)} %`;
    console.log(
      `calls ${pad(calls, 5)}  ${pad(((8 * size) / (pieces.length * 1024)).toFixed(3), 7)} bits/byte  ${pad(over, 10)} over 1024`,
    );
  }
  for (const [calls, target] of [
    [32, 8],
    [85, 3.5],
  ] as const) {
    const over = (100 * (ladder.get(calls) as number)) / full - 100;
    console.log(
      `target: at most ${target} % more at ${calls} calls -> ${over.toFixed(2)} % ${over <= target ? 'met' : 'MISSED'}`,
    );
  }

  console.log('\nOverhead');
  const noise = Uint8Array.from(
    { length: 10_000 },
    (_, i) => Math.imul(Math.imul(i + 1, 0x9e3779b1) ^ (i << 7), 0x85ebca6b) >>> 24,
  );
  const [empty, random] = await archives([new Uint8Array(0), noise], 'calls=balanced');
  console.log(
    `empty file: ${empty} bytes (target <= 12); 10,000 random bytes: +${(random as number) - 10_000} (target <= 16)`,
  );

  console.log(
    '\nAny file: whole public test files up to 1 MiB, model=auto, calls=balanced; archive against brotli -q 11 plus 12 bytes',
  );
  const files = filesBelow(data.test)
    .filter((path) => !path.includes('multilang'))
    .map((path) => ({ name: basename(path), folder: basename(join(path, '..')), bytes: readFileSync(path) }))
    .filter((f) => f.bytes.length <= 1 << 20 && f.bytes.length > 0);
  const sizes = await archives(
    files.map((f) => f.bytes),
    'calls=balanced',
  );
  const groups = new Map<string, Row>();
  let worst = Number.NEGATIVE_INFINITY;
  files.forEach((f, i) => {
    const peer = brotli(f.bytes);
    worst = Math.max(worst, (sizes[i] as number) - peer);
    const row = groups.get(f.folder) ?? { what: f.folder, bytes: 0, ours: 0, peer: 0 };
    groups.set(f.folder, {
      ...row,
      bytes: row.bytes + f.bytes.length,
      ours: row.ours + (sizes[i] as number),
      peer: row.peer + peer,
    });
  });
  report(`${files.length} files by folder`, [...groups.values()]);
  console.log(
    `target: never more than brotli -q 11 + 12 bytes -> worst ${worst >= 0 ? '+' : ''}${worst} bytes ${worst <= 12 ? 'met' : 'MISSED'}`,
  );
} finally {
  await server.stop();
}
