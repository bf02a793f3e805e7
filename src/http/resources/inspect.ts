import { type RequestHandler, Router } from 'express';
import type { RequestClasses } from '../guards/request-classes.js';
import type { CompressionCodec } from '../ports.js';
import { refuseQuery } from '../query.js';
import { contextOf } from '../request-context.js';
import { route } from '../route.js';
import { archiveUpload } from '../uploads/archive-upload.js';
import { declaredLength, type UploadOptions, withUpload } from '../uploads/upload.js';

export interface InspectOptions {
  readonly codec: CompressionCodec;
  readonly classes: RequestClasses;
  /** Limits of originals; archives get a little more. */
  readonly upload: UploadOptions;
}

/** `POST /v1/inspect` */
export function inspectResource(options: InspectOptions): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'post', '/v1/inspect', refuseQuery(), inspect(options));
  return router;
}

function inspect({ codec, classes, upload }: InspectOptions): RequestHandler {
  const limits = archiveUpload(upload);
  return async (req, res) => {
    classes.refuseIfFull(declaredLength(req));
    const { signal } = contextOf(req);
    await withUpload(req, res, limits, async ({ spool, size }) => {
      const info = await classes.forWork(size).run(signal, async () => codec.inspect(await spool.read()));
      res.json(info);
    });
  };
}
