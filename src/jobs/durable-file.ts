import { randomBytes } from 'node:crypto';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Files that are not complete are named so. */
export const TEMPORARY = /^\.[^/]+\.[0-9a-f]{16}\.tmp$/;

/**
 * Writes a file that is there whole, with all its bytes on disk, or not at all.
 *
 * @param name does not begin with a dot.
 */
export async function writeDurably(
  folder: string,
  name: string,
  content: string | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = join(folder, `.${name}.${randomBytes(8).toString('hex')}.tmp`);
  const file = await open(temporary, 'wx', 0o600);
  try {
    try {
      await writeFile(file, content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** A rename or a removal survives a loss of power only when its folder is on disk, too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
