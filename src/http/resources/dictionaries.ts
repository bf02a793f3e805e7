import { buffer } from 'node:stream/consumers';
import { type RequestHandler, Router } from 'express';
import { dictionaryOf, MOST_DICTIONARY_BYTES } from '../../codec/dictionary.js';
import { DictionaryMismatchError } from '../../dictionaries/errors.js';
import type { Gains } from '../../dictionaries/make.js';
import { splitSamples } from '../../dictionaries/samples.js';
import type { DictionaryService } from '../../dictionaries/service.js';
import type { KeptDictionary } from '../../dictionaries/store.js';
import { attachment } from '../answers/attachment.js';
import { ownerOf } from '../guards/owner.js';
import type { RequestClasses } from '../guards/request-classes.js';
import { DICTIONARY_PARAMETERS, dictionaryQuery, putQuery, refuseQuery, requireConfirmation } from '../query.js';
import { contextOf } from '../request-context.js';
import { resource } from '../route.js';
import { declaredLength, isForm, streamUpload, type UploadOptions } from '../uploads/upload.js';
import { BYTES_TYPE } from './compress.js';

export interface DictionariesOptions {
  readonly dictionaries: DictionaryService;
  readonly classes: RequestClasses;
  readonly upload: UploadOptions;
  /** Most bytes of the samples of one dictionary. */
  readonly maxSamplesBytes: number;
}

/** Dictionaries: made, shown, put back and removed. */
export function dictionariesResource(options: DictionariesOptions): Router {
  const { dictionaries } = options;
  const router = Router({ strict: true, caseSensitive: true });
  resource(router, '/v1/dictionaries', { get: [refuseQuery(), list(dictionaries)], post: [make(options)] });
  resource(router, '/v1/dictionaries/:id', {
    get: [refuseQuery(), show(dictionaries)],
    put: [put(options)],
    delete: [remove(dictionaries)],
  });
  resource(router, '/v1/dictionaries/:id/content', { get: [refuseQuery(), content(dictionaries)] });
  return router;
}

function make({ dictionaries, classes, upload, maxSamplesBytes }: DictionariesOptions): RequestHandler {
  const limits = {
    ...upload,
    maxBytes: maxSamplesBytes,
    parameters: DICTIONARY_PARAMETERS,
    samples: 'sample',
  };
  return async (req, res) => {
    dictionaryQuery(req);
    classes.refuseIfFull(declaredLength(req));
    const { signal } = contextOf(req);
    const parts: Uint8Array[] = [];
    const { fields } = await streamUpload(req, res, limits, async (part) => {
      parts.push(await buffer(part));
    });
    const { size, split, model } = dictionaryQuery(req, fields);
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    const made = await classes.forWork(bytes).run(signal, async () => {
      const samples = isForm(req) ? parts : splitSamples(parts[0] ?? new Uint8Array(0), split);
      return await dictionaries.make(ownerOf(req), samples, { size, model, signal });
    });
    res.status(201);
    res.setHeader('Location', `/v1/dictionaries/${made.dictionary.id}`);
    res.json({ ...viewOf(made), gains: gainsOf(made.gains) });
  };
}

function list(dictionaries: DictionaryService): RequestHandler {
  return async (req, res) => {
    res.json({ dictionaries: (await dictionaries.list(ownerOf(req))).map(viewOf) });
  };
}

function show(dictionaries: DictionaryService): RequestHandler {
  return async (req, res) => {
    res.json(viewOf(await dictionaries.get(ownerOf(req), String(req.params.id))));
  };
}

/** The backup: what `put` takes. */
function content(dictionaries: DictionaryService): RequestHandler {
  return async (req, res) => {
    const { dictionary } = await dictionaries.get(ownerOf(req), String(req.params.id));
    res.setHeader('Content-Type', BYTES_TYPE);
    res.setHeader('Content-Disposition', attachment(`${dictionary.id}.dictionary`));
    res.end(Buffer.from(dictionary.bytes));
  };
}

function put({ dictionaries, classes, upload }: DictionariesOptions): RequestHandler {
  const limits = { ...upload, maxBytes: MOST_DICTIONARY_BYTES };
  return async (req, res) => {
    const { model } = putQuery(req);
    classes.refuseIfFull(declaredLength(req));
    let bytes = new Uint8Array(0);
    await streamUpload(req, res, limits, async (file) => {
      bytes = await buffer(file);
    });
    const dictionary = dictionaryOf(bytes);
    const id = String(req.params.id);
    if (dictionary.id !== id) throw new DictionaryMismatchError(id, dictionary.id);
    res.json(viewOf(await dictionaries.put(ownerOf(req), dictionary, model)));
  };
}

function remove(dictionaries: DictionaryService): RequestHandler {
  return async (req, res) => {
    requireConfirmation(req);
    await dictionaries.remove(ownerOf(req), String(req.params.id));
    res.status(204).end();
  };
}

function viewOf({ dictionary: { id, bytes }, model, createdAt }: KeptDictionary): Record<string, unknown> {
  return { id, shortId: id.slice(0, 8), size: bytes.length, model, createdAt: new Date(createdAt).toISOString() };
}

function gainsOf(gains: Gains): Record<string, unknown> {
  return {
    samples: gains.samples,
    sampleBytes: gains.bytes,
    bytesWithout: gains.without,
    bytesWith: gains.with,
    bytesBrotli: gains.brotli,
    verdict: gains.verdict,
  };
}
