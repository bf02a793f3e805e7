import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import type { CallsOption } from '../codec/models.js';
import type { ArdmError } from '../errors.js';
import { POSITION, type Task } from '../jobs/job.js';
import type { PageRange } from '../jobs/queue.js';
import {
  InvalidCallsError,
  InvalidKeepError,
  InvalidOperationError,
  InvalidPageError,
  RepeatedParameterError,
  UnknownParameterError,
} from './errors.js';
import type { Fields } from './uploads/multipart.js';

export const MAX_CALLS = 1_024;
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

export const compressQuerySchema = z.strictObject({
  calls: callsSchema.default('balanced'),
  /** Whether there is such a model is for the codec to say. */
  model: z.string().default('auto'),
  /** What of the file the archive is to keep besides its bytes. */
  keep: z.literal('name').optional(),
});

const compressJobSchema = compressQuerySchema.extend({ operation: z.literal('compress') });
const decompressJobSchema = z.strictObject({ operation: z.literal('decompress') });

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
export const COMPRESS_PARAMETERS = Object.keys(compressQuerySchema.shape);
export const JOB_PARAMETERS = Object.keys(compressJobSchema.shape);

const NO_FIELDS: Fields = new Map();

export interface CompressQuery {
  readonly calls: CallsOption;
  readonly model: string;
  readonly keep?: 'name' | undefined;
}

/**
 * @param fields of the request's form, if it has one and it was read.
 * @throws InvalidCallsError, InvalidKeepError, UnknownParameterError, RepeatedParameterError
 */
export function compressQuery(req: Request, fields = NO_FIELDS): CompressQuery {
  return parse(compressQuerySchema, parametersOf(req, fields));
}

/**
 * @param fields as for `compressQuery`.
 * @throws InvalidOperationError, InvalidCallsError, InvalidKeepError, UnknownParameterError, RepeatedParameterError
 */
export function jobQuery(req: Request, fields = NO_FIELDS): Task {
  const parameters = parametersOf(req, fields);
  const { operation } = parameters;
  if (operation === 'decompress') return parse(decompressJobSchema, parameters);
  if (operation !== 'compress' && !Array.isArray(operation)) throw new InvalidOperationError();
  return parse(compressJobSchema, parameters);
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
  }
  throw invalid();
}
