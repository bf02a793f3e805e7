import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { free } from '../ardm/free.js';
import type { Rows } from '../ardm/network.js';
import { UnreadableModelError } from '../onnx/errors.js';
import { type Graph, parseOnnx } from '../onnx/read.js';
import { layersInBytes } from './byte-products.js';
import { type ContextGraph, contextGraphOf, EMBEDDED } from './context-graph.js';
import { type ContextLayers, ContextNetwork, contextLayersOf } from './context-layers.js';
import { denseGraphOf } from './dense-graph.js';
import { layersInFloats } from './float-products.js';
import { type SharedTable, shareTable } from './look-up.js';
import { MOST_ROWS, Scheduler, type Task } from './scheduler.js';
import { type Products, type SessionSettings, sessionOptions } from './session-settings.js';
import { type SparseLayers, SparseNetwork, sparseLayersOf } from './sparse-layers.js';

/** The layers of a context model as an ONNX file. */
export interface Layers {
  readonly file: Uint8Array;
  readonly products: Products;
}

/** Layers in whole numbers, and the most rows of a call that are computed faster so; infinitely many where all calls are. */
export interface WholeLayers {
  readonly layers: ContextLayers;
  readonly upTo: number;
}

/** A context model's graph as the CPU computes it. Plain data: threads share the table, and get a copy of the layers. */
export interface PreparedContext {
  readonly table: SharedTable;
  /** The layers in whole numbers, where any call is computed faster so on this machine. */
  readonly whole?: WholeLayers | undefined;
  /** In the order in which they are to be tried: the fastest on this machine first. No bit depends on it. */
  readonly layers: readonly Layers[];
}

/** A graph that is layers alone, in whole numbers, which are faster so on this machine. */
export interface PreparedLayers {
  readonly sparse: SparseLayers;
}

export type PreparedGraph = PreparedContext | PreparedLayers;

/** Calls that are timed of each way, in turn, and the rows of those that choose among ONNX Runtime's. */
const TIMED_CALLS = 5;
const TIMED_ROWS = 32;
/** Rows of calls, from few to as many as are made, at which whole numbers may still be faster. */
const ROWS_IN_TURN = [2, 4, 6, 8, 12, 16, 24, 32, 64];
/** Milliseconds, at most, in which a WebAssembly program is called until it is compiled well. */
const WARM_UP_MS = 30;
/** Of as many times a call's time whole numbers are still the better choice: among the other work of a request, promises and arrays cost more than here. */
const FAVOUR = 1.2;
/** Rows of a graph that is layers alone: one in so many inputs is not 128, which stands for 0, as around a pixel. */
const TIMED_LAYER_ROWS = 256;
const TIMED_PART = 2;

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
  const sessions = await openAll(layers, settings);
  try {
    const times = await timeInTurn(sessions.map(({ session }) => callOf(session, context.width, TIMED_ROWS)));
    const sorted = sessions.map((one, i) => ({ ...one, time: times[i] as number })).sort((a, b) => a.time - b.time);
    const upTo = whole ? await fasterUpTo(whole, sorted[0]?.session, context.width) : 0;
    return { table, ...(whole && upTo > 0 && { whole: { layers: whole, upTo } }), layers: sorted.map(({ of }) => of) };
  } finally {
    for (const { session } of sessions) await session.release();
  }
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
  const [ofSparse = 0, ofFloats = 0] = await timeInTurn([
    () => network.compute(rows, TIMED_LAYER_ROWS),
    () => session.run(feeds),
  ]);
  await session.release();
  return ofSparse < ofFloats;
}

interface Opened {
  readonly of: Layers;
  readonly session: InferenceSession;
}

/** Layers that do not open are left out. */
async function openAll(layers: readonly Layers[], settings: SessionSettings): Promise<Opened[]> {
  const opened: Opened[] = [];
  for (const of of layers) {
    try {
      opened.push({ of, session: await InferenceSession.create(of.file, sessionOptions(settings)) });
    } catch {
      // This ONNX Runtime lacks an operator.
    }
  }
  return opened;
}

function callOf(session: InferenceSession, width: number, rows: number): () => Promise<unknown> {
  const embedded = new Tensor('uint8', new Uint8Array(rows * width).fill(1), [rows, width]);
  return () => session.run({ [EMBEDDED]: embedded });
}

/** Calls as a decoder waits for them: by way of the scheduler, with arrays of their own. All of that is spared where whole numbers are computed at once. */
function scheduled(session: InferenceSession, width: number): (rows: number) => Promise<void> {
  const predict = async (_: readonly Rows[], rows: number): Promise<Float32Array> => {
    const embedded = new Uint8Array(rows * width).fill(1);
    const [output] = Object.values(await session.run({ [EMBEDDED]: new Tensor('uint8', embedded, [rows, width]) }));
    free(embedded);
    if (!(output?.data instanceof Float32Array)) throw new TypeError('layers have one output of floats');
    return output.data;
  };
  const scheduler = new Scheduler(MOST_ROWS, () => undefined);
  const task: Task = { short: true, signal: { aborted: false } };
  const predictor = scheduler.predictor({ inputs: [], predict }, task);
  return async (rows) => free(await predictor.predict([], rows));
}

/**
 * The most rows of a call that are computed faster in whole numbers. ONNX Runtime takes less for a row, above all on processors with dot
 * products of bytes (VNNI), and more for a call.
 *
 * @param session what it is compared with; where there is none, whole numbers are all there is.
 */
async function fasterUpTo(whole: ContextLayers, session: InferenceSession | undefined, width: number): Promise<number> {
  if (!session) return Number.POSITIVE_INFINITY;
  const network = new ContextNetwork(whole);
  const started = performance.now();
  while (performance.now() - started < WARM_UP_MS) {
    network.compute(TIMED_ROWS);
    // What was compiled in the background is used from the next turn on.
    await setImmediate();
  }
  const call = scheduled(session, width);
  const won: boolean[] = [];
  for (const rows of ROWS_IN_TURN) {
    const [inWhole = 0, inSession = 0] = await timeInTurn([() => network.compute(rows), () => call(rows)]);
    won.push(inWhole < FAVOUR * inSession);
    // One may be chance: something else ran beside.
    if (!won.at(-1) && !(won.at(-2) ?? true)) break;
  }
  const last = won.lastIndexOf(true);
  return last === ROWS_IN_TURN.length - 1 ? Number.POSITIVE_INFINITY : (ROWS_IN_TURN[last] ?? 0);
}

/**
 * Times calls. Which kind of products a processor is quick at (dot products of bytes are up to four times as fast as floats, where it has them), ONNX
 * Runtime does not say.
 *
 * @returns milliseconds of the best of each, the first left out, which is slower.
 */
async function timeInTurn(calls: readonly (() => unknown)[]): Promise<number[]> {
  const best = calls.map(() => Number.POSITIVE_INFINITY);
  for (let turn = 0; turn <= TIMED_CALLS; turn++) {
    for (const [i, call] of calls.entries()) {
      const started = performance.now();
      await call();
      if (turn > 0) best[i] = Math.min(best[i] as number, performance.now() - started);
    }
  }
  return best;
}
