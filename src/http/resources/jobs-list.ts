import type { RequestHandler } from 'express';
import type { JobService } from '../../jobs/service.js';
import { ownerOf } from '../guards/owner.js';
import { pageQuery } from '../query.js';
import { viewOf } from './job-view.js';

/** `GET /v1/jobs`: the caller's jobs, the newest first, in pages. */
export function listJobs(jobs: JobService): RequestHandler {
  return async (req, res) => {
    const page = await jobs.list(ownerOf(req), pageQuery(req));
    res.json({ jobs: page.jobs.map(viewOf), ...(page.next !== undefined && { next: page.next }) });
  };
}
