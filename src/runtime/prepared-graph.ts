import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { UnreadableModelError } from '../onnx/errors.js';
import { parseOnnx } from '../onnx/read.js';
import { layersInBytes } from './byte-products.js';
import { type ContextGraph, contextGraphOf, EMBEDDED } from './context-graph.js';
import { layersInFloats } from './float-products.js';
import { type SharedTable, shareTable } from './look-up.js';
import { type Products, type SessionSettings, sessionOptions } from './session-settings.js';

/** The layers of a context model as an ONNX file. */
export interface Layers {
  readonly file: Uint8Array;
  readonly products: Products;
}

/** A context model's graph as the CPU computes it. Plain data: threads share the table, and get a copy of the layers. */
export interface PreparedGraph {
  readonly table: SharedTable;
  /** In the order in which they are to be tried: the fastest on this machine first. No bit depends on it. */
  readonly layers: readonly Layers[];
}

/** Calls of each kind of products that are timed in turn, and their rows. */
const TIMED_CALLS = 5;
const TIMED_ROWS = 32;

/**
 * Takes a model's file apart, for the CPU.
 *
 * @returns undefined where it is no context model, or no model, which opening it will tell.
 */
export async function prepareGraph(path: string, settings: SessionSettings): Promise<PreparedGraph | undefined> {
  const context = await readContextGraph(path);
  if (!context) return undefined;
  const { products } = settings;
  const inBytes = products === 'floats' ? undefined : layersInBytes(context);
  // Told to use bytes, it does; where it cannot, floats are what is left.
  const inFloats = products === 'bytes' && inBytes ? undefined : layersInFloats(context);
  const layers: Layers[] = [];
  if (inBytes) layers.push({ file: inBytes, products: 'bytes' });
  if (inFloats) layers.push({ file: inFloats, products: 'floats' });
  return { table: shareTable(context), layers: await fastestFirst(layers, context.width, settings) };
}

async function readContextGraph(path: string): Promise<ContextGraph | undefined> {
  try {
    return contextGraphOf(parseOnnx(await readFile(path)));
  } catch (error) {
    if (error instanceof UnreadableModelError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}

/**
 * Processors with dot products of bytes (VNNI) compute in bytes up to four times as fast as in floats; those without take up to twice as
 * long. ONNX Runtime does not say which it has, so it is measured. Layers that do not open are left out.
 */
async function fastestFirst(layers: readonly Layers[], width: number, settings: SessionSettings): Promise<Layers[]> {
  if (layers.length < 2) return [...layers];
  const timed: { readonly of: Layers; readonly session: InferenceSession; best: number }[] = [];
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
  return timed.sort((a, b) => a.best - b.best).map(({ of }) => of);
}
