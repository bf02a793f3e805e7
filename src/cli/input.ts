import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { UnreadableFileError, UsageError } from './errors.js';

/** The name of standard input and output. */
export const PIPE = '-';

export interface Input {
  readonly bytes: Uint8Array;
  /** Of a file: its mode and times go to the file that is made of it. */
  readonly stats?: Stats;
}

/** Nothing that has more bytes is read: it would not fit into memory, and what never ends (a device, say) would fill it first. */
const MOST_BYTES = 2 ** 31 - 1;
const NOT_UTF_8 = 'Its name is not UTF-8, with which it cannot be opened; rename it, or send it through a pipe.';
const TOO_LARGE = 'It has more than 2 GiB, which are not held in memory; compress it in pieces.';

/** Reads a file, or standard input for `-`, as a whole. @throws UnreadableFileError */
export async function readInput(path: string): Promise<Input> {
  if (path === PIPE) return { bytes: await readToEnd(process.stdin) };
  if (path === '') throw new UnreadableFileError('A file has a name, and this is an empty one; check what was given.');
  // Node reads names as UTF-8, and puts this in place of what is none.
  const advice = path.includes('\ufffd') ? NOT_UTF_8 : undefined;
  const file = await reading(() => open(path, 'r'), advice);
  try {
    const stats = await reading(() => file.stat());
    if (stats.isDirectory()) throw new UnreadableFileError('It is a folder; name the files in it.');
    // What was read of a pipe has no mode or time that would mean anything.
    if (!stats.isFile()) return { bytes: await reading(() => readToEnd(file.createReadStream({ autoClose: false }))) };
    return { bytes: await reading(() => file.readFile()), stats };
  } finally {
    await file.close();
  }
}

/** The file of a dictionary, which is told of by its name: it is none of those that are coded. @throws UnreadableFileError */
export async function readDictionary(path: string): Promise<Uint8Array> {
  try {
    return (await readInput(path)).bytes;
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    throw new UnreadableFileError(`The dictionary ${path} cannot be read. ${error.message}`, { cause: error });
  }
}

/** What is read where no file was given. @throws UsageError where that would be a terminal, before which nobody would know what is waited for. */
export function filesOr(given: readonly string[], isMeant = false): readonly string[] {
  if (given.length > 0) return given;
  if (!process.stdin.isTTY || isMeant) return [PIPE];
  throw new UsageError('No file was given, and nothing comes through a pipe; name a file, or see --help.');
}

/** All bytes of a stream. @throws UnreadableFileError if there are more than `most` */
export async function readToEnd(stream: AsyncIterable<Buffer>, most = MOST_BYTES): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    length += part.length;
    if (length > most) throw new UnreadableFileError(TOO_LARGE);
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file; check its name.',
  EACCES: 'It may not be read; ask its owner for the right to.',
  ERR_FS_FILE_TOO_LARGE: TOO_LARGE,
};

/** @param absent what is said where there is no such file. */
async function reading<T>(work: () => Promise<T>, absent = ADVICE.ENOENT): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UnreadableFileError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const advice = code === 'ENOENT' ? absent : ADVICE[code];
    throw new UnreadableFileError(advice ?? `It cannot be read (${code || error}); check it and its disk.`, {
      cause: error,
    });
  }
}
