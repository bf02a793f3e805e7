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

const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

/**
 * Pieces of held-out files, `count` of each kind. Files whose bytes are also trained on, under another name, are no held-out
 * files (the kernel's documentation holds most pages twice).
 */
export function heldOutPieces(train: string, size: number, count: number): { name: string; pieces: Uint8Array[] }[] {
  const trained = new Set<string>();
  const held: { path: string; bytes: Uint8Array }[] = [];
  for (const path of filesBelow(train)) {
    const bytes = readFileSync(path);
    if (heldOut(train, path)) held.push({ path, bytes });
    else trained.add(sha1(bytes));
  }
  const fresh = held.filter(({ bytes }) => !trained.has(sha1(bytes)));
  const kinds: Record<string, (path: string) => boolean> = {
    docs: (path) => path.startsWith('prose-docs'),
    'source code': (path) => path.startsWith('code'),
    HTML: (path) => path.startsWith('html'),
    JSON: (path) => path.startsWith('json-') && path.endsWith('.json'),
  };
  return Object.entries(kinds).map(([name, belongs]) => {
    const files = fresh.filter(({ path }) => belongs(relative(train, path)));
    return {
      name: `${name}, ${files.length} files`,
      pieces: piecesOf(Buffer.concat(files.map((f) => f.bytes)), size, count),
    };
  });
}

/** Two pieces of every public test file of a kind, none of which was ever trained on. */
export function publicPieces(test: string, size: number): { name: string; pieces: Uint8Array[] }[] {
  return ['json', 'csv', 'logs'].map((kind) => {
    const files = filesBelow(join(test, kind)).filter((path) => !path.endsWith('LICENSE'));
    return {
      name: `${kind}, ${files.length} files`,
      pieces: files.flatMap((path) => piecesOf(readFileSync(path), size, 2)),
    };
  });
}
