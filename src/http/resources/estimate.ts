import { type Request, type RequestHandler, Router } from 'express';
import { MOST_DICTIONARY_BYTES } from '../../codec/dictionary.js';
import type { DictionaryService } from '../../dictionaries/service.js';
import { dictionaryUsed } from '../dictionary-of.js';
import type { RequestClasses } from '../guards/request-classes.js';
import type { CompressionCodec } from '../ports.js';
import { ESTIMATE_PARAMETERS, estimateQuery } from '../query.js';
import { contextOf } from '../request-context.js';
import { route } from '../route.js';
import type { Fields } from '../uploads/multipart.js';
import { declaredLength, type UploadOptions, withUpload } from '../uploads/upload.js';

export interface EstimateResourceOptions {
  readonly codec: CompressionCodec;
  readonly dictionaries: DictionaryService;
  readonly classes: RequestClasses;
  readonly upload: UploadOptions;
}

/** `POST /v1/estimate` */
export function estimateResource(options: EstimateResourceOptions): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'post', '/v1/estimate', estimate(options));
  return router;
}

function estimate({ codec, dictionaries, classes, upload }: EstimateResourceOptions): RequestHandler {
  const limits = { ...upload, parameters: ESTIMATE_PARAMETERS, dictionaryBytes: MOST_DICTIONARY_BYTES };
  const wanted = (req: Request, fields?: Fields): ReturnType<typeof estimateQuery> => {
    const query = estimateQuery(req, fields);
    codec.modelOf(query.model);
    return query;
  };
  return async (req, res) => {
    // Before the file is asked for, and again when its form has said the rest.
    const asked = wanted(req);
    await dictionaryUsed(req, dictionaries, asked.dictionary);
    classes.refuseIfFull(declaredLength(req));
    const { signal } = contextOf(req);
    await withUpload(req, res, limits, async ({ spool, size, fields, dictionary: content }) => {
      const { calls, model, detail, dictionary: id, pixels, pcm } = wanted(req, fields);
      const dictionary = (await dictionaryUsed(req, dictionaries, id, content))?.dictionary;
      const options = { calls, model, dictionary, pixels, pcm, detail: detail === 'bytes', signal };
      res.json(await classes.forWork(size).run(signal, async () => await codec.estimate(await spool.read(), options)));
    });
  };
}
