import type { Request, RequestHandler } from 'express';
import { ModelNotFoundError } from '../../codec/errors.js';
import type { DictionaryService } from '../../dictionaries/service.js';
import type { Task } from '../../jobs/job.js';
import type { JobService } from '../../jobs/service.js';
import { dictionaryUsed } from '../dictionary-of.js';
import { InvalidIdempotencyKeyError, UploadTooLargeError } from '../errors.js';
import { ownerOf } from '../guards/owner.js';
import type { ModelDescription } from '../ports.js';
import { JOB_PARAMETERS, jobQuery } from '../query.js';
import { contextOf } from '../request-context.js';
import { archiveUpload } from '../uploads/archive-upload.js';
import { describedByHeaders, keptOf } from '../uploads/kept.js';
import type { Fields } from '../uploads/multipart.js';
import { isForm, streamUpload, type UploadOptions } from '../uploads/upload.js';
import { pollAfter, viewOf } from './job-view.js';

export interface JobsOptions {
  readonly jobs: JobService;
  readonly dictionaries: DictionaryService;
  readonly models: readonly ModelDescription[];
  /** Limits of originals; archives get a little more. */
  readonly upload: UploadOptions;
}

/** Visible ASCII. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** `POST /v1/jobs`: the file goes to the blob store as it comes, and is never held in memory. */
export function submitJob({ jobs, dictionaries, models, upload }: JobsOptions): RequestHandler {
  const ids = models.map(({ id }) => id);
  const limits = { compress: upload, decompress: archiveUpload(upload) };
  const wanted = (req: Request, fields?: Fields): Task => {
    const task = jobQuery(req, fields);
    if (task.operation === 'compress' && task.model !== 'auto' && !ids.includes(task.model)) {
      throw new ModelNotFoundError(task.model.slice(0, 64), ids);
    }
    return task;
  };
  return async (req, res) => {
    // Before the file is asked for, unless its form is to say what to do.
    const task = isForm(req) && req.query.operation === undefined ? undefined : wanted(req);
    await dictionaryUsed(req, dictionaries, task?.dictionary);
    if (task?.operation === 'compress' && task.keep) keptOf(describedByHeaders(req));
    const options = { ...limits[task?.operation ?? 'decompress'], parameters: JOB_PARAMETERS };
    const request = { owner: ownerOf(req), key: idempotencyKey(req), origin: originOf(req) };
    const job = await jobs.submit(request, async (sink) => {
      let size = 0;
      const { described, fields } = await streamUpload(req, res, options, async (file) => {
        size = await sink(file);
      });
      const task = wanted(req, fields);
      await dictionaryUsed(req, dictionaries, task.dictionary);
      if (size > limits[task.operation].maxBytes) throw new UploadTooLargeError(limits[task.operation].maxBytes);
      const keep = task.operation === 'compress' && task.keep;
      return { task, kept: keep ? keptOf({ ...describedByHeaders(req), ...described }) : { name: described.name } };
    });
    const view = viewOf(job);
    res.status(202);
    res.setHeader('Location', `/v1/jobs/${job.id}`);
    const retryAfter = pollAfter(job);
    if (retryAfter !== undefined) res.setHeader('Retry-After', retryAfter);
    res.json(view);
  };
}

function idempotencyKey(req: Request): string | undefined {
  const key = req.get('idempotency-key');
  if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) throw new InvalidIdempotencyKeyError();
  return key;
}

function originOf(req: Request): { requestId: string; traceparent: string | null } {
  const { id, trace } = contextOf(req);
  return { requestId: id, traceparent: trace?.traceparent ?? null };
}
