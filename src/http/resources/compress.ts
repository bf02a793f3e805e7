import { type Request, type RequestHandler, Router } from 'express';
import { MOST_DICTIONARY_BYTES } from '../../codec/dictionary.js';
import { ModelNotFoundError } from '../../codec/errors.js';
import type { DictionaryService } from '../../dictionaries/service.js';
import { prepareAnswer, sendAnswer } from '../answers/answer.js';
import { archiveName, attachment } from '../answers/attachment.js';
import { dictionaryUsed } from '../dictionary-of.js';
import { frameSetting } from '../frame-setting.js';
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
/** Of what is no archive: bare frames, contents of dictionaries. */
export const BYTES_TYPE = 'application/octet-stream';

export interface CompressOptions {
  readonly codec: CompressionCodec;
  readonly models: readonly ModelDescription[];
  readonly dictionaries: DictionaryService;
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

function compress({ codec, models, dictionaries, classes, upload, observer }: CompressOptions): RequestHandler {
  const ids = models.map((model) => model.id);
  const limits = { ...upload, parameters: COMPRESS_PARAMETERS, dictionaryBytes: MOST_DICTIONARY_BYTES };
  const wanted = (req: Request, fields?: Fields): CompressQuery => {
    const query = compressQuery(req, fields);
    if (query.model !== 'auto' && !ids.includes(query.model)) {
      throw new ModelNotFoundError(query.model.slice(0, 64), ids);
    }
    return query;
  };
  return async (req, res) => {
    // Before the file is asked for, and again when its form has said the rest.
    const asked = wanted(req);
    if (asked.keep) keptOf(describedByHeaders(req));
    await dictionaryUsed(req, dictionaries, asked.dictionary);
    classes.refuseIfFull(declaredLength(req));
    const { signal } = contextOf(req);
    const came = performance.now();
    await withUpload(req, res, limits, async ({ spool, size, described, fields, dictionary: content }) => {
      const said = wanted(req, fields);
      const kept = said.keep && keptOf({ ...describedByHeaders(req), ...described });
      const used = await dictionaryUsed(req, dictionaries, said.dictionary, content);
      const dictionary = used?.dictionary;
      const bare = said.framing === 'bare' ? frameSetting(codec, said, used) : undefined;
      observer.spent('upload', (performance.now() - came) / 1_000);
      const { answer, coded } = await classes.forWork(size).run(signal, async () => {
        const file = await spool.read();
        const calls = said.calls ?? 'balanced';
        const { model, pixels, pcm } = said;
        const options = { calls, model, ...(kept && { keep: kept }), dictionary, pixels, pcm, signal };
        const { archive, ...coded } = bare
          ? {
              archive: await codec.frames.compress(file, { ...bare, dictionary, signal }),
              model: bare.model.id,
              calls: null,
            }
          : await codec.compress(file, options);
        const answered = performance.now();
        const answer = await prepareAnswer(archive, spool);
        observer.spent('answer', (performance.now() - answered) / 1_000);
        return { answer, coded };
      });
      observer.coded({ operation: 'compress', model: coded.model, inputBytes: size, outputBytes: answer.size });
      if (bare) res.setHeader('Content-Type', BYTES_TYPE);
      else {
        res.setHeader('Content-Type', req.accepts([ARCHIVE_TYPE, BYTES_TYPE]) || ARCHIVE_TYPE);
        res.setHeader('Content-Disposition', attachment(archiveName(kept?.name ?? described.name)));
      }
      res.setHeader('Ardm-Model', coded.model);
      if (coded.calls !== null) res.setHeader('Ardm-Calls', coded.calls);
      res.setHeader('Ardm-Original-Size', size);
      res.setHeader('Ardm-Compressed-Size', answer.size);
      await sendAnswer(res, answer, spool);
    });
  };
}
