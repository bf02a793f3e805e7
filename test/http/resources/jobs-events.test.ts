import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { pino } from 'pino';
import { UNOBSERVED } from '../../../src/http/observer.js';
import { requestContext } from '../../../src/http/request-context.js';
import { jobEvents } from '../../../src/http/resources/jobs-events.js';
import { JobsUnavailableError } from '../../../src/jobs/errors.js';
import { cancelled, type Job } from '../../../src/jobs/job.js';
import type { JobQueue } from '../../../src/jobs/queue.js';
import { JobService } from '../../../src/jobs/service.js';
import { aJob } from '../../jobs/samples.js';
import { parseEvents } from '../sse.js';

/** A queue with one job, which tells nobody of changes. */
class OneJob {
  available = true;

  constructor(public job: Job) {}

  async get(): Promise<Job> {
    if (!this.available) throw new JobsUnavailableError();
    return this.job;
  }

  watch(): () => void {
    return () => {};
  }
}

describe('events of a job', () => {
  it('have comments while nothing happens, and survive an outage and changes that nobody tells of', async () => {
    const queue = new OneJob(aJob());
    const jobs = new JobService({
      queue: queue as Partial<JobQueue> as JobQueue,
      blobs: {} as never,
      ttl: 1,
      maxQueued: 1,
    });
    const app = express();
    app.use(requestContext(pino({ level: 'silent' }), UNOBSERVED));
    app.get('/jobs/:id/events', jobEvents(jobs, new AbortController().signal, 50));
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jobs/${queue.job.id}/events`;
      const answer = await fetch(url);
      const reading = answer.text();
      await sleep(300);
      queue.available = false;
      await sleep(2_500);
      queue.available = true;
      const ended = cancelled(Date.now(), 1)(queue.job) as Job;
      queue.job = { ...ended, version: queue.job.version + 1 };
      const { events, comments } = parseEvents(await reading);
      assert.deepEqual(
        events.map(({ id, data }) => [id, data.state]),
        [
          [1, 'queued'],
          [2, 'cancelled'],
        ],
      );
      assert.ok(comments.length >= 5, `${comments.length} comments`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
