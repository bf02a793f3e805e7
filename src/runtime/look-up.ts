import { readFileSync } from 'node:fs';
import { type ContextGraph, OFFSET } from './context-graph.js';

/** What `assembly/look-up.ts` exports. */
interface Exports {
  lookUp16(table: number, rows: number, indices: number, count: number, out: number): void;
  lookUp(table: number, rows: number, rowBytes: number, indices: number, count: number, out: number): void;
}

/** A table in memory that all workers read, as it is fed to the layers. Plain data, which threads pass on without a copy. */
export interface SharedTable {
  readonly memory: WebAssembly.Memory;
  readonly at: number;
  readonly rows: number;
  readonly rowBytes: number;
  /** Rows that are looked up for one row of the network. */
  readonly columns: number;
}

const PAGE = 65_536;
/** Where the table begins: nothing is at address 0. */
const TABLE = 64;
/** Bytes of rooms of workers behind the table: those of lost ones are not used again. */
const ROOMS = 64 * 2 ** 20;
/** Rows that are looked up at once. */
const ROWS = 64;

const compiled = new WebAssembly.Module(readFileSync(new URL('./look-up.wasm', import.meta.url)));

/** Puts the table of a model where all threads can read it. */
export function shareTable({ table, rowBytes, width }: ContextGraph): SharedTable {
  const initial = Math.ceil((TABLE + table.length) / PAGE);
  const memory = new WebAssembly.Memory({ initial, maximum: initial + ROOMS / PAGE, shared: true });
  new Int8Array(memory.buffer, TABLE, table.length).set(table);
  // To add 128 to a byte is to turn its highest bit over. Four at a time: byte by byte it takes a fifth of a second.
  const words = new Uint32Array(memory.buffer, TABLE, Math.ceil(table.length / 4));
  for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) ^ (OFFSET * 0x01010101);
  return { memory, at: TABLE, rows: table.length / rowBytes, rowBytes, columns: width / rowBytes };
}

/** Looks up rows of a shared table, for one thread. */
export class LookUp {
  private readonly exports: Exports;
  private readonly indices: Int32Array;
  private readonly found: Uint8Array;

  constructor(private readonly table: SharedTable) {
    const { memory, columns, rowBytes } = table;
    const indexBytes = Math.ceil((ROWS * columns * 4) / 16) * 16;
    const at = PAGE * memory.grow(Math.ceil((indexBytes + ROWS * columns * rowBytes) / PAGE));
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
    // The program is our own, built with this file: tests hold its exports to this.
    this.exports = exports as unknown as Exports;
    this.indices = new Int32Array(memory.buffer, at, ROWS * columns);
    this.found = new Uint8Array(memory.buffer, at + indexBytes, ROWS * columns * rowBytes);
  }

  /**
   * @param indices `[count, columns]`, each the number of a row of the table.
   * @returns `[count, columns * rowBytes]`.
   * @throws WebAssembly.RuntimeError where there is no such row.
   */
  take(indices: Int32Array, count: number): Uint8Array {
    const { rowBytes, columns } = this.table;
    // ONNX Runtime reads no shared memory, and not before the next turn of the event loop, when others may have asked.
    const taken = new Uint8Array(count * columns * rowBytes);
    this.takeInto(taken, indices, count);
    return taken;
  }

  /** The same, put somewhere. @throws WebAssembly.RuntimeError where there is no such row. */
  takeInto(taken: Uint8Array, indices: Int32Array, count: number): void {
    const { at, rows, rowBytes, columns } = this.table;
    const width = columns * rowBytes;
    for (let row = 0; row < count; row += ROWS) {
      const some = Math.min(ROWS, count - row);
      const wanted = some * columns;
      this.indices.set(indices.subarray(row * columns, row * columns + wanted));
      const [from, to] = [this.indices.byteOffset, this.found.byteOffset];
      if (rowBytes === 16) this.exports.lookUp16(at, rows, from, wanted, to);
      else this.exports.lookUp(at, rows, rowBytes, from, wanted, to);
      taken.set(this.found.subarray(0, some * width), row * width);
    }
  }
}
