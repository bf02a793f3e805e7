import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { UnreadableFileError } from './errors.js';

/** The name of standard input and output. */
export const PIPE = '-';

export interface Input {
  readonly bytes: Uint8Array;
  /** Of a file: its mode and times go to the file that is made of it. */
  readonly stats?: Stats;
}

/** Reads a file, or standard input for `-`, as a whole. @throws UnreadableFileError */
export async function readInput(path: string): Promise<Input> {
  if (path === PIPE) return { bytes: await buffer(process.stdin) };
  const file = await reading(() => open(path, 'r'));
  try {
    const stats = await reading(() => file.stat());
    if (stats.isDirectory()) throw new UnreadableFileError('It is a folder; name the files in it.');
    const bytes = await reading(() => file.readFile());
    // What was read of a pipe has no mode or time that would mean anything.
    return stats.isFile() ? { bytes, stats } : { bytes };
  } finally {
    await file.close();
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file; check its name.',
  EACCES: 'It may not be read; ask its owner for the right to.',
  ERR_FS_FILE_TOO_LARGE: 'It has more than 2 GiB, which are not held in memory; compress it in pieces.',
};

async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new UnreadableFileError(ADVICE[code] ?? `It cannot be read (${code || error}); check it and its disk.`, {
      cause: error,
    });
  }
}
