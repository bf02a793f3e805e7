import { readFileSync } from 'node:fs';
import type { ContextGraph } from './context-graph.js';
import { LayerChain, type LayerExports, Room } from './layer-chain.js';
import { type SparseLayer, sparseLayersOf } from './sparse-layers.js';

/** What `assembly/context-layers.ts` exports. */
interface Exports extends LayerExports {
  firstLayer(
    indices: number,
    bytes: number,
    rows: number,
    columns: number,
    weights: number,
    bias: number,
    outputs: number,
    shift: number,
    low: number,
    high: number,
    out: number,
    tags: number,
    marks: number,
    kept: number,
    bits: number,
    seen: number,
    seenBits: number,
    sums: number,
    found: number,
    group: number,
  ): void;
}

/** The layers of a context model in whole numbers. Plain data, which threads get a copy of. */
export interface ContextLayers {
  readonly columns: number;
  /** Elements of a row of the output. */
  readonly outputs: number;
  /** The first layer; its weights are those of each column, of four outputs, of eight pairs of inputs. */
  readonly first: SparseLayer;
  readonly others: readonly SparseLayer[];
}

/** Bytes of a row of the table: the program is made for no other. */
const ROW_BYTES = 16;
/** Rows that the program looks at together. */
const TOGETHER = 16;
/** Rows that go through all layers together. */
const ROWS = 64;
/** Places where sums are kept, 16 MiB of 512 outputs, and where it is noted what came: powers of two. */
const PLACE_BITS = 14;
const SEEN_BITS = 15;

const compiled = new WebAssembly.Module(readFileSync(new URL('./context-layers.wasm', import.meta.url)));

/**
 * The layers of a context model in whole numbers.
 *
 * @returns undefined where the layers cannot be had in whole numbers (`sparse-layers.md`), or the table's rows are not of 16 bytes, or too many.
 */
export function contextLayersOf({ table, rowBytes, width, layers }: ContextGraph): ContextLayers | undefined {
  // What a place keeps is told by a number of 31 bits.
  if (rowBytes !== ROW_BYTES || (table.length / rowBytes) * (width / rowBytes) >= 2 ** 31) return undefined;
  // Bytes of the table are signed: what is looked up is less 128 again.
  const sparse = sparseLayersOf({ width, layers }, { counted: 0 });
  const [first, ...others] = sparse?.layers ?? [];
  if (!sparse || !first || others.length === 0) return undefined;
  return {
    columns: width / rowBytes,
    outputs: sparse.outputs,
    first: { ...first, weights: inPairs(first) },
    others,
  };
}

/** From blocks of 32 outputs to columns of the table, four outputs, eight pairs. */
function inPairs({ weights, inputs, outputs }: SparseLayer): Int16Array {
  const pairs = new Int16Array(weights.length);
  let to = 0;
  for (let column = 0; column < inputs; column += ROW_BYTES) {
    for (let output = 0; output < outputs; output += 4) {
      for (let pair = 0; pair < ROW_BYTES; pair += 2) {
        for (let i = output; i < output + 4; i++) {
          const block = Math.floor(i / 32) * inputs * 32 + (i % 32);
          pairs[to++] = weights[block + (column + pair) * 32] as number;
          pairs[to++] = weights[block + (column + pair + 1) * 32] as number;
        }
      }
    }
  }
  return pairs;
}

/** Computes the layers of a context model in whole numbers, in one thread. What it keeps of earlier rows spares work, and changes no bit. */
export class ContextNetwork {
  private readonly exports: Exports;
  private readonly chain: LayerChain;
  private readonly at;
  private group = 1;

  constructor(private readonly network: ContextLayers) {
    // The program is our own, built with this file: tests hold its exports to this.
    this.exports = new WebAssembly.Instance(compiled, {}).exports as unknown as Exports;
    const { columns, first, others, outputs } = network;
    const room = new Room(this.exports);
    this.chain = new LayerChain(this.exports, others, ROWS, room);
    this.at = {
      weights: room.take(first.weights.byteLength),
      bias: room.take(first.bias.byteLength),
      indices: room.take(4 * ROWS * columns),
      bytes: room.take(ROW_BYTES * ROWS * columns),
      floats: room.take(4 * ROWS * outputs + 64),
      sums: room.take(4 * (TOGETHER + 1) * first.outputs),
      found: room.take(TOGETHER * (4 * columns + 16)),
      tags: room.take(4 << PLACE_BITS),
      marks: room.take(4 << PLACE_BITS),
      seen: room.take(4 << SEEN_BITS),
      kept: room.take(2 * first.outputs * ((1 << PLACE_BITS) + 1)),
    };
    room.grow();
    this.chain.fill();
    const { buffer } = this.exports.memory;
    new Int16Array(buffer, this.at.weights, first.weights.length).set(first.weights);
    new Int32Array(buffer, this.at.bias, first.bias.length).set(first.bias);
  }

  /**
   * @param indices `[count, columns]`, rows of the table. @param bytes `[count, columns * 16]`, what was found there, each 128 more.
   * @returns `[count, outputs]`.
   */
  compute(indices: Int32Array, bytes: Uint8Array, count: number): Float32Array {
    const { outputs } = this.network;
    const all = new Float32Array(count * outputs);
    for (let row = 0; row < count; row += ROWS) this.part(indices, bytes, row, Math.min(ROWS, count - row), all);
    return all;
  }

  private part(indices: Int32Array, bytes: Uint8Array, row: number, count: number, all: Float32Array): void {
    const { columns, first, outputs } = this.network;
    const { buffer } = this.exports.memory;
    const { at } = this;
    new Int32Array(buffer, at.indices, count * columns).set(indices.subarray(row * columns, (row + count) * columns));
    const width = columns * ROW_BYTES;
    new Uint8Array(buffer, at.bytes, count * width).set(bytes.subarray(row * width, (row + count) * width));
    this.exports.firstLayer(
      at.indices,
      at.bytes,
      count,
      columns,
      at.weights,
      at.bias,
      first.outputs,
      first.shift,
      first.low,
      first.high,
      this.chain.input,
      at.tags,
      at.marks,
      at.kept,
      PLACE_BITS,
      at.seen,
      SEEN_BITS,
      at.sums,
      at.found,
      this.group,
    );
    this.group = (this.group + Math.ceil(count / TOGETHER)) >>> 0;
    const last = this.chain.run(count);
    this.exports.give(last, count, this.chain.outputs, outputs, at.floats);
    all.set(new Float32Array(buffer, at.floats, count * outputs), row * outputs);
  }
}
