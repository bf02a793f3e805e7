import type { RequestHandler } from 'express';
import type { JobService } from '../../jobs/service.js';
import { sendStream } from '../answers/answer.js';
import { archiveName, attachment } from '../answers/attachment.js';
import { describeOriginal } from '../answers/original.js';
import { matchesEtag, requestedRange, requireMatch } from '../answers/range.js';
import { ownerOf } from '../guards/owner.js';
import { ARCHIVE_TYPE } from './compress.js';

/** `GET /v1/jobs/{id}/result`: the bytes, or one range of them. They never change, so their tag is strong. */
export function jobResult(jobs: JobService): RequestHandler {
  return async (req, res) => {
    const job = await jobs.find(String(req.params.id), ownerOf(req));
    const result = jobs.resultOf(job);
    const etag = `"${result.sha256}"`;
    requireMatch(req.get('if-match'), etag);
    // Private, because a job belongs to who made it; not to be used unasked, because it can be removed.
    res.setHeader('Cache-Control', 'private, no-cache');
    res.setHeader('ETag', etag);
    if (matchesEtag(req.get('if-none-match'), etag)) {
      res.status(304).end();
      return;
    }
    const range = req.method === 'GET' ? requestedRange(req.headers, result.size, etag) : undefined;
    const compress = job.task.operation === 'compress';
    const name = job.name ?? undefined;
    const digest = `sha-256=:${result.sha256}:`;
    res.setHeader('Accept-Ranges', 'bytes');
    if (compress) {
      res.setHeader('Content-Type', ARCHIVE_TYPE);
      res.setHeader('Content-Disposition', attachment(archiveName(name)));
    } else describeOriginal(res, result, name);
    res.setHeader('Ardm-Original-Size', compress ? job.input.size : result.size);
    res.setHeader('Ardm-Compressed-Size', compress ? result.size : job.input.size);
    if (result.model !== null) res.setHeader('Ardm-Model', result.model);
    if (result.calls !== null) res.setHeader('Ardm-Calls', result.calls);
    // Of all bytes; Content-Digest is of those that are sent (RFC 9530), which is the same unless it is a part.
    res.setHeader('Repr-Digest', digest);
    if (range) {
      res.status(206);
      res.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${result.size}`);
    } else res.setHeader('Content-Digest', digest);
    const length = range ? range.end - range.start + 1 : result.size;
    res.setHeader('Content-Length', length);
    if (req.method === 'HEAD') res.end();
    else await sendStream(res, await jobs.read(result, range), length);
  };
}
