import { Router } from 'express';
import { refuseQuery } from '../query.js';
import { resource } from '../route.js';
import { jobEvents } from './jobs-events.js';
import { listJobs } from './jobs-list.js';
import { jobResult } from './jobs-result.js';
import { deleteJob, showJob } from './jobs-state.js';
import { type JobsOptions, submitJob } from './jobs-submit.js';

/**
 * `GET` and `POST /v1/jobs`, and of each job its state, events and result.
 *
 * @param leaving aborts when the server is about to end.
 */
export function jobsResource(options: JobsOptions & { readonly leaving: AbortSignal }): Router {
  const { jobs, leaving } = options;
  const router = Router({ strict: true, caseSensitive: true });
  resource(router, '/v1/jobs', { get: [listJobs(jobs)], post: [submitJob(options)] });
  resource(router, '/v1/jobs/:id', { get: [refuseQuery(), showJob(jobs)], delete: [refuseQuery(), deleteJob(jobs)] });
  resource(router, '/v1/jobs/:id/events', { get: [refuseQuery(), jobEvents(jobs, leaving)] });
  resource(router, '/v1/jobs/:id/result', { get: [refuseQuery(), jobResult(jobs)] });
  return router;
}
