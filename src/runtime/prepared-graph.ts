import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { UnreadableModelError } from '../onnx/errors.js';
import { type Graph, parseOnnx } from '../onnx/read.js';
import { layersInBytes } from './byte-products.js';
import { type ContextGraph, contextGraphOf, EMBEDDED, OFFSET } from './context-graph.js';
import { type ContextLayers, ContextNetwork, contextLayersOf } from './context-layers.js';
import { denseGraphOf } from './dense-graph.js';
import { layersInFloats } from './float-products.js';
import { type SharedTable, shareTable } from './look-up.js';
import { type Products, type SessionSettings, sessionOptions } from './session-settings.js';
import { type SparseLayers, SparseNetwork, sparseLayersOf } from './sparse-layers.js';

/** The layers of a context model as an ONNX file. */
export interface Layers {
  readonly file: Uint8Array;
  readonly products: Products;
}

/** A context model's graph as the CPU computes it. Plain data: threads share the table, and get a copy of the layers. */
export interface PreparedContext {
  readonly table: SharedTable;
  /** The layers in whole numbers, where they are the fastest so on this machine. */
  readonly whole?: ContextLayers | undefined;
  /** In the order in which they are to be tried: the fastest on this machine first. No bit depends on it. */
  readonly layers: readonly Layers[];
}

/** A graph that is layers alone, in whole numbers, which are faster so on this machine. */
export interface PreparedLayers {
  readonly sparse: SparseLayers;
}

export type PreparedGraph = PreparedContext | PreparedLayers;

/** Calls of each kind of products that are timed in turn, and their rows. */
const TIMED_CALLS = 5;
const TIMED_ROWS = 32;
/** Rows of a graph that is layers alone: one in so many inputs is not 128, which stands for 0, as around a pixel. */
const TIMED_LAYER_ROWS = 256;
const TIMED_PART = 2;
/** A prime, by which numbers of rows are far apart. */
const SPREAD = 7_919;

/**
 * Takes a model's file apart, for the CPU.
 *
 * @returns undefined where it is best computed as it is, or no model, which opening it will tell.
 */
export async function prepareGraph(path: string, settings: SessionSettings): Promise<PreparedGraph | undefined> {
  const graph = await readGraph(path);
  const context = graph && contextGraphOf(graph);
  if (context) return await prepareContext(context, settings);
  const dense = graph && denseGraphOf(graph);
  const sparse = dense && settings.products !== 'floats' ? sparseLayersOf(dense) : undefined;
  if (!sparse) return undefined;
  return settings.products === 'bytes' || (await isFasterSparse(sparse, path, settings)) ? { sparse } : undefined;
}

async function prepareContext(context: ContextGraph, settings: SessionSettings): Promise<PreparedContext> {
  const { products } = settings;
  const inBytes = products === 'floats' ? undefined : layersInBytes(context);
  const whole = products === 'floats' ? undefined : contextLayersOf(context);
  // Told to use bytes, it does; where it cannot, floats are what is left.
  const inFloats = products === 'bytes' && inBytes ? undefined : layersInFloats(context);
  const layers: Layers[] = [];
  if (inBytes) layers.push({ file: inBytes, products: 'bytes' });
  if (inFloats) layers.push({ file: inFloats, products: 'floats' });
  const table = shareTable(context);
  if (layers.length < 2 && !whole) return { table, layers };
  const timed = await timeLayers(layers, context.width, settings);
  const fastest = Math.min(...timed.map(({ best }) => best));
  const isFastest = whole !== undefined && timeOf(whole, context) < fastest;
  return {
    table,
    ...(isFastest && { whole }),
    layers: timed.sort((a, b) => a.best - b.best).map(({ of }) => of),
  };
}

async function readGraph(path: string): Promise<Graph | undefined> {
  try {
    return parseOnnx(await readFile(path));
  } catch (error) {
    if (error instanceof UnreadableModelError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}

/** Whether whole numbers, of which zeros are left out, are computed faster than ONNX Runtime computes the graph as it is. */
async function isFasterSparse(sparse: SparseLayers, path: string, settings: SessionSettings): Promise<boolean> {
  const { width } = sparse;
  const network = new SparseNetwork(sparse);
  const rows = new Float32Array(TIMED_LAYER_ROWS * width).map((_, i) => (i % TIMED_PART === 0 ? (i * 31) % 256 : 128));
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(path, sessionOptions(settings));
  } catch {
    // Opening it will tell why.
    return false;
  }
  const feeds = { [session.inputNames[0] as string]: new Tensor('float32', rows, [TIMED_LAYER_ROWS, width]) };
  const best = { sparse: Number.POSITIVE_INFINITY, floats: Number.POSITIVE_INFINITY };
  for (let call = 0; call <= TIMED_CALLS; call++) {
    const started = performance.now();
    network.compute(rows, TIMED_LAYER_ROWS);
    const between = performance.now();
    await session.run(feeds);
    // The first call is slower.
    if (call === 0) continue;
    best.sparse = Math.min(best.sparse, between - started);
    best.floats = Math.min(best.floats, performance.now() - between);
  }
  await session.release();
  return best.sparse < best.floats;
}

/**
 * Processors with dot products of bytes (VNNI) compute in bytes up to four times as fast as in floats; those without take up to twice as
 * long. ONNX Runtime does not say which it has, so it is measured.
 *
 * @returns milliseconds of the best call of each. Layers that do not open are left out.
 */
async function timeLayers(layers: readonly Layers[], width: number, settings: SessionSettings): Promise<Timed[]> {
  const timed: (Timed & { readonly session: InferenceSession })[] = [];
  for (const of of layers) {
    try {
      const session = await InferenceSession.create(of.file, sessionOptions(settings));
      timed.push({ of, session, best: Number.POSITIVE_INFINITY });
    } catch {
      // This ONNX Runtime lacks an operator.
    }
  }
  const embedded = new Tensor('uint8', new Uint8Array(TIMED_ROWS * width).fill(1), [TIMED_ROWS, width]);
  for (let call = 0; call <= TIMED_CALLS; call++) {
    for (const one of timed) {
      const started = performance.now();
      await one.session.run({ [EMBEDDED]: embedded });
      // The first call is slower.
      if (call > 0) one.best = Math.min(one.best, performance.now() - started);
    }
  }
  for (const { session } of timed) await session.release();
  return timed;
}

interface Timed {
  readonly of: Layers;
  best: number;
}

/** Milliseconds of the best call in whole numbers, of rows half of whose contexts came before: fewer than of any text. */
function timeOf(whole: ContextLayers, { table, rowBytes }: ContextGraph): number {
  const network = new ContextNetwork(whole);
  const count = TIMED_ROWS * whole.columns;
  const rows = table.length / rowBytes;
  let best = Number.POSITIVE_INFINITY;
  for (let call = 0; call <= 2 * TIMED_CALLS; call++) {
    // Rows of the table as they are: what is computed depends on how large they are.
    const indices = new Int32Array(count).map(
      (_, i) => ((i % TIMED_PART === 0 ? i : call * count + i) * SPREAD) % rows,
    );
    const bytes = new Uint8Array(count * rowBytes);
    for (const [i, index] of indices.entries()) {
      for (let k = 0; k < rowBytes; k++) bytes[i * rowBytes + k] = (table[index * rowBytes + k] as number) + OFFSET;
    }
    const started = performance.now();
    network.compute(indices, bytes, TIMED_ROWS);
    // The first calls are slower, and keep what comes again.
    if (call > TIMED_CALLS) best = Math.min(best, performance.now() - started);
  }
  return best;
}
