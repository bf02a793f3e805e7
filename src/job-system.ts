import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from './config.js';
import type { BlobStore } from './jobs/blob-store.js';
import type { JobCodec, JobDictionaries } from './jobs/codec.js';
import { JobsFolderForeignError, JobsFolderInUseError } from './jobs/errors.js';
import { lockFolder } from './jobs/folder-lock.js';
import { FolderStore } from './jobs/folder-store.js';
import { InProcessQueue } from './jobs/in-process-queue.js';
import type { JobQueue } from './jobs/queue.js';
import { type OnStoreFailure, reportFailures, type Store } from './jobs/reach.js';
import { Retention } from './jobs/retention.js';
import { JobService } from './jobs/service.js';
import { type JobLog, JobWorker } from './jobs/worker.js';

/** Folders by default that are tried. */
const MAX_FOLDERS = 100;
/** Between two rounds of retention; short lives are looked after more often. */
const RETENTION_MS = 60_000;

/** Jobs, put together as the configuration says. */
export interface JobSystem {
  readonly service: JobService;
  /** Works on no more jobs, and gives those that run `limit` milliseconds. @returns whether all finished. */
  drain(limit: number): Promise<boolean>;
  /** Lets go of everything. Requests that use the service should have ended. */
  close(): Promise<void>;
}

/** Whoever counts what becomes of jobs (`src/metrics`). */
export interface JobObserver {
  /** A job was finished here, after so many seconds of work. */
  worked(seconds: number): void;
  /** A store did not do what it was asked. */
  storeFailed(store: Store, reason: string): void;
}

/**
 * @param concurrency jobs that are worked on at a time.
 * @throws JobsFolderInUseError, JobsFolderError
 */
export async function openJobs(
  config: Config,
  codec: JobCodec,
  dictionaries: JobDictionaries,
  concurrency: number,
  log: JobLog,
  observer: JobObserver,
): Promise<JobSystem> {
  const ttl = config.JOB_TTL_SECONDS * 1_000;
  const orphanAge = config.JOB_ORPHAN_SECONDS * 1_000;
  const { queue, blobs, release } = await openStores(
    config,
    log,
    reportFailures(log, (store, reason) => observer.storeFailed(store, reason)),
  );
  const worker = new JobWorker({
    queue,
    blobs,
    codec,
    dictionaries,
    maxAttempts: config.JOB_ATTEMPTS,
    ttl,
    log,
    worked: (seconds) => observer.worked(seconds),
  });
  const retention = new Retention({ queue, blobs, ttl, orphanAge, log });
  if (config.ARDM_ROLE !== 'api') worker.start(concurrency);
  retention.start(Math.max(1_000, Math.min(RETENTION_MS, ttl / 4, orphanAge / 2)));
  return {
    service: new JobService({ queue, blobs, ttl, maxQueued: config.MAX_QUEUED_JOBS }),
    drain: (limit) => worker.close(limit),
    async close() {
      await retention.stop();
      await queue.close();
      await release();
    },
  };
}

interface Stores {
  readonly queue: JobQueue;
  readonly blobs: BlobStore;
  readonly release: () => Promise<void>;
}

async function openStores(config: Config, log: JobLog, onFailure: OnStoreFailure): Promise<Stores> {
  if (config.REDIS_URL !== '') {
    const blobs = await sharedBlobs(config, onFailure);
    // Bull takes a fifth of the start of a server, which is spared to whoever has no Redis.
    const [{ BullQueue }, { LOCK_TIMES }] = await Promise.all([
      import('./jobs/bull-queue.js'),
      import('./jobs/bull-consumer.js'),
    ]);
    return { queue: new BullQueue(config.REDIS_URL, log, LOCK_TIMES, onFailure), blobs, release: async () => {} };
  }
  const { folder, release } = await ownFolder(config, log);
  const blobs = await FolderStore.open(join(folder, 'blobs'), onFailure);
  // The folder is this process's alone: what is not complete was begun by one that has ended.
  await blobs.sweep(() => true);
  const queue = await InProcessQueue.open(join(folder, 'records'), onFailure);
  return { queue, blobs, release };
}

/**
 * The folder that is set, or else the first by default that nobody has: of each port one, and more where containers with the
 * same port share their folder for temporary files. Who starts again finds the jobs that it left.
 */
async function ownFolder(
  { JOBS_FOLDER, PORT }: Config,
  log: JobLog,
): Promise<{ folder: string; release: () => Promise<void> }> {
  if (JOBS_FOLDER !== '') return { folder: JOBS_FOLDER, release: (await lockFolder(JOBS_FOLDER)).release };
  const first = join(tmpdir(), `ardm-jobs-${PORT}`);
  for (let number = 1; ; number++) {
    const folder = number === 1 ? first : `${first}-${number}`;
    try {
      const lock = await lockFolder(folder);
      if (number > 1)
        log('warn', 'jobs are kept in another folder than usual, which is in use', { folder, usual: first });
      return { folder, release: lock.release };
    } catch (error) {
      const taken = error instanceof JobsFolderInUseError || error instanceof JobsFolderForeignError;
      if (!taken || number === MAX_FOLDERS) throw error;
    }
  }
}

async function sharedBlobs(config: Config, onFailure: OnStoreFailure): Promise<BlobStore> {
  if (config.S3_BUCKET !== '') return await openBucket(config, onFailure);
  return await FolderStore.open(join(config.JOBS_FOLDER, 'blobs'), onFailure);
}

/** The blobs of the bucket that is set. */
export async function openBucket(
  { S3_BUCKET, S3_ENDPOINT, S3_REGION }: Config,
  onFailure: OnStoreFailure,
): Promise<BlobStore> {
  // The SDK is large, and its memory and its start are spared to whoever has no bucket.
  const { S3Store } = await import('./jobs/s3-store.js');
  const endpoint = S3_ENDPOINT === '' ? undefined : S3_ENDPOINT;
  return new S3Store({ bucket: S3_BUCKET, endpoint, region: S3_REGION }, onFailure);
}
