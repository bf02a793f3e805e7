import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/**
 * Where the benchmark data lies: ARDM_BENCH_DATA, else ../shared/data. A folder with `public-test.tar.zst` (Canterbury
 * and Calgary corpora, JSON, CSV, logs, translations; none of it ever trained on) and `text-train.tar.zst` (of which only
 * the held-out files are used), unpacked once into .work/bench.
 */
export function benchData(): { test: string; train: string } {
  const source = resolve(process.env.ARDM_BENCH_DATA ?? '../shared/data');
  const target = resolve('.work/bench');
  for (const archive of ['public-test.tar.zst', 'text-train.tar.zst']) {
    const folder = join(target, archive.startsWith('public') ? 'test' : 'train');
    if (existsSync(folder)) continue;
    const path = join(source, archive);
    if (!existsSync(path)) {
      console.error(`${path} is missing: set ARDM_BENCH_DATA to the folder that holds the benchmark archives.`);
      process.exit(2);
    }
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['--zstd', '-xf', path, '-C', target]);
  }
  return { test: join(target, 'test'), train: join(target, 'train') };
}

/** All files below a folder, sorted by path. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .sort();
}

/** The rule by which models/training/data.py holds whole files out of training: one in 20, by SHA-1 of the path. */
export function heldOut(train: string, path: string): boolean {
  return createHash('sha1').update(relative(train, path)).digest().readUInt32BE(0) % 20 === 0;
}

/** `count` pieces of `size` bytes, evenly spaced over a file. */
export function piecesOf(bytes: Uint8Array, size: number, count: number): Uint8Array[] {
  const room = bytes.length - size;
  if (room < 0) return [];
  return Array.from({ length: count }, (_, i) => {
    const at = Math.floor((room * (i + 0.5)) / count);
    return bytes.subarray(at, at + size);
  });
}

const TEXTS = ['alice29.txt', 'asyoulik.txt', 'lcet10.txt', 'plrabn12.txt'];

/** The four prose texts of the Canterbury corpus. */
export function canterburyTexts(test: string): { name: string; bytes: Uint8Array }[] {
  return TEXTS.map((name) => ({ name, bytes: readFileSync(join(test, 'corpora/canterbury', name)) }));
}

/** 1 KiB pieces of held-out files, `count` of each kind. */
export function heldOutPieces(train: string, size: number, count: number): { name: string; pieces: Uint8Array[] }[] {
  const kinds: Record<string, string[]> = {
    docs: ['prose-docs'],
    'source code': ['code'],
    HTML: ['html'],
    JSON: ['json-csv', 'json-iso-codes'],
  };
  return Object.entries(kinds).map(([name, folders]) => {
    const files = folders
      .flatMap((folder) => filesBelow(join(train, folder)))
      .filter((path) => heldOut(train, path) && (name !== 'JSON' || path.endsWith('.json')));
    const all = Buffer.concat(files.map((path) => readFileSync(path)));
    return { name, pieces: piecesOf(all, size, count) };
  });
}
