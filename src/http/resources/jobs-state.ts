import type { RequestHandler } from 'express';
import { JobExpiredError } from '../../jobs/errors.js';
import type { JobService } from '../../jobs/service.js';
import { ownerOf } from '../guards/owner.js';
import { pollAfter, viewOf } from './job-view.js';

/** `GET /v1/jobs/{id}` */
export function showJob(jobs: JobService): RequestHandler {
  return async (req, res) => {
    const job = await jobs.find(String(req.params.id), ownerOf(req));
    if (job.expired) throw new JobExpiredError();
    const retryAfter = pollAfter(job);
    if (retryAfter !== undefined) res.setHeader('Retry-After', retryAfter);
    res.json(viewOf(job));
  };
}

/** `DELETE /v1/jobs/{id}`: cancels a job, and removes one that is finished. */
export function deleteJob(jobs: JobService): RequestHandler {
  return async (req, res) => {
    const job = await jobs.find(String(req.params.id), ownerOf(req));
    const cancelled = await jobs.cancelOrRemove(job);
    if (cancelled) res.json(viewOf(cancelled));
    else res.status(204).end();
  };
}
