import { z } from 'zod';
import { BLOCK_LENGTH } from '../ardm/order.js';

/** What `Ardm-Model` and `model=` say of archives that name no model. */
const RESERVED_IDS: ReadonlySet<string> = new Set(['auto', 'brotli', 'stored', 'mixed']);

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hexadecimal');
const calls = z.int().min(1).max(BLOCK_LENGTH);

const knownAnswer = z.object({
  rows: z.int().min(1).max(65536),
  seed: z.int().min(1).max(0xffffffff),
  digest: hash,
});

/** Whole numbers that fp32 and int16 hold. */
const bound = z
  .int()
  .min(-(2 ** 15))
  .max(2 ** 15 - 1);
const row = z.array(z.int().min(1).max(65536)).min(1).max(4);
const tensorName = z.string().min(1);

const graphSchema = z.object({
  file: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}\.onnx$/, 'must be the name of an .onnx file of the folder'),
  inputs: z
    .array(
      z.object({
        name: tensorName,
        type: z.enum(['int32', 'uint8', 'float32']),
        shape: row,
        lowest: bound,
        highest: bound,
      }),
    )
    .min(1),
  output: z.object({ name: tensorName, shape: row, lowest: bound, highest: bound }),
  knownAnswer,
});

/** Hashed into a model's identity besides its graphs. */
export const CODING = 'coding.json';
const ONLY_GRAPH = 'model.onnx';

/** Files of a model whose graphs are these, in the order in which their hashes make its identity. */
export function filesOf({ graphs }: { readonly graphs?: readonly { readonly file: string }[] | undefined }): string[] {
  return [...(graphs?.map(({ file }) => file) ?? [ONLY_GRAPH]), CODING];
}

/**
 * manifest.json. Keys that this version does not know are dropped: they cannot decide a bit.
 *
 * @param kinds the kinds of model that may be named, and what their rates and blocks are counted in.
 */
export function manifestSchema(kinds: Readonly<Record<string, { readonly units: string }>>) {
  return z
    .object({
      id: z
        .string()
        .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'must be lower-case letters, digits, dots and hyphens, at most 63')
        .refine((id) => !RESERVED_IDS.has(id), 'is a reserved word'),
      kind: z.literal(Object.keys(kinds)),
      units: z.literal(Object.values(kinds).map(({ units }) => units)),
      identity: hash,
      files: z.record(z.string(), hash),
      /** Of the only graph, where its shape follows from coding.json. */
      knownAnswer: knownAnswer.optional(),
      graphs: z.array(graphSchema).min(1).max(8).optional(),
      rate: z.array(z.object({ calls, bitsPerByte: z.number().positive() })),
      presets: z.object({ fast: calls, balanced: calls, small: calls }),
      // The API's default; a model cannot have another.
      default: z.literal('balanced'),
      trainedOn: z.string(),
    })
    .refine(({ kind, units }) => kinds[kind]?.units === units, { path: ['units'], message: "must be the kind's" })
    .refine(({ graphs, knownAnswer: only }) => (graphs === undefined) !== (only === undefined), {
      path: ['knownAnswer'],
      message: 'must be there, or else graphs, each with its own',
    })
    .refine((manifest) => filesOf(manifest).sort().join() === Object.keys(manifest.files).sort().join(), {
      path: ['files'],
      message: 'must be the hashes of its graphs and of coding.json',
    });
}

export type Manifest = z.infer<ReturnType<typeof manifestSchema>>;
export type KnownAnswer = z.infer<typeof knownAnswer>;
