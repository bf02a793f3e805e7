import { readFileSync } from 'node:fs';
import type { DenseGraph, LayerConstants } from './dense-graph.js';
import { LayerChain, type LayerExports, Room } from './layer-chain.js';

/** What `assembly/sparse-layers.ts` exports. */
interface Exports extends LayerExports {
  take(floats: number, rows: number, width: number, stride: number, offset: number, out: number): void;
}

/** A layer in whole numbers: clip((x w + b) >> shift, low, high). Plain data, which threads get a copy of. */
export interface SparseLayer {
  /** Of a row, with what fills it up. */
  readonly inputs: number;
  readonly outputs: number;
  /** Of each block of outputs, for each input, so many. */
  readonly weights: Int16Array;
  readonly bias: Int32Array;
  readonly shift: number;
  readonly low: number;
  readonly high: number;
}

/** A network in whole numbers. */
export interface SparseLayers {
  /** Elements of a row of the input and of the output. */
  readonly width: number;
  readonly outputs: number;
  readonly layers: readonly SparseLayer[];
}

/** Inputs of a row, and outputs, come in whole groups of so many. */
const GROUP = 8;
const BLOCK = 32;
/** What inputs are counted from: most of them are this, which stands for 0. */
const OFFSET = 128;
/** Bounds of what an input of the first layer may be; of int16, of int32. */
export const HIGHEST_INPUT = 255;
const INT16 = 2 ** 15;
const INT32 = 2 ** 31;
/** Products are shifted by at most so much. */
const MOST_SHIFT = 24;
/** Bytes of weights of an input in a block: their places are uint16. */
const MOST_INPUTS = 2 ** 16 / (2 * BLOCK);
/** Rows that go through all layers together. */
const ROWS = 64;

const compiled = new WebAssembly.Module(readFileSync(new URL('./sparse-layers.wasm', import.meta.url)));

/**
 * The layers of a network in whole numbers: the same that they compute in floats, where no sum is ever rounded (`sparse-layers.md`).
 *
 * @param dense its inputs are whole numbers, 0..`HIGHEST_INPUT`. @param counted what they are counted from in `dense`, where the program counts from 128.
 * @returns undefined where a constant is not whole in a unit that is a power of
 *   two, or a bound does not hold.
 */
export function sparseLayersOf(
  { width, layers }: Pick<DenseGraph, 'width' | 'layers'>,
  { counted } = { counted: OFFSET },
): SparseLayers | undefined {
  const found: SparseLayer[] = [];
  let most = Math.max(OFFSET, HIGHEST_INPUT - OFFSET);
  let inputs = width;
  for (const [i, layer] of layers.entries()) {
    // A layer reads rows as the one before writes them.
    const filled = found.at(-1)?.outputs ?? GROUP * Math.ceil(width / GROUP);
    const sparse = sparseLayer(layer, inputs, filled, i === 0 ? counted : 0, most);
    if (!sparse) return undefined;
    found.push(sparse);
    inputs = layer.bias.dims[0] ?? 0;
    most = Math.max(Math.abs(sparse.low), Math.abs(sparse.high));
  }
  return { width, outputs: inputs, layers: found };
}

/**
 * @param rows of its weights. @param inputs the same, with what fills a row of its inputs up. @param offset what they are counted from.
 * @param most the largest of their magnitudes then.
 */
function sparseLayer(
  constants: LayerConstants,
  rows: number,
  inputs: number,
  offset: number,
  most: number,
): SparseLayer | undefined {
  const [weights, bias, lows, highs] = [constants.weights, constants.bias, constants.low, constants.high].map(
    ({ values }) => (values instanceof Float32Array ? values : undefined),
  );
  const columns = bias?.length ?? 0;
  const [low = Number.NaN, high = Number.NaN] = [lows?.[0], highs?.[0]];
  if (!weights || !bias || weights.length !== rows * columns || inputs > MOST_INPUTS) return undefined;
  if (!(Number.isInteger(low) && Number.isInteger(high) && low >= -INT16 && high < INT16 && low <= high))
    return undefined;
  const shift = shiftOf([weights, bias]);
  if (shift === undefined) return undefined;
  const outputs = BLOCK * Math.ceil(columns / BLOCK);
  const layer = {
    inputs,
    outputs,
    weights: new Int16Array(inputs * outputs),
    bias: new Int32Array(outputs),
    shift,
    low,
    high,
  };
  for (let column = 0; column < columns; column++) {
    let constant = (bias[column] as number) * 2 ** shift;
    let reach = 0;
    for (let row = 0; row < rows; row++) {
      const weight = (weights[row * columns + column] as number) * 2 ** shift;
      if (Math.abs(weight) >= INT16) return undefined;
      constant += offset * weight;
      reach += most * Math.abs(weight);
      const block = Math.floor(column / BLOCK);
      layer.weights[(block * inputs + row) * BLOCK + (column % BLOCK)] = weight;
    }
    if (reach + Math.abs(constant) >= INT32) return undefined;
    layer.bias[column] = constant;
  }
  return layer;
}

/** The least shift that makes all values whole; undefined where there is none. */
function shiftOf(all: readonly Float32Array[]): number | undefined {
  let shift = 0;
  for (const values of all) {
    for (const value of values) {
      while (!Number.isInteger(value * 2 ** shift)) if (++shift > MOST_SHIFT) return undefined;
    }
  }
  return shift;
}

/** Computes a network in whole numbers, in one thread. */
export class SparseNetwork {
  private readonly exports: Exports;
  private readonly chain: LayerChain;
  private readonly floats: number;
  private readonly lists: number;

  constructor(private readonly network: SparseLayers) {
    // The program is our own, built with this file: tests hold its exports to this.
    this.exports = new WebAssembly.Instance(compiled, {}).exports as unknown as Exports;
    const { layers, width, outputs } = network;
    const room = new Room(this.exports);
    this.chain = new LayerChain(this.exports, layers, ROWS, room);
    this.lists = room.take(ROWS * (4 * this.chain.widest + 32));
    this.floats = room.take(4 * Math.max(ROWS * width, ROWS * outputs) + 64);
    room.grow();
    this.chain.fill();
  }

  /** @param rows of `width` whole numbers, 0..255. @returns so many rows of outputs. */
  compute(rows: Float32Array, count: number): Float32Array {
    const { width, outputs } = this.network;
    const all = new Float32Array(count * outputs);
    for (let row = 0; row < count; row += ROWS) {
      const some = Math.min(ROWS, count - row);
      const part = this.part(rows.subarray(row * width, (row + some) * width), some);
      all.set(part, row * outputs);
    }
    return all;
  }

  private part(rows: Float32Array, count: number): Float32Array {
    const { layers, width, outputs } = this.network;
    const { buffer } = this.exports.memory;
    new Float32Array(buffer, this.floats, rows.length).set(rows);
    this.exports.take(this.floats, count, width, layers[0]?.inputs ?? 0, OFFSET, this.chain.input);
    this.exports.give(this.chain.run(count, this.lists), count, this.chain.outputs, outputs, this.floats);
    return new Float32Array(buffer, this.floats, count * outputs);
  }
}
