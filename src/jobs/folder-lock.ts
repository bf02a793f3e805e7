import { lstat, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type HeldFolder, holdFolder, isHeld } from '../locks/held-folder.js';
import { JobsFolderError, JobsFolderForeignError, JobsFolderInUseError } from './errors.js';

/** Locks are folders that are held, named by it and a number that rises. */
const NAME = /^lock-(\d{1,15})$/;
/** Others may have been quicker. */
const TRIES = 10;

/**
 * Makes the folder, and makes sure that no other process of this machine works with it, until `release` or the end of this
 * one, however it ends.
 *
 * The lock of a process that has died is never taken over, since another may be doing that at the same time: who finds it
 * makes the one with the next number, which one of them can. The highest number stays when its process ends, and the next
 * holder removes it, so that numbers never begin anew.
 *
 * @throws JobsFolderInUseError, JobsFolderForeignError, JobsFolderError
 */
export async function lockFolder(folder: string): Promise<{ release: () => Promise<void> }> {
  const real = await usable(folder);
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const last = await lastLock(real);
      if (await isHeld(join(real, `lock-${last}`))) break;
      const held = await holdFolder(real, `lock-${last + 1}`);
      if (!held) continue;
      if ((await lastLock(real)) === last + 1) {
        await removeOlder(real, last + 1);
        return held;
      }
      // It took so long that others have come and gone.
      await abandon(held);
    }
  } catch (error) {
    throw new JobsFolderError(folder, reasonOf(error), { cause: error });
  }
  throw new JobsFolderInUseError(folder);
}

async function usable(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const [found, parent] = [await lstat(folder), await stat(dirname(resolve(folder)))];
    // By default it is below a folder that everybody may write to: another user may have made it, or a link, before.
    const isForeign = (parent.mode & 0o002) !== 0 && found.uid !== (process.getuid?.() ?? found.uid);
    if (!isForeign) return await realpath(folder);
  } catch (error) {
    throw new JobsFolderError(folder, reasonOf(error), { cause: error });
  }
  throw new JobsFolderForeignError(folder);
}

/** Number of the last lock; 0 if there was none. */
async function lastLock(folder: string): Promise<number> {
  return Math.max(0, ...(await readdir(folder)).map((name) => Number(NAME.exec(name)?.[1] ?? 0)));
}

async function removeOlder(folder: string, number: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (Number(NAME.exec(name)?.[1] ?? number) < number) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function abandon(held: HeldFolder): Promise<void> {
  await held.release();
  await rm(held.path, { recursive: true, force: true });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
