import { randomBytes } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { holdFolder, isHeld } from '../../locks/held-folder.js';
import { TemporaryFolderError } from '../errors.js';

/** Folders of requests are named by it, the process that owns them, and six random characters. */
const PREFIX = 'ardm-upload-';
/** The folder by which that process shows that it lives. */
const OWNER_PREFIX = 'ardm-alive-';
/** This process, among all that may use the same folder, in whichever container. */
const OWNER = randomBytes(8).toString('hex');
const OF_OWNER = /^ardm-(?:upload-([0-9a-f]{16})-|alive-([0-9a-f]{16})$)/;

/** Files that are declared to be no longer are held in memory: to make, fill and remove a folder takes longer than to code a message. */
export const HELD_BYTES = 65_536;

/**
 * The bytes of one request: a short file in memory, a longer one on disk, in a folder of its own with a random name, never one that the
 * client chose.
 */
export class Spool {
  private held: Uint8Array | undefined;
  private folder: Promise<string> | undefined;
  private stream: WriteStream | undefined;
  private received = 0;

  /**
   * @param declaredSize bytes of the request's body, where it says so; there will be no more.
   * @param parent an existing folder.
   */
  constructor(
    private readonly declaredSize: number | undefined,
    private readonly parent: string = tmpdir(),
  ) {}

  /** Length of the request's file in bytes. */
  get size(): number {
    return this.received;
  }

  /** Takes in the request's file, to its end. Called once. */
  async receive(file: Readable): Promise<void> {
    if ((this.declaredSize ?? Number.POSITIVE_INFINITY) <= HELD_BYTES) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of file) chunks.push(chunk);
      this.held = Buffer.concat(chunks);
      this.received = this.held.length;
      return;
    }
    this.stream = createWriteStream(await this.path('upload'), { flags: 'wx', mode: 0o600 });
    // Whoever writes waits for its end; an error after that, from dispose(), is of no interest.
    this.stream.on('error', () => {});
    await pipeline(file, this.stream);
    this.received = this.stream.bytesWritten;
  }

  /** The request's file. */
  async read(): Promise<Uint8Array> {
    return this.held ?? (await readFile(await this.path('upload')));
  }

  /** Path of the answer, where it is kept on disk. */
  answer(): Promise<string> {
    return this.path('answer');
  }

  /** Removes everything. */
  async dispose(): Promise<void> {
    this.held = undefined;
    const folder = await this.folder?.catch(() => undefined);
    if (this.stream) await closed(this.stream);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }

  private async path(name: string): Promise<string> {
    this.folder ??= mkdtemp(join(this.parent, `${PREFIX}${OWNER}-`));
    return join(await this.folder, name);
  }
}

/** The folder for uploads, as long as this process uses it. */
export interface HeldSpools {
  /** Folders of processes that ended without removing them, which were removed now. */
  readonly swept: number;
  /** When no request has a folder any more. */
  release(): Promise<void>;
}

/**
 * Shows others that the requests' folders in `parent` belong to a process that lives, and removes those whose process does
 * not. Before the first request.
 *
 * @throws TemporaryFolderError
 */
export async function holdSpools(parent: string = tmpdir()): Promise<HeldSpools> {
  try {
    const held = await holdFolder(parent, `${OWNER_PREFIX}${OWNER}`);
    const swept = await sweep(parent);
    return {
      swept,
      async release() {
        await held?.release();
        if (held) await rm(held.path, { recursive: true, force: true });
      },
    };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = missing ? 'there is no such folder' : error instanceof Error ? error.message : String(error);
    throw new TemporaryFolderError(parent, reason, { cause: error });
  }
}

async function sweep(parent: string): Promise<number> {
  let swept = 0;
  for (const name of await readdir(parent)) {
    const [, ofUpload, ofAlive] = OF_OWNER.exec(name) ?? [];
    const owner = ofUpload ?? ofAlive;
    if (owner === undefined || owner === OWNER) continue;
    const folder = join(parent, name);
    if (!(await isOurs(folder)) || (await isHeld(join(parent, `${OWNER_PREFIX}${owner}`)))) continue;
    await rm(folder, { recursive: true, force: true });
    if (name.startsWith(PREFIX)) swept++;
  }
  return swept;
}

/** Another user's folder, or a link with such a name, is not ours to remove. */
async function isOurs(folder: string): Promise<boolean> {
  return await lstat(folder).then(
    (found) => found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid),
    () => false,
  );
}

function closed(stream: WriteStream): Promise<void> {
  if (stream.closed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('close', () => resolve());
    stream.destroy();
  });
}
