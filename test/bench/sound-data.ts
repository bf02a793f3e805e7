import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { filesBelow } from './data.js';
import { evenly, type NamedFile } from './pieces.js';

/** Sets of WAV files, none of which a model of sound is trained on. */
export const SOUND_SETS = ['speech', 'digits', 'music'] as const;
export type SoundSet = (typeof SOUND_SETS)[number];

const TARGET = resolve('.work/bench');
const ARCHIVE = 'audio.tar.zst';
/** The one speaker of the Free Spoken Digit Dataset that is a test. */
const SPEAKER = /_yweweler_\d+\.wav$/;

/** The folder that `ARDM_BENCH_DATA` names, where the sets are unpacked in it or in its archive; else that archive of ../shared/data. */
function folder(): string | undefined {
  const source = resolve(process.env.ARDM_BENCH_DATA ?? '../shared/data');
  if (existsSync(join(source, 'flac-test'))) return source;
  const unpacked = join(TARGET, 'audio');
  if (existsSync(unpacked)) return unpacked;
  const archive = join(source, ARCHIVE);
  if (!existsSync(archive)) return undefined;
  mkdirSync(unpacked, { recursive: true });
  execFileSync('tar', ['--zstd', '-xf', archive, '-C', unpacked]);
  return unpacked;
}

/** At most `count` files of a set, spread evenly over it. undefined: the data, or the flac that decodes them, are missing. */
export function soundFiles(set: SoundSet, count: number): NamedFile[] | undefined {
  const root = folder();
  if (root === undefined) return undefined;
  switch (set) {
    case 'speech':
      return evenly(wavs(find(root, 'speech-commands-v1-300')), count);
    case 'digits':
      return evenly(
        wavs(find(root, 'fsdd')).filter(({ name }) => SPEAKER.test(name)),
        count,
      );
    case 'music':
      return decoded(find(root, 'flac-test'), count);
  }
}

/** The folder of that name, at any depth: archives differ in what they are packed below. */
function find(root: string, name: string): string {
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).find((path) => basename(path) === name);
  if (found === undefined) throw new Error(`${root} has no folder ${name}`);
  return join(root, found);
}

function wavs(root: string): NamedFile[] {
  return filesBelow(root).filter(({ name }) => name.endsWith('.wav'));
}

function decoded(root: string, count: number): NamedFile[] | undefined {
  const names = readdirSync(root)
    .filter((name) => name.endsWith('.flac'))
    .sort();
  try {
    return names.slice(0, count).map((name) => {
      const bytes = execFileSync('flac', ['-d', '-s', '-c', join(root, name)], { maxBuffer: 2 ** 28 });
      return { name, bytes };
    });
  } catch {
    return undefined;
  }
}
