import { type RequestHandler, Router } from 'express';
import { MOST_DICTIONARY_BYTES } from '../../codec/dictionary.js';
import { codedWith } from '../../codec/inspect.js';
import type { DictionaryService } from '../../dictionaries/service.js';
import { prepareAnswer, sendAnswer } from '../answers/answer.js';
import { describeOriginal } from '../answers/original.js';
import { dictionariesFor, dictionaryUsed } from '../dictionary-of.js';
import { frameSetting } from '../frame-setting.js';
import type { RequestClasses } from '../guards/request-classes.js';
import type { HttpObserver } from '../observer.js';
import type { CompressionCodec } from '../ports.js';
import { DECOMPRESS_PARAMETERS, decompressQuery } from '../query.js';
import { contextOf } from '../request-context.js';
import { route } from '../route.js';
import { archiveUpload, withArchive } from '../uploads/archive-upload.js';
import { declaredLength, type UploadOptions, withUpload } from '../uploads/upload.js';

export interface DecompressOptions {
  readonly codec: CompressionCodec;
  readonly dictionaries: DictionaryService;
  readonly classes: RequestClasses;
  /** Limits of originals; archives get a little more. */
  readonly upload: UploadOptions;
  readonly observer: HttpObserver;
}

/** `POST /v1/decompress` */
export function decompressResource(options: DecompressOptions): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'post', '/v1/decompress', decompress(options));
  return router;
}

function decompress({ codec, dictionaries, classes, upload, observer }: DecompressOptions): RequestHandler {
  const limits = {
    ...archiveUpload(upload),
    parameters: DECOMPRESS_PARAMETERS,
    dictionaryBytes: MOST_DICTIONARY_BYTES,
  };
  return async (req, res) => {
    // Before the archive is asked for, and again when its form has said the rest.
    await dictionaryUsed(req, dictionaries, decompressQuery(req).dictionary);
    classes.refuseIfFull(declaredLength(req));
    const { signal } = contextOf(req);
    const came = performance.now();
    await withUpload(req, res, limits, async (received) => {
      const said = decompressQuery(req, received.fields);
      const used = await dictionaryUsed(req, dictionaries, said.dictionary, received.dictionary);
      observer.spent('upload', (performance.now() - came) / 1_000);
      const prepare = async (original: Uint8Array) => {
        const answered = performance.now();
        const prepared = await prepareAnswer(original, received.spool);
        observer.spent('answer', (performance.now() - answered) / 1_000);
        return prepared;
      };
      const unframe = async () => {
        const setting = { ...frameSetting(codec, said, used), dictionary: used?.dictionary, signal };
        return await classes.forWork(received.size).run(signal, async () => ({
          ...(await prepare(await codec.frames.decompress(await received.spool.read(), setting))),
          kept: {},
          model: setting.model.id,
        }));
      };
      const unpack = () =>
        withArchive(received, { codec, classes, signal }, async (archive) => {
          const original = await codec.decompress(archive, {
            dictionaries: dictionariesFor(req, dictionaries, used),
            signal,
          });
          const { segments, ...kept } = codec.inspect(archive);
          return { ...(await prepare(original)), kept, model: codedWith(segments) };
        });
      const answer = await (said.framing === 'bare' ? unframe() : unpack());
      const { model, size } = answer;
      observer.coded({ operation: 'decompress', model, inputBytes: received.size, outputBytes: size });
      describeOriginal(res, answer.kept, received.described.name);
      res.setHeader('Ardm-Original-Size', size);
      res.setHeader('Ardm-Compressed-Size', received.size);
      await sendAnswer(res, answer, received.spool);
    });
  };
}
