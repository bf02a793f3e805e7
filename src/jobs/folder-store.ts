import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BlobStore } from './blob-store.js';
import { TEMPORARY, writeDurably } from './durable-file.js';
import { BlobMissingError } from './errors.js';
import { type OnStoreFailure, Reach } from './reach.js';

/** Blobs as files of one folder, on this machine or shared by all (its file system must rename atomically, as NFS does). */
export class FolderStore implements BlobStore {
  private constructor(
    private readonly folder: string,
    private readonly reach: Reach,
  ) {}

  /** @param folder is made if it is not there. */
  static async open(folder: string, onFailure?: OnStoreFailure): Promise<FolderStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new FolderStore(folder, new Reach('folder', onFailure));
  }

  async write(key: string, source: AsyncIterable<Uint8Array>): Promise<number> {
    let size = 0;
    let failure: { readonly error: unknown } | undefined;
    const counted = async function* (): AsyncIterable<Uint8Array> {
      try {
        for await (const chunk of source) {
          size += chunk.length;
          yield chunk;
        }
      } catch (error) {
        failure = { error };
        throw error;
      }
    };
    try {
      await writeDurably(this.folder, key, counted());
    } catch (error) {
      // The source's own failures are none of the folder.
      throw failure?.error === error ? error : this.reach.failed(error);
    }
    return size;
  }

  async read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    const file = await open(join(this.folder, key), 'r').catch((error: unknown) => {
      throw isMissing(error) ? new BlobMissingError() : this.reach.failed(error);
    });
    return file.createReadStream(range);
  }

  async remove(key: string): Promise<void> {
    await this.reach.run(() => rm(join(this.folder, key), { force: true }));
  }

  async *list(): AsyncIterable<{ key: string; writtenAt: number }> {
    for (const key of await this.reach.run(() => readdir(this.folder))) {
      if (key.startsWith('.')) continue;
      const writtenAt = await this.writtenAt(key);
      if (writtenAt !== undefined) yield { key, writtenAt };
    }
  }

  async sweep(isStale: (name: string, changedAt: number) => boolean): Promise<number> {
    let swept = 0;
    for (const name of await this.reach.run(() => readdir(this.folder))) {
      if (!TEMPORARY.test(name)) continue;
      const changedAt = await this.writtenAt(name);
      if (changedAt === undefined || !isStale(name, changedAt)) continue;
      await this.remove(name);
      swept++;
    }
    return swept;
  }

  private async writtenAt(name: string): Promise<number | undefined> {
    const found = await stat(join(this.folder, name)).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw this.reach.failed(error);
    });
    return found?.isFile() ? found.mtimeMs : undefined;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
