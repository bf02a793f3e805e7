import { isFinished, type Job } from '../../jobs/job.js';

/** A job, as `GET /v1/jobs/{id}` and its events show it. Sizes in bytes, times in ISO 8601, null for what is not known (yet). */
export function viewOf(job: Job): Record<string, unknown> {
  const self = `/v1/jobs/${job.id}`;
  const { task, progress, result } = job;
  const compress = task.operation === 'compress';
  return {
    id: job.id,
    operation: task.operation,
    calls: compress ? task.calls : null,
    model: compress ? task.model : null,
    state: job.state,
    attempts: job.attempts,
    progress,
    inputSize: job.input.size,
    result: result && {
      size: result.size,
      contentDigest: `sha-256=:${result.sha256}:`,
      model: result.model,
      calls: result.calls,
    },
    failure: job.failure,
    acceptedAt: isoTime(job.acceptedAt),
    startedAt: isoTime(job.startedAt),
    finishedAt: isoTime(job.finishedAt),
    expiresAt: isoTime(job.expiresAt),
    links: { self, events: `${self}/events`, ...(job.state === 'done' && { result: `${self}/result` }) },
  };
}

/** Seconds after which it makes sense to look again. */
export function pollAfter(job: Job): number | undefined {
  if (isFinished(job)) return undefined;
  return job.state === 'queued' ? 2 : 1;
}

function isoTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
