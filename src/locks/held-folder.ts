import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** In a folder that is held: a socket that takes connections. */
const SOCKET = 'alive';
/** Bytes of the longest path of a Unix socket; the system's limits are a little above. */
const MAX_PATH = 100;

/** What connecting to a socket of nobody says, or to none. */
const DEAD: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTDIR', 'ENOTSOCK']);

/**
 * A folder that shows whether its process lives, until `release` or its end, however that comes: a socket in it takes
 * connections. A number of a process would not do, since processes in containers have the same; a socket is found by
 * whoever sees the folder, in whichever container of this machine.
 */
export interface HeldFolder {
  readonly path: string;
  /** Lets go of the folder, which stays. */
  release(): Promise<void>;
}

/**
 * Makes a folder that is held from the first moment that it is seen under its name. Of several that make it at a time, one does.
 *
 * @param parent an existing folder.
 * @returns undefined if there is such a folder, held or not.
 */
export async function holdFolder(parent: string, name: string): Promise<HeldFolder | undefined> {
  const path = join(parent, name);
  const own = await mkdtemp(join(parent, `.${name}-`));
  let release: () => Promise<void>;
  try {
    release = await listenIn(own);
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    throw error;
  }
  try {
    // Replaces nothing but an empty folder, which nobody holds.
    await rename(own, path);
    return { path, release };
  } catch (error) {
    await release();
    await rm(own, { recursive: true, force: true });
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

/** Whether a living process holds the folder. */
export async function isHeld(folder: string): Promise<boolean> {
  const place = await reachable(folder).catch(() => undefined);
  if (!place) return false;
  const socket = connect(place.path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    return !DEAD.has(codeOf(error));
  } finally {
    socket.destroy();
    await place.handle?.close();
  }
}

async function listenIn(folder: string): Promise<() => Promise<void>> {
  const { path, handle } = await reachable(folder);
  const server: Server = createServer((socket) => socket.destroy());
  server.unref();
  server.listen(path);
  try {
    await once(server, 'listening');
  } catch (error) {
    await handle?.close();
    throw error;
  }
  return async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    // Not before: the server removes its socket by the path that it was given.
    await handle?.close();
  };
}

/** A path of the socket that is short enough, if need be by way of the folder as an open file, which is to be closed. */
async function reachable(folder: string): Promise<{ path: string; handle?: FileHandle }> {
  const path = join(folder, SOCKET);
  if (Buffer.byteLength(path) <= MAX_PATH) return { path };
  if (process.platform !== 'linux') throw new Error(`its path is too long for a lock: more than ${MAX_PATH} bytes`);
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  return { path: `/proc/self/fd/${handle.fd}/${SOCKET}`, handle };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
