import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import type { CallsOption } from '../codec/models.js';
import type { Task } from '../jobs/job.js';
import {
  InvalidCallsError,
  InvalidKeepError,
  InvalidOperationError,
  RepeatedParameterError,
  UnknownParameterError,
} from './errors.js';

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

const noQuerySchema = z.strictObject({});

export interface CompressQuery {
  readonly calls: CallsOption;
  readonly model: string;
  readonly keep?: 'name' | undefined;
}

/** @throws InvalidCallsError, InvalidKeepError, UnknownParameterError, RepeatedParameterError */
export function compressQuery(req: Request): CompressQuery {
  return parse(compressQuerySchema, req);
}

/** @throws InvalidOperationError, InvalidCallsError, InvalidKeepError, UnknownParameterError, RepeatedParameterError */
export function jobQuery(req: Request): Task {
  const { operation } = req.query;
  if (operation === 'decompress') return parse(decompressJobSchema, req);
  if (operation !== 'compress' && !Array.isArray(operation)) throw new InvalidOperationError();
  return parse(compressJobSchema, req);
}

/** For resources that take no parameters. */
export function refuseQuery(): RequestHandler {
  return (req, _res, next) => {
    parse(noQuerySchema, req);
    next();
  };
}

function parse<T>(schema: z.ZodObject & z.ZodType<T>, req: Request): T {
  const result = schema.safeParse(req.query);
  if (result.success) return result.data;
  const known = Object.keys(schema.shape);
  for (const issue of result.error.issues) {
    if (issue.code === 'unrecognized_keys') throw new UnknownParameterError(issue.keys, known);
    const name = String(issue.path[0]);
    if (Array.isArray(req.query[name])) throw new RepeatedParameterError(name);
    if (name === 'keep') throw new InvalidKeepError();
  }
  throw new InvalidCallsError();
}
