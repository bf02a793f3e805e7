import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderStore } from '../../src/jobs/folder-store.js';
import { InProcessQueue } from '../../src/jobs/in-process-queue.js';
import { begun, cancelled, done, type Job, newJobId, resultKey, uploadKey } from '../../src/jobs/job.js';
import { Retention } from '../../src/jobs/retention.js';
import { until } from '../until.js';
import { aJob, source } from './samples.js';

const TTL = 10_000;
const AGE = 5_000;

describe('retention', () => {
  let folder: string;
  let queue: InProcessQueue;
  let blobs: FolderStore;
  let retention: Retention;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ardm-retention-'));
    queue = await InProcessQueue.open(join(folder, 'records'));
    blobs = await FolderStore.open(join(folder, 'blobs'));
    retention = new Retention({ queue, blobs, ttl: TTL, orphanAge: AGE, log: () => {} });
  });
  afterEach(async () => {
    await retention.stop();
    await queue.close();
    await rm(folder, { recursive: true, force: true });
  });

  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of blobs.list()) found.push(key);
    return found.sort();
  };
  const write = (key: string): Promise<number> => blobs.write(key, source([key]));
  /** A job that was done in its second attempt, with the blobs of both. */
  const aDoneJob = async (): Promise<Job> => {
    const job = aJob();
    await queue.accept(job);
    for (const key of [job.input.blob, resultKey(job.id, 1), resultKey(job.id, 2)]) await write(key);
    for (let i = 0; i < 2; i++) await queue.update(job.id, begun(Date.now(), 9, TTL));
    const result = { blob: resultKey(job.id, 2), size: 1, sha256: 'x', model: null, calls: null };
    const after = await queue.update(job.id, done(2, result, job.progress, Date.now(), TTL));
    assert.ok(after);
    return after;
  };

  it('keeps a job for its time, then its record for as long again', async () => {
    const job = await aDoneJob();
    const end = job.expiresAt as number;
    assert.equal(await retention.expire(end - 1), 0);
    assert.equal(await retention.expire(end), 1);
    assert.deepEqual(await keys(), [resultKey(job.id, 1)], 'what no record names is for sweep');
    assert.equal((await queue.get(job.id))?.expired, true);
    assert.equal(await retention.expire(end + TTL - 1), 0);
    assert.equal(await retention.expire(end + TTL), 1);
    assert.equal(await queue.get(job.id), undefined);
  });

  it('never touches a job that is not finished', async () => {
    const job = aJob();
    await queue.accept(job);
    await write(job.input.blob);
    await queue.update(job.id, begun(Date.now(), 9, TTL));
    await write(resultKey(job.id, 1));
    assert.equal(await retention.expire(Date.now() + 1_000 * TTL), 0);
    assert.equal(await retention.sweep(0), 0);
    assert.equal(await retention.sweep(1_000 * TTL), 0);
    assert.deepEqual(await keys(), [resultKey(job.id, 1), job.input.blob].sort());
  });

  it('sweeps blobs that nobody needs, when they are old enough, and no others', async () => {
    const job = await aDoneJob();
    const ended = aJob();
    await queue.accept(ended);
    await write(ended.input.blob);
    await queue.update(ended.id, cancelled(Date.now(), TTL));
    // Of a process that was killed between the upload and the record.
    const lost = newJobId();
    await write(uploadKey(lost));
    await write('not-ours');
    assert.equal(await retention.sweep(0), 0);
    assert.equal(await retention.sweep(AGE - 1), 0);
    assert.equal(await retention.sweep(AGE), 4);
    assert.deepEqual(await keys(), [resultKey(job.id, 2), 'not-ours'].sort());
  });

  it('takes nothing for old because a clock was set, or because another one is wrong', async (context) => {
    const key = uploadKey(newJobId());
    await write(key);
    for (const wrong of [-7_200_000, 7_200_000]) {
      context.mock.timers.enable({ apis: ['Date'], now: Date.now() + wrong });
      const round = new Retention({ queue, blobs, ttl: TTL, orphanAge: AGE, log: () => {} });
      assert.equal(await round.sweep(performance.now()), 0);
      assert.equal(await round.sweep(performance.now()), 0);
      context.mock.timers.reset();
    }
    assert.deepEqual(await keys(), [key]);
  });

  it('begins to count anew where something was added', async () => {
    const key = uploadKey(newJobId());
    await write(key);
    assert.equal(await retention.sweep(0), 0);
    await sleep(20);
    await write(key);
    assert.equal(await retention.sweep(AGE), 0);
    assert.equal(await retention.sweep(2 * AGE - 1), 0);
    assert.equal(await retention.sweep(2 * AGE), 1);
  });

  it('runs by itself until it is stopped', async () => {
    const quick = new Retention({ queue, blobs, ttl: 50, orphanAge: 100, log: () => {} });
    quick.start(20);
    await write(uploadKey(newJobId()));
    await until(async () => (await keys()).length === 0, 'not swept');
    const job = aJob();
    await queue.accept(job);
    await queue.update(job.id, cancelled(Date.now(), 50));
    await until(async () => (await queue.get(job.id)) === undefined, 'not forgotten');
    await quick.stop();
    await write(uploadKey(newJobId()));
    await sleep(200);
    assert.equal((await keys()).length, 1);
  });
});
