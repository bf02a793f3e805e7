import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BullQueue } from '../../src/jobs/bull-queue.js';
import { FolderStore } from '../../src/jobs/folder-store.js';
import { InProcessQueue } from '../../src/jobs/in-process-queue.js';
import { type Job, parseJob } from '../../src/jobs/job.js';
import type { JobQueue } from '../../src/jobs/queue.js';
import { until } from '../until.js';
import { MAX_ATTEMPTS, SHORT_TIMES } from './poison.js';
import { missingRedis, RedisServer } from './redis-server.js';
import { aJob, source } from './samples.js';

const WORKER = fileURLToPath(new URL('./poisoned-worker.js', import.meta.url));
const missing = missingRedis();
if (missing) console.error(`SKIPPED: the test of a poisoned job on Redis, because ${missing}`);

/** Runs one worker until it ends. @returns whether it was killed. */
async function runWorker(folder: string, url: string | undefined, enough: () => Promise<boolean>): Promise<boolean> {
  const child = spawn(process.execPath, [WORKER, folder, ...(url ? [url] : [])], { stdio: 'inherit' });
  const ended = once(child, 'exit');
  try {
    while (child.exitCode === null && child.signalCode === null && !(await enough())) await sleep(50);
  } finally {
    // A worker that has nothing to do any more.
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  }
  return child.signalCode === 'SIGKILL';
}

async function accept(folder: string, queue: JobQueue): Promise<Job> {
  const blobs = await FolderStore.open(join(folder, 'blobs'));
  const job = aJob();
  await blobs.write(job.input.blob, source(['evil']));
  await queue.accept(job);
  return job;
}

describe('a job that kills its worker', () => {
  it('fails after its attempts, and does not loop: in one process', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ardm-poison-'));
    try {
      const records = join(folder, 'records');
      const first = await InProcessQueue.open(records);
      const { id } = await accept(folder, first);
      await first.close();
      // From the file: the queue's folder is the worker's while it runs.
      const state = async (): Promise<Job> => parseJob(await readFile(join(records, `${id}.json`), 'utf8'));
      let deaths = 0;
      for (let runs = 0; runs < 10; runs++) {
        if (!(await runWorker(folder, undefined, async () => (await state()).state === 'failed'))) break;
        deaths++;
      }
      assert.equal(deaths, MAX_ATTEMPTS);
      assert.equal((await state()).failure?.code, 'job-attempts-exhausted');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('fails after its attempts, and does not loop: on Redis', { skip: missing }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ardm-poison-'));
    const redis = await RedisServer.start();
    const queue = new BullQueue(redis.url, () => {}, SHORT_TIMES);
    try {
      await until(async () => (await queue.counts().catch(() => undefined)) !== undefined, 'Redis cannot be reached');
      const { id } = await accept(folder, queue);
      let deaths = 0;
      for (let runs = 0; runs < 10; runs++) {
        if (!(await runWorker(folder, redis.url, async () => (await queue.get(id))?.state === 'failed'))) break;
        deaths++;
      }
      assert.equal(deaths, MAX_ATTEMPTS);
      assert.equal((await queue.get(id))?.failure?.code, 'job-attempts-exhausted');
      assert.deepEqual(await queue.counts(), { waiting: 0, active: 0 });
    } finally {
      await queue.close();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
