import type { RequestHandler, Response } from 'express';
import { JobExpiredError } from '../../jobs/errors.js';
import { isFinished, type Job } from '../../jobs/job.js';
import type { JobService } from '../../jobs/service.js';
import { ownerOf } from '../guards/owner.js';
import { contextOf } from '../request-context.js';
import { viewOf } from './job-view.js';

/** Shorter than the time after which proxies close a silent connection. */
const HEARTBEAT_MS = 15_000;
/** After which a client that lost its connection comes back. */
const RETRY_MS = 1_000;

/**
 * `GET /v1/jobs/{id}/events`: server-sent events (HTML, 9.2), the job's whole state each, until the last one.
 *
 * An id is the version of the state that it came with. States between two that are sent may be left out, so nothing is lost
 * by a reconnection: it is sent the state as it is then, unless the client has seen it.
 *
 * @param leaving aborts when the server is about to end: streams are closed then, and clients go to another replica.
 */
export function jobEvents(jobs: JobService, leaving: AbortSignal, heartbeat = HEARTBEAT_MS): RequestHandler {
  return async (req, res) => {
    const job = await jobs.find(String(req.params.id), ownerOf(req));
    if (job.expired) throw new JobExpiredError();
    const seen = lastSeen(req.get('last-event-id'));
    // Who has seen the end is told not to come back: 204 stops an EventSource.
    if (isFinished(job) && seen === job.version) {
      res.status(204).end();
      return;
    }
    res.setHeader('Content-Type', 'text/event-stream');
    // nginx would keep events back to fill its buffer.
    res.setHeader('X-Accel-Buffering', 'no');
    if (req.method === 'HEAD') {
      res.end();
      return;
    }
    const signal = AbortSignal.any([contextOf(req).signal, leaving]);
    res.write(`retry: ${RETRY_MS}\n\n`);
    const beat = setInterval(() => res.write(': still there\n\n'), heartbeat);
    try {
      for await (const state of jobs.follow(job.id, signal)) {
        if (state.version > seen || isFinished(state)) send(res, state);
      }
    } finally {
      clearInterval(beat);
    }
    res.end();
  };
}

function send(res: Response, job: Job): void {
  res.write(`id: ${job.version}\nevent: state\ndata: ${JSON.stringify(viewOf(job))}\n\n`);
}

function lastSeen(header: string | undefined): number {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : 0;
}
