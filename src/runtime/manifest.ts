import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { BLOCK_LENGTH, SEGMENT_BLOCK } from '../ardm/order.js';
import type { Coding } from '../bytes/coding.js';
import { CONTEXT_VALUES, CONTEXTS } from '../bytes/contexts.js';
import { HISTORY_STATES, MATCH_SETS, OTHER_INPUTS } from '../mixing/parameters.js';
import { InvalidManifestError, ModelFileMismatchError } from './errors.js';

/** What `Ardm-Model` and `model=` say of archives that name no model. */
const RESERVED_IDS: ReadonlySet<string> = new Set(['auto', 'brotli', 'stored', 'mixed']);

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hexadecimal');
const calls = z.int().min(1).max(BLOCK_LENGTH);

/** manifest.json. Keys that this version does not know are dropped: they cannot decide a bit. */
const manifestSchema = z.object({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'must be lower-case letters, digits, dots and hyphens, at most 63')
    .refine((id) => !RESERVED_IDS.has(id), 'is a reserved word'),
  kind: z.literal('context'),
  units: z.literal('byte'),
  identity: hash,
  files: z.object({ 'model.onnx': hash, 'coding.json': hash }),
  knownAnswer: z.object({
    rows: z.int().min(1).max(65536),
    seed: z.int().min(1).max(0xffffffff),
    digest: hash,
  }),
  rate: z.array(z.object({ calls, bitsPerByte: z.number().positive() })),
  presets: z.object({ fast: calls, balanced: calls, small: calls }),
  // The API's default; a model cannot have another.
  default: z.literal('balanced'),
  trainedOn: z.string(),
});

const columnSchema = z.strictObject({
  context: z.enum(CONTEXTS),
  bits: z.int().min(1).max(24),
  offset: z.int().min(0),
});

const probability = z
  .int()
  .min(0)
  .max(2 ** 22 - 1);
const seen = z.int().min(0).max(255);
const weight = z
  .int()
  .min(-(2 ** 22))
  .max(2 ** 22);

/** `mixing` of coding.json: the shapes and ranges that `src/mixing` relies on. */
const mixingSchema = z
  .strictObject({
    contexts: z.array(z.enum(CONTEXT_VALUES)).min(1).max(32),
    rate: z.int().min(1).max(64),
    history: z.array(z.array(probability).length(HISTORY_STATES)),
    historySeen: z.array(z.array(seen).length(HISTORY_STATES)),
    match: z.array(probability).length(MATCH_SETS - 1),
    matchSeen: z.array(seen).length(MATCH_SETS - 1),
    weights: z.tuple([z.array(z.array(weight)).length(256), z.array(z.array(weight)).length(MATCH_SETS)]),
    final: z.array(z.array(weight).length(2)).length(256),
  })
  .refine(({ contexts, history, historySeen }) => [history, historySeen].every((h) => h.length === contexts.length), {
    path: ['history'],
    message: 'must have one row per context',
  })
  .refine(({ contexts, weights }) => weights.flat().every((set) => set.length === contexts.length + OTHER_INPUTS), {
    path: ['weights'],
    message: `must have ${OTHER_INPUTS} more entries a set than there are contexts`,
  });

/** coding.json. An unknown key may decide bits, so it is refused. */
const codingSchema = z
  .strictObject({
    blockLength: z.literal([BLOCK_LENGTH, SEGMENT_BLOCK]),
    columns: z.array(columnSchema).min(1),
    // What FrequencyTable needs, so that a model is refused when it is loaded and not when it first codes.
    logitWeights: z
      .array(z.int().min(0).max(65536))
      .min(1)
      .max(2048)
      .refine(([first]) => first === 65536, 'the first must be 65536')
      .refine((weights) => weights.every((weight, i) => weight <= (weights[i - 1] ?? weight)), 'must never rise'),
    randomOrderLoss: z.array(z.int().min(0)).min(1),
    mixing: mixingSchema.optional(),
  })
  .refine(({ columns }) => columns.every((column, i) => column.offset === rowsBefore(columns, i)), {
    path: ['columns'],
    message: "each column's rows must start where those of the one before end",
  });

export type Manifest = z.infer<typeof manifestSchema>;
export type KnownAnswer = Manifest['knownAnswer'];

/** A model whose files were found to be the ones its manifest names. */
export interface Model {
  readonly id: string;
  /** SHA-256 over the hashes of model.onnx and coding.json, 32 bytes. */
  readonly identity: Uint8Array;
  /** The first two bytes of the identity: the model's name in archives. */
  readonly shortId: Uint8Array;
  readonly presets: Manifest['presets'];
  readonly manifest: Manifest;
  readonly coding: Coding;
  readonly folder: string;
  readonly onnxPath: string;
  /** Length of model.onnx in bytes. */
  readonly onnxSize: number;
}

/**
 * Reads one model folder and checks every hash in its manifest.
 *
 * @throws InvalidManifestError, ModelFileMismatchError
 */
export async function loadModel(folder: string): Promise<Model> {
  const manifestPath = join(folder, 'manifest.json');
  const manifest = parse(manifestSchema, await readText(manifestPath), manifestPath);
  if (manifest.id !== basename(folder)) {
    throw new InvalidManifestError(manifestPath, `id is ${manifest.id}, but the folder is named ${basename(folder)}`);
  }
  const onnxPath = join(folder, 'model.onnx');
  const codingPath = join(folder, 'coding.json');
  const onnx = await checkHash(onnxPath, manifest.files['model.onnx']);
  const tables = await checkHash(codingPath, manifest.files['coding.json']);
  const identity = createHash('sha256').update(onnx.digest).update(tables.digest).digest();
  if (identity.toString('hex') !== manifest.identity) {
    throw new ModelFileMismatchError(manifestPath, 'identity is not the hash of the two file hashes');
  }
  return {
    id: manifest.id,
    identity: Uint8Array.from(identity),
    shortId: Uint8Array.from(identity.subarray(0, 2)),
    presets: manifest.presets,
    manifest,
    coding: parse(codingSchema, await readText(codingPath), codingPath),
    folder,
    onnxPath,
    onnxSize: onnx.size,
  };
}

function rowsBefore(columns: readonly { bits: number }[], index: number): number {
  return columns.slice(0, index).reduce((rows, column) => rows + 2 ** column.bits, 0);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new InvalidManifestError(path, 'the file cannot be read', { cause: error });
  }
}

function parse<T>(schema: z.ZodType<T>, text: string, path: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidManifestError(path, 'it is not JSON', { cause: error });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`);
  throw new InvalidManifestError(path, faults.join('; '), { cause: result.error });
}

/** Streams the file: a model is too large to be held in memory for its hash alone. */
async function checkHash(path: string, expected: string): Promise<{ digest: Uint8Array; size: number }> {
  const sha256 = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      sha256.update(chunk);
      size += chunk.length;
    }
  } catch (error) {
    throw new ModelFileMismatchError(path, 'the file cannot be read', { cause: error });
  }
  const digest = sha256.digest();
  if (digest.toString('hex') !== expected) {
    throw new ModelFileMismatchError(path, 'its SHA-256 is not the one in manifest.json');
  }
  return { digest, size };
}
