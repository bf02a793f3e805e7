import { createWriteStream, type WriteStream } from 'node:fs';
import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/** Folders of requests are named by it, the process that owns them, and six random characters. */
const PREFIX = 'ardm-upload-';

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
      this.held = await buffer(file);
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
    this.folder ??= mkdtemp(join(this.parent, `${PREFIX}${process.pid}-`));
    return join(await this.folder, name);
  }
}

/** Removes the folders of processes that ended without doing so. Run at start. */
export async function sweepSpools(parent: string = tmpdir()): Promise<number> {
  let swept = 0;
  for (const name of await readdir(parent)) {
    const owner = name.startsWith(PREFIX) ? Number(/^(\d+)-/.exec(name.slice(PREFIX.length))?.[1]) : Number.NaN;
    if (Number.isNaN(owner) || (owner !== process.pid && isRunning(owner))) continue;
    const folder = join(parent, name);
    // Another user's folder, or a link with such a name, is not ours to remove.
    const owned = await lstat(folder).then(
      (s) => s.isDirectory() && s.uid === (process.getuid?.() ?? s.uid),
      () => false,
    );
    if (!owned) continue;
    await rm(folder, { recursive: true, force: true });
    swept++;
  }
  return swept;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function closed(stream: WriteStream): Promise<void> {
  if (stream.closed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('close', () => resolve());
    stream.destroy();
  });
}
