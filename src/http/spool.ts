import { createWriteStream, type WriteStream } from 'node:fs';
import { lstat, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders of requests are named by it, the process that owns them, and six random characters. */
const PREFIX = 'ardm-upload-';

/** The bytes of one request, on disk: in a folder of its own with a random name, never one that the client chose. */
export class Spool {
  private readonly streams: WriteStream[] = [];

  private constructor(private readonly folder: string) {}

  /** @param parent an existing folder. */
  static async create(parent: string = tmpdir()): Promise<Spool> {
    return new Spool(await mkdtemp(join(parent, `${PREFIX}${process.pid}-`)));
  }

  /** Path of the request's file. */
  get upload(): string {
    return join(this.folder, 'upload');
  }

  /** Path of the answer, where it is kept on disk. */
  get answer(): string {
    return join(this.folder, 'answer');
  }

  /** Length of `upload` in bytes. */
  async uploadSize(): Promise<number> {
    return (await stat(this.upload)).size;
  }

  /** A stream into `upload`, ended by `dispose` at the latest. */
  openUpload(): WriteStream {
    const stream = createWriteStream(this.upload, { flags: 'wx', mode: 0o600 });
    this.streams.push(stream);
    // Whoever writes waits for its end; an error after that, from dispose(), is of no interest.
    stream.on('error', () => {});
    return stream;
  }

  /** Removes everything. */
  async dispose(): Promise<void> {
    await Promise.all(this.streams.map(closed));
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
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
