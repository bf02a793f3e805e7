import { type Request, type RequestHandler, Router } from 'express';
import { ModelNotFoundError } from '../../codec/errors.js';
import { prepareAnswer, sendAnswer } from '../answers/answer.js';
import { archiveName, attachment } from '../answers/attachment.js';
import type { RequestClasses } from '../guards/request-classes.js';
import type { HttpObserver } from '../observer.js';
import type { CompressionCodec, ModelDescription } from '../ports.js';
import { COMPRESS_PARAMETERS, type CompressQuery, compressQuery } from '../query.js';
import { contextOf } from '../request-context.js';
import { route } from '../route.js';
import { describedByHeaders, keptOf } from '../uploads/kept.js';
import type { Fields } from '../uploads/multipart.js';
import { declaredLength, type UploadOptions, withUpload } from '../uploads/upload.js';

export const ARCHIVE_TYPE = 'application/vnd.ardm';

export interface CompressOptions {
  readonly codec: CompressionCodec;
  readonly models: readonly ModelDescription[];
  readonly classes: RequestClasses;
  readonly upload: UploadOptions;
  readonly observer: HttpObserver;
}

/** `POST /v1/compress` */
export function compressResource(options: CompressOptions): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'post', '/v1/compress', compress(options));
  return router;
}

function compress({ codec, models, classes, upload, observer }: CompressOptions): RequestHandler {
  const ids = models.map((model) => model.id);
  const limits = { ...upload, parameters: COMPRESS_PARAMETERS };
  const wanted = (req: Request, fields?: Fields): CompressQuery => {
    const query = compressQuery(req, fields);
    if (query.model !== 'auto' && !ids.includes(query.model)) {
      throw new ModelNotFoundError(query.model.slice(0, 64), ids);
    }
    return query;
  };
  return async (req, res) => {
    // Before the file is asked for, and again when its form has said the rest.
    if (wanted(req).keep) keptOf(describedByHeaders(req));
    classes.refuseIfFull(declaredLength(req));
    const { signal } = contextOf(req);
    const came = performance.now();
    await withUpload(req, res, limits, async ({ spool, size, described, fields }) => {
      const { calls, model, keep } = wanted(req, fields);
      const kept = keep && keptOf({ ...describedByHeaders(req), ...described });
      observer.spent('upload', (performance.now() - came) / 1_000);
      const { answer, coded } = await classes.forWork(size).run(signal, async () => {
        const { archive, ...coded } = await codec.compress(await spool.read(), {
          calls,
          model,
          ...(kept && { keep: kept }),
          signal,
        });
        const answered = performance.now();
        const answer = await prepareAnswer(archive, spool);
        observer.spent('answer', (performance.now() - answered) / 1_000);
        return { answer, coded };
      });
      observer.coded({ operation: 'compress', inputBytes: size, outputBytes: answer.size });
      res.setHeader('Content-Type', req.accepts([ARCHIVE_TYPE, 'application/octet-stream']) || ARCHIVE_TYPE);
      res.setHeader('Content-Disposition', attachment(archiveName(kept?.name ?? described.name)));
      res.setHeader('Ardm-Model', coded.model);
      if (coded.calls !== null) res.setHeader('Ardm-Calls', coded.calls);
      res.setHeader('Ardm-Original-Size', size);
      res.setHeader('Ardm-Compressed-Size', answer.size);
      await sendAnswer(res, answer, spool);
    });
  };
}
