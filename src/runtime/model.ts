import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ZodError } from 'zod';
import type { Kind, KindOfModel } from '../ardm/kind.js';
import type { GraphShape } from '../ardm/network.js';
import { InvalidManifestError, ModelFileMismatchError } from './errors.js';
import { CODING, filesOf, type KnownAnswer, type Manifest, manifestSchema } from './manifest.js';

/** The kinds of model that a program knows, by name. */
export type Kinds = Readonly<Record<string, Kind>>;

/** One graph of a model: where it is, what goes in and out, and how it proves itself. Plain data. */
export interface ModelGraph {
  readonly path: string;
  readonly shape: GraphShape;
  readonly knownAnswer: KnownAnswer;
}

/** A model whose files were found to be the ones its manifest names. */
export interface Model {
  readonly id: string;
  /** SHA-256 over the hashes of its graphs, in their order, and of coding.json; 32 bytes. */
  readonly identity: Uint8Array;
  /** The first two bytes of the identity: the model's name in archives. */
  readonly shortId: Uint8Array;
  readonly presets: Manifest['presets'];
  readonly manifest: Manifest;
  readonly kind: Kind;
  /** The content of coding.json, in which its kind found no fault. */
  readonly coding: unknown;
  readonly graphs: readonly ModelGraph[];
  /** Positions of its blocks, where a segment has several. */
  readonly blockLength?: number;
  readonly folder: string;
  /** Bytes of the graphs' files. */
  readonly size: number;
}

/**
 * Reads one model folder and checks every hash in its manifest.
 *
 * @throws InvalidManifestError, ModelFileMismatchError
 */
export async function loadModel(folder: string, kinds: Kinds): Promise<Model> {
  const model = await readModel(folder, kinds);
  await checkGraphs(model);
  return model;
}

/**
 * The same without its graphs, which are large: before anything is believed that they have computed, `checkGraphs` must have found them to
 * be those of the manifest.
 *
 * @throws InvalidManifestError, ModelFileMismatchError
 */
export async function readModel(folder: string, kinds: Kinds): Promise<Model> {
  const manifestPath = join(folder, 'manifest.json');
  const json = await readJson(manifestPath);
  const manifest = valid(manifestPath, () => manifestSchema(kinds).parse(json));
  if (manifest.id !== basename(folder)) {
    throw new InvalidManifestError(manifestPath, `id is ${manifest.id}, but the folder is named ${basename(folder)}`);
  }
  const kind = kinds[manifest.kind] as Kind;
  const identity = identityOf(manifest, manifestPath);
  const codingPath = join(folder, CODING);
  await checkHash(codingPath, manifest.files[CODING] as string);
  const coding = await readJson(codingPath);
  const opened = valid(codingPath, () => kind.open(coding));
  return {
    id: manifest.id,
    identity: Uint8Array.from(identity),
    shortId: Uint8Array.from(identity.subarray(0, 2)),
    presets: manifest.presets,
    manifest,
    kind,
    coding,
    graphs: graphsOf(manifest, opened, folder),
    ...(opened.blockLength !== undefined && { blockLength: opened.blockLength }),
    folder,
    size: await sizeOf(graphFilesOf(manifest).map((name) => join(folder, name))),
  };
}

/** Compares every graph with its hash. @throws ModelFileMismatchError */
export async function checkGraphs({ folder, manifest }: Model): Promise<void> {
  for (const name of graphFilesOf(manifest)) await checkHash(join(folder, name), manifest.files[name] as string);
}

function graphFilesOf(manifest: Manifest): string[] {
  return filesOf(manifest).filter((name) => name !== CODING);
}

function identityOf(manifest: Manifest, manifestPath: string): Buffer {
  const sha256 = createHash('sha256');
  for (const name of filesOf(manifest)) sha256.update(Buffer.from(manifest.files[name] as string, 'hex'));
  const identity = sha256.digest();
  if (identity.toString('hex') === manifest.identity) return identity;
  throw new ModelFileMismatchError(manifestPath, "identity is not the hash of the files' hashes");
}

async function sizeOf(paths: readonly string[]): Promise<number> {
  let size = 0;
  for (const path of paths) size += (await read(path, () => stat(path))).size;
  return size;
}

function graphsOf(manifest: Manifest, { graphs }: KindOfModel, folder: string): ModelGraph[] {
  if (!manifest.graphs) {
    const knownAnswer = manifest.knownAnswer as KnownAnswer;
    return (graphs ?? []).map((shape, i) => ({
      path: join(folder, filesOf(manifest)[i] as string),
      shape,
      knownAnswer,
    }));
  }
  return manifest.graphs.map(({ file, inputs, output, knownAnswer }) => ({
    path: join(folder, file),
    shape: {
      inputs: inputs.map(({ name, type, shape, ...range }) => ({ name, type, shape, ranges: [range] })),
      output,
    },
    knownAnswer,
  }));
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new InvalidManifestError(path, 'the file cannot be read', { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidManifestError(path, 'it is not JSON', { cause: error });
  }
}

/** What `read` finds wrong with a file, as an error of the file. */
function valid<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const faults = error.issues.map((issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`);
    throw new InvalidManifestError(path, faults.join('; '), { cause: error });
  }
}

/** Streams the file: a model is too large to be held in memory for its hash alone. */
async function checkHash(path: string, expected: string): Promise<void> {
  const sha256 = createHash('sha256');
  await read(path, async () => {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) sha256.update(chunk);
  });
  if (sha256.digest('hex') !== expected) {
    throw new ModelFileMismatchError(path, 'its SHA-256 is not the one in manifest.json');
  }
}

async function read<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ModelFileMismatchError(path, 'the file cannot be read', { cause: error });
  }
}
