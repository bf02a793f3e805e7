import { readFileSync } from 'node:fs';
import type { ContextGraph } from './context-graph.js';
import { LayerChain, type LayerExports, Room } from './layer-chain.js';
import { type SparseLayer, sparseLayersOf } from './sparse-layers.js';

/** What `assembly/dense-layers.ts` exports. */
interface Exports extends LayerExports {
  widen(bytes: number, rows: number, width: number, out: number): void;
}

/** The layers of a context model in whole numbers. Plain data, which threads get a copy of. */
export interface ContextLayers {
  /** Rows of a table, of 16 bytes each, that one row of the network is made of. */
  readonly columns: number;
  /** Elements of a row of the output. */
  readonly outputs: number;
  /** Their weights are those of 16 outputs, of pairs of inputs. */
  readonly layers: readonly SparseLayer[];
}

/** Bytes of a row of the table: the program takes so many at once. */
const ROW_BYTES = 16;
/** Outputs that are computed together; those of sparse layers come in blocks of so many. */
const BLOCK = 16;
const SPARSE_BLOCK = 32;
/** Rows that go through all layers together, at most. */
export const ROWS_AT_ONCE = 64;

const compiled = new WebAssembly.Module(readFileSync(new URL('./dense-layers.wasm', import.meta.url)));

/**
 * The layers of a context model in whole numbers.
 *
 * @returns undefined where the layers cannot be had in whole numbers (`sparse-layers.md`), or the table's rows are not of 16 bytes.
 */
export function contextLayersOf({ rowBytes, width, layers }: ContextGraph): ContextLayers | undefined {
  if (rowBytes !== ROW_BYTES) return undefined;
  // Bytes of the table are signed: what is looked up is less 128 again.
  const sparse = sparseLayersOf({ width, layers }, { counted: 0 });
  if (!sparse) return undefined;
  return { columns: width / rowBytes, outputs: sparse.outputs, layers: sparse.layers.map(inPairs) };
}

/** From blocks of 32 outputs, input by input, to blocks of 16, two inputs at a time. */
function inPairs(layer: SparseLayer): SparseLayer {
  const { inputs, outputs } = layer;
  const weights = new Int16Array(layer.weights.length);
  let to = 0;
  for (let block = 0; block < outputs; block += BLOCK) {
    const from = Math.floor(block / SPARSE_BLOCK) * inputs * SPARSE_BLOCK + (block % SPARSE_BLOCK);
    for (let input = 0; input < inputs; input += 2) {
      for (let output = 0; output < BLOCK; output++) {
        const at = from + input * SPARSE_BLOCK + output;
        weights[to++] = layer.weights[at] as number;
        weights[to++] = layer.weights[at + SPARSE_BLOCK] as number;
      }
    }
  }
  return { ...layer, weights };
}

/** Computes the layers of a context model in whole numbers, in one thread. */
export class ContextNetwork {
  private readonly exports: Exports;
  private readonly chain: LayerChain;
  private readonly floats: number;
  /** Where the bytes of up to 64 rows that were looked up go: `[64, columns * 16]`, each 128 more. */
  readonly found: Uint8Array;

  constructor(private readonly network: ContextLayers) {
    // The program is our own, built with this file: tests hold its exports to this.
    this.exports = new WebAssembly.Instance(compiled, {}).exports as unknown as Exports;
    const { columns, layers, outputs } = network;
    const room = new Room(this.exports);
    this.chain = new LayerChain(this.exports, layers, ROWS_AT_ONCE, room);
    const found = room.take(ROW_BYTES * ROWS_AT_ONCE * columns);
    this.floats = room.take(4 * ROWS_AT_ONCE * outputs + 64);
    room.grow();
    this.chain.fill();
    this.found = new Uint8Array(this.exports.memory.buffer, found, ROW_BYTES * ROWS_AT_ONCE * columns);
  }

  /** Of the first rows in `found`. @param count 1..64. @returns `[count, outputs]`, until the next call. */
  compute(count: number): Float32Array {
    const { columns, outputs } = this.network;
    this.exports.widen(this.found.byteOffset, count, columns * ROW_BYTES, this.chain.input);
    this.exports.give(this.chain.run(count), count, this.chain.outputs, outputs, this.floats);
    return new Float32Array(this.exports.memory.buffer, this.floats, count * outputs);
  }
}
