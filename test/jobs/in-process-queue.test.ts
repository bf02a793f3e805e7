import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { InProcessQueue } from '../../src/jobs/in-process-queue.js';
import { cancelled } from '../../src/jobs/job.js';
import { queueConformance } from './queue-conformance.js';
import { aJob } from './samples.js';

describe('InProcessQueue', () => {
  let parent: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'ardm-queue-'));
  });
  after(() => rm(parent, { recursive: true, force: true }));

  queueConformance(async () => {
    const folder = await mkdtemp(join(parent, 'q-'));
    const queues = [await InProcessQueue.open(folder)];
    const [queue] = queues as [InProcessQueue];
    return {
      queue,
      // The next process: this one has ended.
      another: async () => {
        await queue.close();
        const next = await InProcessQueue.open(folder);
        queues.push(next);
        return next;
      },
      close: async () => {
        for (const each of queues) await each.close();
      },
    };
  });

  it('forgets what a process that was killed had not finished writing, and nothing else', async () => {
    const folder = await mkdtemp(join(parent, 'killed-'));
    const first = await InProcessQueue.open(folder);
    const jobs = [aJob({ acceptedAt: 3 }), aJob({ acceptedAt: 1 }), aJob({ acceptedAt: 2 })];
    for (const job of jobs) await first.accept(job);
    const [ended] = jobs as [ReturnType<typeof aJob>];
    await first.update(ended.id, cancelled(5, 1));
    await writeFile(join(folder, `.${ended.id}.json.0123456789abcdef.tmp`), '{"id":');
    const second = await InProcessQueue.open(folder);
    assert.deepEqual((await readdir(folder)).length, 3);
    assert.equal((await second.get(ended.id))?.state, 'cancelled');
    const got: string[] = [];
    second.process(1, async (id) => {
      got.push(id);
      return 'settled';
    });
    assert.deepEqual(await second.counts(), { waiting: 1, active: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    // In the order in which they came.
    assert.deepEqual(got, [jobs[1]?.id, jobs[2]?.id]);
    await second.close();
  });
});
