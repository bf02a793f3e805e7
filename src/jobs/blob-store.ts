import type { Readable } from 'node:stream';

/**
 * Bytes by key, kept where every process that works on jobs can reach them. Keys are those of job.ts: letters, digits, dots, hyphens.
 *
 * Every adapter passes test/jobs/blob-store-conformance.ts. When what is below cannot be reached, everything here fails with
 * JobsUnavailableError.
 */
export interface BlobStore {
  /**
   * Takes all bytes of `source`. When the promise is resolved, they survive a crash; before, nothing is seen under `key`,
   * and if it is rejected, never. What was there under `key` is replaced at once.
   *
   * Holds a few buffers in memory, not the whole. A failing source is passed on.
   *
   * @returns the number of bytes.
   */
  write(key: string, source: AsyncIterable<Uint8Array>): Promise<number>;
  /**
   * The bytes, or those from `start` to `end`, both included, which must be within them.
   *
   * @throws BlobMissingError before the first byte.
   */
  read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /** It does not matter whether there was one. */
  remove(key: string): Promise<void>;
  /** Every key, and when it was written, in milliseconds since 1970 by the clock of wherever it is kept. */
  list(): AsyncIterable<{ readonly key: string; readonly writtenAt: number }>;
  /**
   * Removes what broken writes left.
   *
   * @param isStale whether nobody writes to it any more, by its name and when it was changed last, by a clock as above.
   * @returns how many.
   */
  sweep(isStale: (name: string, changedAt: number) => boolean): Promise<number>;
}
