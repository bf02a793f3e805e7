import { type RequestHandler, Router } from 'express';
import { prepareAnswer, sendAnswer } from '../answers/answer.js';
import { describeOriginal } from '../answers/original.js';
import type { RequestClasses } from '../guards/request-classes.js';
import type { HttpObserver } from '../observer.js';
import type { CompressionCodec } from '../ports.js';
import { refuseQuery } from '../query.js';
import { contextOf } from '../request-context.js';
import { route } from '../route.js';
import { archiveUpload, withArchive } from '../uploads/archive-upload.js';
import { declaredLength, type UploadOptions, withUpload } from '../uploads/upload.js';

export interface DecompressOptions {
  readonly codec: CompressionCodec;
  readonly classes: RequestClasses;
  /** Limits of originals; archives get a little more. */
  readonly upload: UploadOptions;
  readonly observer: HttpObserver;
}

/** `POST /v1/decompress` */
export function decompressResource(options: DecompressOptions): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'post', '/v1/decompress', refuseQuery(), decompress(options));
  return router;
}

function decompress({ codec, classes, upload, observer }: DecompressOptions): RequestHandler {
  const limits = archiveUpload(upload);
  return async (req, res) => {
    classes.refuseIfFull(declaredLength(req));
    const { signal } = contextOf(req);
    const came = performance.now();
    await withUpload(req, res, limits, async (received) => {
      observer.spent('upload', (performance.now() - came) / 1_000);
      const answer = await withArchive(received, { codec, classes, signal }, async (archive) => {
        const original = await codec.decompress(archive, { signal });
        const answered = performance.now();
        const prepared = await prepareAnswer(original, received.spool);
        observer.spent('answer', (performance.now() - answered) / 1_000);
        return { ...prepared, kept: codec.inspect(archive) };
      });
      observer.coded({ operation: 'decompress', inputBytes: received.size, outputBytes: answer.size });
      describeOriginal(res, answer.kept, received.described.name);
      res.setHeader('Ardm-Original-Size', answer.size);
      res.setHeader('Ardm-Compressed-Size', received.size);
      await sendAnswer(res, answer, received.spool);
    });
  };
}
