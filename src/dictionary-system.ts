import { join } from 'node:path';
import type { Codec } from './codec/codec.js';
import type { Config } from './config.js';
import { MemoryBlobs } from './dictionaries/memory-blobs.js';
import { DictionaryService } from './dictionaries/service.js';
import { DictionaryStore } from './dictionaries/store.js';
import { openBucket } from './job-system.js';
import type { BlobStore } from './jobs/blob-store.js';
import { FolderStore } from './jobs/folder-store.js';
import type { OnStoreFailure } from './jobs/reach.js';
import type { JobLog } from './jobs/worker.js';

/** Contents of dictionaries that the thread of requests holds. */
const CACHE_BYTES = 16 * 2 ** 20;
/** What a broken write left is removed when it has not been changed for so many milliseconds. */
const STALE_MS = 3_600_000;

/** Dictionaries, kept as the configuration says. */
export async function openDictionaries(
  config: Config,
  codec: Codec,
  log: JobLog,
  onFailure: OnStoreFailure,
): Promise<DictionaryService> {
  const blobs = await blobsOf(config, log, onFailure);
  const store = new DictionaryStore(blobs, { most: config.MAX_DICTIONARIES, cacheBytes: CACHE_BYTES });
  return new DictionaryService(store, codec);
}

async function blobsOf(config: Config, log: JobLog, onFailure: OnStoreFailure): Promise<BlobStore> {
  const { DATA_FOLDER } = config;
  if (DATA_FOLDER !== '') {
    const store = await FolderStore.open(join(DATA_FOLDER, 'dictionaries'), onFailure);
    const now = Date.now();
    await store.sweep((_name, changedAt) => now - changedAt > STALE_MS);
    return store;
  }
  if (config.S3_BUCKET !== '') return await openBucket(config, onFailure);
  log('warn', 'dictionaries last as long as this process: set DATA_FOLDER or S3_BUCKET to keep them', {});
  return new MemoryBlobs();
}
