import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { NamedFile } from './pieces.js';

/** Folders of the unpacked benchmark archives. */
export interface BenchData {
  readonly test: string;
  readonly train: string;
}

/**
 * Where the benchmark data lies: ARDM_BENCH_DATA, else ../shared/data. A folder with `public-test.tar.zst` (Canterbury
 * and Calgary corpora, JSON, CSV, logs, translations; none of it ever trained on) and `text-train.tar.zst` (of which only
 * the held-out files are used), unpacked once into .work/bench.
 */
export function benchData(): BenchData {
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
export function filesBelow(folder: string): NamedFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort()
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
}

/** The four prose texts of the Canterbury corpus. */
export function canterburyTexts(test: string): NamedFile[] {
  const names = ['alice29.txt', 'asyoulik.txt', 'lcet10.txt', 'plrabn12.txt'];
  return names.map((name) => ({ name, bytes: readFileSync(join(test, 'corpora/canterbury', name)) }));
}

/** Every public test file up to 1 MiB that is not empty, binaries too; not the translations. */
export function publicFiles(test: string): NamedFile[] {
  return ['corpora', 'csv', 'json', 'logs']
    .flatMap((kind) => filesBelow(join(test, kind)).map(({ name, bytes }) => ({ name: `${kind}/${name}`, bytes })))
    .filter(({ bytes }) => bytes.length > 0 && bytes.length <= 2 ** 20);
}

/** The rule by which models/training/shared/data.py holds whole files out of training: one in 20, by SHA-1 of the path. */
function isHeldOut(name: string): boolean {
  return createHash('sha1').update(name).digest().readUInt32BE(0) % 20 === 0;
}

/**
 * The held-out files of the training data, by their paths below it. Files whose bytes are also trained on, or held out
 * already, under another name are none (the kernel's documentation holds most pages twice).
 */
export function heldOutFiles(train: string): NamedFile[] {
  const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');
  const seen = new Set<string>();
  const held: NamedFile[] = [];
  for (const name of readdirSync(train, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(train, name);
    if (!statSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    if (isHeldOut(relative(train, path))) held.push({ name, bytes });
    else seen.add(sha1(bytes));
  }
  return held.filter(({ bytes }) => {
    const digest = sha1(bytes);
    return !seen.has(digest) && seen.add(digest);
  });
}
