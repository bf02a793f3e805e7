import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { MOST_DICTIONARY_BYTES } from '../codec/dictionary.js';
import type { CallsOption, CodecModel } from '../codec/models.js';
import { readPcm, readPixels } from '../codec/said.js';
import { DEFAULT_SAMPLE_PIXELS, MOST_SAMPLE_BYTES, MOST_SAMPLE_PIXELS, MOST_SAMPLE_SIDE } from '../codec/sample.js';
import type { Extent } from '../containers/types.js';
import type { ArdmError } from '../errors.js';
import { POSITION, type Task } from '../jobs/job.js';
import type { PageRange } from '../jobs/queue.js';
import {
  ConfirmationNeededError,
  InvalidCallsError,
  InvalidDetailError,
  InvalidDictionaryRequestError,
  InvalidFramingError,
  InvalidKeepError,
  InvalidOperationError,
  InvalidPageError,
  InvalidPcmError,
  InvalidPixelsError,
  InvalidSampleError,
  RepeatedParameterError,
  UnknownParameterError,
} from './errors.js';
import type { Fields } from './uploads/multipart.js';

export const MAX_CALLS = 1_024;
/** Bytes of a dictionary where nobody says how many. */
export const DEFAULT_DICTIONARY_BYTES = 16_384;
export const PRESETS = ['fast', 'balanced', 'small'] as const;

/** Plain digits: no sign, fraction, exponent, leading zero or space. */
const callsSchema = z.union([
  z.enum(PRESETS),
  z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(MAX_CALLS)),
]);

/** What a text says, if `read` understands it. */
const readBy = <T>(read: (text: string) => T | undefined) =>
  z.string().transform((text, { addIssue }): T => {
    const found = read(text);
    if (found !== undefined) return found;
    addIssue('It is written otherwise.');
    return z.NEVER;
  });

/** Width, height and channels of a picture's samples. */
const pixelsSchema = readBy(readPixels);

/** Format, channels and frames a second of sound's samples. */
const pcmSchema = readBy(readPcm);

export const compressQuerySchema = z.strictObject({
  calls: callsSchema.default('balanced'),
  /** Whether there is such a model is for the codec to say. */
  model: z.string().default('auto'),
  /** What of the file the archive is to keep besides its bytes. */
  keep: z.literal('name').optional(),
  /** Whether the caller has such a dictionary is for the store to say. */
  dictionary: z.string().optional(),
  /** Whether the file has so many bytes is for the codec to say. */
  pixels: pixelsSchema.optional(),
  /** Whether the file is whole frames is for the codec to say. */
  pcm: pcmSchema.optional(),
});

const framingSchema = z.enum(['archive', 'bare']).default('archive');
const compressFramedSchema = compressQuerySchema.extend({ framing: framingSchema, calls: callsSchema.optional() });
/** All that makes bare frames, and is said again to read them. */
const batchSchema = z.strictObject({
  calls: callsSchema.optional(),
  model: z.string().optional(),
  dictionary: z.string().optional(),
});
/** Of an archive, only where the dictionary is may be said. */
const decompressQuerySchema = batchSchema.extend({ framing: framingSchema });

const estimateSchema = compressQuerySchema.omit({ keep: true }).extend({ detail: z.literal('bytes').optional() });

export const MOST_SEED = 2 ** 32 - 1;
export const DEFAULT_SAMPLE_BYTES = 512;

const sampleSchema = z.strictObject({
  calls: callsSchema.default('balanced'),
  seed: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,9})$/)
    .transform(Number)
    .pipe(z.int().max(MOST_SEED))
    .default(0),
  length: z
    .string()
    .regex(/^[1-9][0-9]{0,4}$/)
    .transform(Number)
    .pipe(z.int().max(MOST_SAMPLE_BYTES))
    .optional(),
  pixels: pixelsSchema
    .refine(({ width, height }) => Math.max(width, height) <= MOST_SAMPLE_SIDE && width * height <= MOST_SAMPLE_PIXELS)
    .optional(),
});

const INVALID_SAMPLE = new InvalidSampleError({
  bytes: MOST_SAMPLE_BYTES,
  pixels: MOST_SAMPLE_PIXELS,
  side: MOST_SAMPLE_SIDE,
  seed: MOST_SEED,
});

const dictionarySchema = z.strictObject({
  size: z
    .string()
    .regex(/^[1-9][0-9]{0,5}$/)
    .transform(Number)
    .pipe(z.int().max(MOST_DICTIONARY_BYTES))
    .default(DEFAULT_DICTIONARY_BYTES),
  split: z.enum(['auto', 'json', 'lines', 'none']).default('auto'),
  model: z.string().default('auto'),
});

const confirmSchema = z.strictObject({ confirm: z.literal('true') });
const putSchema = z.strictObject({ model: z.string().default('auto') });

const compressJobSchema = compressQuerySchema.extend({ operation: z.literal('compress') });
const decompressJobSchema = z.strictObject({ operation: z.literal('decompress'), dictionary: z.string().optional() });

export const MAX_PAGE = 100;
export const DEFAULT_PAGE = 20;

const pageSchema = z.strictObject({
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/)
    .transform(Number)
    .pipe(z.int().max(MAX_PAGE))
    .default(DEFAULT_PAGE),
  after: z.string().regex(POSITION).optional(),
});

const noQuerySchema = z.strictObject({});

/** Parameters that a form may have as fields. */
export const COMPRESS_PARAMETERS = Object.keys(compressFramedSchema.shape);
export const DECOMPRESS_PARAMETERS = Object.keys(decompressQuerySchema.shape);
export const BATCH_PARAMETERS = Object.keys(batchSchema.shape);
export const ESTIMATE_PARAMETERS = Object.keys(estimateSchema.shape);
export const DICTIONARY_PARAMETERS = Object.keys(dictionarySchema.shape);
export const JOB_PARAMETERS = Object.keys(compressJobSchema.shape);

const NO_FIELDS: Fields = new Map();

export interface CompressQuery {
  /** Left out where nobody said it. */
  readonly calls?: CallsOption | undefined;
  readonly model: string;
  readonly keep?: 'name' | undefined;
  readonly dictionary?: string | undefined;
  readonly pixels?: z.output<typeof pixelsSchema> | undefined;
  readonly pcm?: z.output<typeof pcmSchema> | undefined;
  readonly framing: Framing;
}

export interface SampleQuery {
  readonly calls: CallsOption;
  readonly seed: number;
  readonly length: number;
  readonly pixels: Extent;
}

export type Framing = 'archive' | 'bare';
export type DecompressQuery = z.output<typeof decompressQuerySchema>;
export type DictionaryQuery = z.output<typeof dictionarySchema>;

/**
 * @param fields of the request's form, if it has one and it was read.
 * @throws InvalidCallsError, InvalidKeepError, InvalidPixelsError, InvalidPcmError, InvalidFramingError, UnknownParameterError, RepeatedParameterError
 */
export function compressQuery(req: Request, fields = NO_FIELDS): CompressQuery {
  const query = onlyOne(parse(compressFramedSchema, parametersOf(req, fields)));
  if (query.framing === 'bare' && query.keep) {
    throw new InvalidFramingError('A bare frame keeps no name. Leave keep or framing=bare out.');
  }
  if (query.framing === 'bare' && query.pixels) {
    throw new InvalidFramingError('A bare frame holds bytes, and no picture. Leave pixels or framing=bare out.');
  }
  if (query.framing === 'bare' && query.pcm) {
    throw new InvalidFramingError('A bare frame holds bytes, and no sound. Leave pcm or framing=bare out.');
  }
  return query;
}

/** Samples are of a picture or of sound. @throws InvalidPcmError */
function onlyOne<T extends { readonly pixels?: unknown; readonly pcm?: unknown }>(query: T): T {
  if (query.pixels && query.pcm)
    throw new InvalidPcmError(
      'pixels says that the file is a picture, and pcm that it is sound. Leave one of them out.',
    );
  return query;
}

/**
 * @param fields as for `compressQuery`.
 * @throws InvalidCallsError, InvalidFramingError, UnknownParameterError, RepeatedParameterError
 */
export function decompressQuery(req: Request, fields = NO_FIELDS): DecompressQuery {
  const query = parse(decompressQuerySchema, parametersOf(req, fields));
  if (query.framing === 'archive' && (query.model ?? query.calls) !== undefined) {
    throw new InvalidFramingError(
      'An archive says itself which model and calls it needs. Leave them out, or ask for framing=bare.',
    );
  }
  return query;
}

/** @throws InvalidCallsError, UnknownParameterError, RepeatedParameterError */
export function batchQuery(req: Request, fields = NO_FIELDS): z.output<typeof batchSchema> {
  return parse(batchSchema, parametersOf(req, fields));
}

/**
 * @param fields as for `compressQuery`.
 * @throws InvalidCallsError, InvalidDetailError, InvalidPixelsError, InvalidPcmError, UnknownParameterError, RepeatedParameterError
 */
export function estimateQuery(req: Request, fields = NO_FIELDS): z.output<typeof estimateSchema> {
  return onlyOne(parse(estimateSchema, parametersOf(req, fields)));
}

/** @param content what the model is of. @throws InvalidCallsError, InvalidSampleError, UnknownParameterError, RepeatedParameterError */
export function sampleQuery(req: Request, content: CodecModel['kind']['content']): SampleQuery {
  const { length, pixels, ...others } = parse(sampleSchema, req.query);
  if (content === 'bytes' ? pixels : length) throw INVALID_SAMPLE;
  return { ...others, length: length ?? DEFAULT_SAMPLE_BYTES, pixels: pixels ?? DEFAULT_SAMPLE_PIXELS };
}

/** @throws InvalidDictionaryRequestError, UnknownParameterError, RepeatedParameterError */
export function dictionaryQuery(req: Request, fields = NO_FIELDS): DictionaryQuery {
  return parse(
    dictionarySchema,
    parametersOf(req, fields),
    () => new InvalidDictionaryRequestError(MOST_DICTIONARY_BYTES),
  );
}

/** Whether the caller has confirmed a removal. @throws ConfirmationNeededError, UnknownParameterError, RepeatedParameterError */
export function requireConfirmation(req: Request): void {
  parse(confirmSchema, req.query, () => new ConfirmationNeededError());
}

/** The model that a dictionary is put back for. @throws UnknownParameterError, RepeatedParameterError */
export function putQuery(req: Request): { readonly model: string } {
  return parse(putSchema, req.query);
}

/**
 * @param fields as for `compressQuery`.
 * @throws InvalidOperationError, InvalidCallsError, InvalidKeepError, InvalidPixelsError, InvalidPcmError, UnknownParameterError, RepeatedParameterError
 */
export function jobQuery(req: Request, fields = NO_FIELDS): Task {
  const parameters = parametersOf(req, fields);
  const { operation } = parameters;
  if (operation === 'decompress') return parse(decompressJobSchema, parameters);
  if (operation !== 'compress' && !Array.isArray(operation)) throw new InvalidOperationError();
  return onlyOne(parse(compressJobSchema, parameters));
}

/** @throws InvalidPageError, UnknownParameterError, RepeatedParameterError */
export function pageQuery(req: Request): PageRange {
  const { limit, after } = parse(pageSchema, req.query, () => new InvalidPageError(MAX_PAGE));
  return { limit, after };
}

/** For resources that take no parameters. */
export function refuseQuery(): RequestHandler {
  return (req, _res, next) => {
    parse(noQuerySchema, req.query);
    next();
  };
}

type Parameters = Readonly<Record<string, unknown>>;

/** @throws RepeatedParameterError */
function parametersOf(req: Request, fields: Fields): Parameters {
  for (const name of fields.keys()) if (name in req.query) throw new RepeatedParameterError(name);
  return { ...req.query, ...Object.fromEntries(fields) };
}

/** @param invalid the error of a value that cannot be. */
function parse<T>(
  schema: z.ZodObject & z.ZodType<T>,
  parameters: Parameters,
  invalid: () => ArdmError = () => new InvalidCallsError(),
): T {
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  const known = Object.keys(schema.shape);
  for (const issue of result.error.issues) {
    if (issue.code === 'unrecognized_keys') throw new UnknownParameterError(issue.keys, known);
    const name = String(issue.path[0]);
    if (Array.isArray(parameters[name])) throw new RepeatedParameterError(name);
    if (name === 'keep') throw new InvalidKeepError();
    if (name === 'pixels') throw 'seed' in schema.shape ? INVALID_SAMPLE : new InvalidPixelsError();
    if (name === 'pcm') throw new InvalidPcmError();
    if (name === 'detail') throw new InvalidDetailError();
    if (name === 'seed' || name === 'length') throw INVALID_SAMPLE;
    if (name === 'framing') throw new InvalidFramingError('framing can be archive or bare.');
  }
  throw invalid();
}
