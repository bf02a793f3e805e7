import type { Stats } from 'node:fs';
import { type FileHandle, link, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileExistsError, StandardOutputError, UnwritableFileError } from './errors.js';
import { PIPE } from './input.js';
import { forgetTemporary, temporaryBeside } from './temporary.js';

export interface OutputOptions {
  /** Whether a file that is there is overwritten. */
  readonly force: boolean;
  /** The file that it is made of: mode and times are as its. */
  readonly like?: Stats | undefined;
}

/**
 * Refuses, before anything is computed, what `writeOutput` would refuse.
 *
 * @throws FileExistsError, UnwritableFileError
 */
export async function checkOutput(path: string, { force, like }: OutputOptions): Promise<void> {
  if (path === PIPE) return;
  const found = await statOf(path);
  if (found?.isDirectory() || path.endsWith('/')) {
    throw new UnwritableFileError(`${path} is a folder; give the name of a file with -o.`);
  }
  if (found && like && found.dev === like.dev && found.ino === like.ino) {
    throw new UnwritableFileError('It would be overwritten by what is made of it; give another name with -o.');
  }
  if (found?.isFile() && !force) throw new FileExistsError(path);
}

/**
 * Writes to standard output for `-`, else a file: whole, with all its bytes on disk, or not at all. What is no plain file (a device, a named
 * pipe) is written to as it is.
 *
 * @throws FileExistsError, UnwritableFileError
 */
export async function writeOutput(path: string, bytes: Uint8Array, options: OutputOptions): Promise<void> {
  if (path === PIPE) return await writeStandardOutput(bytes);
  await checkOutput(path, options);
  const found = await statOf(path);
  if (found && !found.isFile()) return await writing(path, () => writeInPlace(path, bytes));
  await writing(path, () => writeFileWhole(path, bytes, options));
}

/** @throws StandardOutputError */
export async function writeStandardOutput(bytes: Uint8Array | string): Promise<void> {
  await writing(
    PIPE,
    () =>
      new Promise<void>((resolve, reject) => {
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
  );
}

async function writeInPlace(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

async function writeFileWhole(path: string, bytes: Uint8Array, { force, like }: OutputOptions): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    // Nobody may see more of it while it is written than when it is done.
    const file = await open(temporary, 'wx', like ? 0o600 : 0o666);
    try {
      await file.writeFile(bytes);
      if (like) await file.chmod(like.mode & 0o777);
      await file.sync();
    } finally {
      await file.close();
    }
    if (like) await utimes(temporary, like.atime, like.mtime);
    await publish(temporary, path, force);
  } finally {
    await rm(temporary, { force: true });
    forgetTemporary(temporary);
  }
  await syncFolder(dirname(path));
}

/** Gives the file its name: if nothing may be overwritten, not even what came there a moment ago. */
async function publish(temporary: string, path: string, force: boolean): Promise<void> {
  if (!force) {
    try {
      await link(temporary, path);
      return;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') throw new FileExistsError(path);
      // Not every file system has links.
      if (await statOf(path)) throw new FileExistsError(path);
    }
  }
  await rename(temporary, path);
}

/** A new name survives a loss of power only when its folder is on disk, too. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch {
    // Some systems do not open folders, or do not let them be written out: the file itself is.
  } finally {
    await handle?.close();
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  return await stat(path).catch(() => undefined);
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there; make it',
  ENOTDIR: 'its folder is a file; give another name with -o',
  EACCES: 'this user may not write there; give another name with -o',
  EROFS: 'the disk is read-only; give another name with -o',
  ENOSPC: 'the disk is full; make room',
  EDQUOT: 'the quota is used up; make room',
  ENAMETOOLONG: 'its name is too long; give a shorter one with -o',
  EPIPE: 'whoever read it has stopped; read all of it',
};

async function writing(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof FileExistsError) throw error;
    const code = codeOf(error);
    const [where, Failure] = path === PIPE ? ['Standard output', StandardOutputError] : [path, UnwritableFileError];
    throw new Failure(`${where} cannot be written: ${ADVICE[code] ?? `${code || error}; check it and its disk`}.`, {
      cause: error,
    });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
