import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstat, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { JobsFolderError, JobsFolderInUseError } from './errors.js';

/** Longest path of a Unix socket. */
const MAX_PATH = 100;

/**
 * Makes the folder, and makes sure that no other process of this machine works with it, until `release` or the end of this
 * one, however it ends: a socket in it accepts connections as long as its process lives. A number of a process would not
 * do, since in containers every process has the same.
 *
 * @throws JobsFolderInUseError, JobsFolderError
 */
export async function lockFolder(folder: string): Promise<{ release: () => Promise<void> }> {
  const path = await socketPath(folder);
  for (let tries = 0; ; tries++) {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    try {
      server.listen(path);
      await once(server, 'listening');
      return { release: () => new Promise((resolve) => server.close(() => resolve())) };
    } catch (error) {
      const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!inUse) throw new JobsFolderError(folder, String(error), { cause: error });
      if (tries > 2 || (await answers(path))) throw new JobsFolderInUseError(folder);
      await rm(path, { force: true });
    }
  }
}

async function socketPath(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const [found, parent] = [await lstat(folder), await stat(dirname(resolve(folder)))];
    // By default it is below a folder that everybody may write to: another user may have made it, or a link, before.
    if ((parent.mode & 0o002) !== 0 && found.uid !== (process.getuid?.() ?? found.uid)) {
      throw new Error('it belongs to another user');
    }
  } catch (error) {
    throw new JobsFolderError(folder, error instanceof Error ? error.message : String(error), { cause: error });
  }
  const real = await realpath(folder);
  const path = join(real, 'lock');
  if (Buffer.byteLength(path) <= MAX_PATH) return path;
  return join(tmpdir(), `ardm-${createHash('sha256').update(real).digest('hex').slice(0, 16)}.lock`);
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
