import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DictionaryNotFoundError } from '../../src/dictionaries/errors.js';
import type { BlobStore } from '../../src/jobs/blob-store.js';
import type { JobDictionaries, OnProgress } from '../../src/jobs/codec.js';
import { JobsUnavailableError } from '../../src/jobs/errors.js';
import { FolderStore } from '../../src/jobs/folder-store.js';
import { InProcessQueue } from '../../src/jobs/in-process-queue.js';
import { begun, cancelled, done, type Job, resultKey } from '../../src/jobs/job.js';
import { type JobLog, JobWorker } from '../../src/jobs/worker.js';
import { FakeCodec, fakeArchive } from '../http/fake-codec.js';
import { until } from '../until.js';
import { aJob, bytesOf, source } from './samples.js';

const FILE = Buffer.from('file');
const TTL = 60_000;

/** Whose jobs use none. */
const NONE: JobDictionaries = {
  get: async (_owner, id) => {
    throw new DictionaryNotFoundError(id);
  },
  of: () => ({ byShortId: async () => [] }),
};

describe('the worker', () => {
  let folder: string;
  let queue: InProcessQueue;
  let blobs: FolderStore;
  let codec: FakeCodec;
  let log: { level: string; message: string; details: Record<string, unknown> }[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ardm-worker-'));
    queue = await InProcessQueue.open(join(folder, 'records'));
    blobs = await FolderStore.open(join(folder, 'blobs'));
    codec = new FakeCodec();
    log = [];
  });
  afterEach(async () => {
    await queue.close();
    await rm(folder, { recursive: true, force: true });
  });

  const tell: JobLog = (level, message, details) => log.push({ level, message, details });
  const aWorker = (options: Partial<{ blobs: BlobStore; maxAttempts: number }> = {}): JobWorker =>
    new JobWorker({ queue, blobs, codec, dictionaries: NONE, maxAttempts: 3, ttl: TTL, log: tell, ...options });
  const accept = async (): Promise<Job> => {
    const job = aJob();
    await blobs.write(job.input.blob, source([FILE]));
    await queue.accept(job);
    return job;
  };
  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of blobs.list()) found.push(key);
    return found.sort();
  };

  it('makes one result, and leaves nothing else', async () => {
    const { id } = await accept();
    assert.equal(await aWorker().deliver(id), 'settled');
    const job = await queue.get(id);
    assert.equal(job?.state, 'done');
    assert.deepEqual(await keys(), [resultKey(id, 1)]);
    assert.deepEqual(await bytesOf(await blobs.read(resultKey(id, 1))), fakeArchive(FILE));
    // A delivery that comes again does nothing.
    assert.equal(await aWorker().deliver(id), 'settled');
    assert.deepEqual(await queue.get(id), job);
    assert.equal(codec.asked.length, 1);
  });

  it('does nothing for a job that is gone or cancelled', async () => {
    assert.equal(await aWorker().deliver(aJob().id), 'settled');
    const { id } = await accept();
    await queue.update(id, cancelled(Date.now(), TTL));
    assert.equal(await aWorker().deliver(id), 'settled');
    assert.equal(codec.asked.length, 0);
    assert.deepEqual(await keys(), []);
  });

  it('takes up what a killed one left: between result and completion', async () => {
    const job = await accept();
    await queue.update(job.id, begun(Date.now(), 3, TTL));
    await blobs.write(resultKey(job.id, 1), source(['of the first']));
    assert.equal(await aWorker().deliver(job.id), 'settled');
    const after = await queue.get(job.id);
    assert.equal(after?.result?.blob, resultKey(job.id, 2));
    assert.equal(after.attempts, 2);
  });

  it('cannot end a job that another has begun, however late it is', async () => {
    const release = codec.hold();
    const { id } = await accept();
    const first = aWorker().deliver(id);
    await until(() => codec.working === 1, 'not begun');
    const second = await queue.update(id, begun(Date.now(), 3, TTL));
    assert.equal(second?.attempts, 2);
    assert.equal(await first, 'settled');
    assert.equal((await queue.get(id))?.state, 'active');
    release();
    await blobs.write(resultKey(id, 2), source(['of the second']));
    const result = { blob: resultKey(id, 2), size: 1, sha256: 'x', model: null, calls: null };
    await queue.update(id, done(2, result, second.progress, Date.now(), TTL));
    assert.deepEqual(
      (await keys()).filter((key) => key.includes('result')),
      [resultKey(id, 2)],
    );
  });

  it('stops when the job is removed', async () => {
    const release = codec.hold();
    const { id } = await accept();
    const delivery = aWorker().deliver(id);
    await until(() => codec.working === 1, 'not begun');
    await queue.remove(id);
    assert.equal(await delivery, 'settled');
    assert.equal(codec.stopped.length, 1);
    release();
  });

  it('waits for a store that does not answer or is full, and counts no attempt for it', async () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    let failures: Error[] = [];
    const failing: BlobStore = {
      write: async (key, bytes) => {
        const failure = failures.shift();
        if (failure) throw failure;
        return await blobs.write(key, bytes);
      },
      read: (key, range) => blobs.read(key, range),
      remove: (key) => blobs.remove(key),
      list: () => blobs.list(),
      sweep: (isStale) => blobs.sweep(isStale),
    };
    const worker = aWorker({ blobs: failing, maxAttempts: 1 });
    const { id } = await accept();
    failures = [new JobsUnavailableError(), full, new JobsUnavailableError()];
    for (let i = 0; i < 3; i++) assert.equal(await worker.deliver(id), 'again');
    assert.equal(await worker.deliver(id), 'settled');
    assert.equal((await queue.get(id))?.state, 'done');
  });

  it('fails at once what will always fail, and other things after their attempts', async () => {
    const missing = await accept();
    await blobs.remove(missing.input.blob);
    assert.equal(await aWorker().deliver(missing.id), 'settled');
    assert.equal((await queue.get(missing.id))?.failure?.code, 'blob-missing');

    codec.failure = new Error('a fault');
    const { id } = await accept();
    for (const delivery of ['again', 'again', 'settled']) assert.equal(await aWorker().deliver(id), delivery);
    assert.equal((await queue.get(id))?.failure?.code, 'internal-error');
    assert.deepEqual(await keys(), []);
  });

  it('refuses an upload that is not as long as it was', async () => {
    const job = await accept();
    await blobs.write(job.input.blob, source(['longer than it was']));
    assert.equal(await aWorker().deliver(job.id), 'settled');
    assert.equal((await queue.get(job.id))?.failure?.code, 'blob-missing');
  });

  it('puts jobs back that do not end in time when it is closed, without counting it, and takes no more', async () => {
    const release = codec.hold();
    const { id } = await accept();
    const worker = aWorker({ maxAttempts: 1 });
    const delivery = worker.deliver(id);
    await until(() => codec.working === 1, 'not begun');
    assert.equal(await worker.close(50), false);
    assert.equal(await delivery, 'again');
    assert.equal((await queue.get(id))?.state, 'queued');
    assert.equal(await worker.deliver(id), 'again');
    release();
    assert.equal(await aWorker({ maxAttempts: 1 }).deliver(id), 'settled');
    assert.equal((await queue.get(id))?.state, 'done');
  });

  it('waits for those that end in time', async () => {
    const release = codec.hold();
    const { id } = await accept();
    const worker = aWorker();
    const delivery = worker.deliver(id);
    await until(() => codec.working === 1, 'not begun');
    setTimeout(release, 50);
    assert.equal(await worker.close(5_000), true);
    assert.equal(await delivery, 'settled');
  });

  it('shows progress while it works', async () => {
    let go = (): void => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const slow = {
      demand: () => ({ originalSize: 4, networkCalls: 9 }),
      inspect: () => ({}),
      decompress: async () => FILE,
      compress: async (input: Uint8Array, { onProgress }: { onProgress: OnProgress }) => {
        onProgress({ bytes: 1, networkCalls: 2, totalNetworkCalls: 7 });
        onProgress({ bytes: 3, networkCalls: 5, totalNetworkCalls: 6 });
        await held;
        return { archive: input, model: 'm', calls: 1 };
      },
    };
    const worker = new JobWorker({
      queue,
      blobs,
      codec: slow,
      dictionaries: NONE,
      maxAttempts: 1,
      ttl: TTL,
      log: tell,
    });
    const { id } = await accept();
    const delivery = worker.deliver(id);
    await until(async () => (await queue.get(id))?.progress.bytes === 3, 'no progress');
    assert.deepEqual((await queue.get(id))?.progress, {
      bytes: 3,
      totalBytes: 4,
      networkCalls: 5,
      totalNetworkCalls: 6,
    });
    go();
    await delivery;
    const job = await queue.get(id);
    assert.deepEqual([job?.progress.bytes, job?.progress.networkCalls], [4, 5]);
    await sleep(0);
  });

  it('logs ids and sizes, and never a name', async () => {
    const { id } = await accept();
    await aWorker().deliver(id);
    const line = log.find(({ message }) => message === 'job done');
    assert.deepEqual([line?.details.jobId, line?.details.requestId, line?.details.bytes], [id, 'request', 4]);
    assert.ok(!JSON.stringify(log).includes('txt'));
  });
});
