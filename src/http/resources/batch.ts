import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type RequestHandler, Router } from 'express';
import { inScope } from '../../codec/abandon.js';
import { mapLimited } from '../../codec/map-limited.js';
import type { DictionaryService } from '../../dictionaries/service.js';
import { ArdmError } from '../../errors.js';
import { type Outcome, recordsOf, written } from '../batch.js';
import { dictionaryUsed } from '../dictionary-of.js';
import { frameSetting } from '../frame-setting.js';
import type { RequestClasses } from '../guards/request-classes.js';
import type { HttpObserver } from '../observer.js';
import type { CompressionCodec } from '../ports.js';
import { BATCH_PARAMETERS, batchQuery } from '../query.js';
import { contextOf } from '../request-context.js';
import { route } from '../route.js';
import { archiveUpload } from '../uploads/archive-upload.js';
import { declaredLength, type UploadOptions, withUpload } from '../uploads/upload.js';
import { BYTES_TYPE } from './compress.js';

export interface BatchOptions {
  readonly codec: CompressionCodec;
  readonly dictionaries: DictionaryService;
  readonly classes: RequestClasses;
  readonly upload: UploadOptions;
  readonly observer: HttpObserver;
}

/** Records that are coded at a time, and whose answers are kept until those before them are sent. */
const AT_ONCE = 16;
const WINDOW = 128;

/** `POST /v1/batch/compress` and `POST /v1/batch/decompress`: records into bare frames, and back. */
export function batchResource(options: BatchOptions): Router {
  const router = Router({ strict: true, caseSensitive: true });
  route(router, 'post', '/v1/batch/compress', batch(options, 'compress', options.upload));
  route(router, 'post', '/v1/batch/decompress', batch(options, 'decompress', archiveUpload(options.upload)));
  return router;
}

function batch(
  { codec, dictionaries, classes, observer }: BatchOptions,
  operation: 'compress' | 'decompress',
  upload: UploadOptions,
): RequestHandler {
  const limits = { ...upload, parameters: BATCH_PARAMETERS };
  return async (req, res) => {
    await dictionaryUsed(req, dictionaries, batchQuery(req).dictionary);
    classes.refuseIfFull(declaredLength(req));
    const { signal } = contextOf(req);
    await withUpload(req, res, limits, async ({ spool, size, fields }) => {
      const said = batchQuery(req, fields);
      const used = await dictionaryUsed(req, dictionaries, said.dictionary);
      const setting = { ...frameSetting(codec, said, used), dictionary: used?.dictionary };
      await classes.forWork(size).run(signal, async () => {
        const records = recordsOf(await spool.read());
        let outputBytes = 0;
        const outcomes = async function* (): AsyncIterable<Uint8Array> {
          for (let first = 0; first < records.length; first += WINDOW) {
            const window = records.slice(first, first + WINDOW);
            // Each record listens to the scope.
            const coded = await inScope(signal, (scope) =>
              mapLimited(AT_ONCE, scope, window, (record) =>
                outcomeOf(() => codec.frames[operation](record, { ...setting, signal: scope })),
              ),
            );
            const bytes = Buffer.concat(coded.map(written));
            outputBytes += bytes.length;
            yield bytes;
          }
        };
        res.setHeader('Content-Type', BYTES_TYPE);
        res.setHeader('Ardm-Model', setting.model.id);
        await pipeline(Readable.from(outcomes(), { objectMode: false }), res);
        observer.coded({ operation, model: setting.model.id, inputBytes: size, outputBytes });
      });
    });
  };
}

/** One record that cannot be coded is told of alone; what stops all of them is thrown. */
async function outcomeOf(code: () => Promise<Uint8Array>): Promise<Outcome> {
  try {
    return { bytes: await code() };
  } catch (error) {
    if (error instanceof ArdmError && error.status < 500) return { code: error.code };
    throw error;
  }
}
