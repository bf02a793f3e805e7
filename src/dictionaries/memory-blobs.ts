import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BlobStore } from '../jobs/blob-store.js';
import { BlobMissingError } from '../jobs/errors.js';

/** Blobs that last as long as the process. */
export class MemoryBlobs implements BlobStore {
  private readonly blobs = new Map<string, { readonly bytes: Buffer; readonly writtenAt: number }>();

  async write(key: string, source: AsyncIterable<Uint8Array>): Promise<number> {
    const bytes = await buffer(source);
    this.blobs.set(key, { bytes, writtenAt: Date.now() });
    return bytes.length;
  }

  async read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    const found = this.blobs.get(key);
    if (!found) throw new BlobMissingError();
    const { bytes } = found;
    return Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], { objectMode: false });
  }

  async remove(key: string): Promise<void> {
    this.blobs.delete(key);
  }

  async *list(): AsyncIterable<{ key: string; writtenAt: number }> {
    for (const [key, { writtenAt }] of this.blobs) yield { key, writtenAt };
  }

  async sweep(): Promise<number> {
    return 0;
  }
}
