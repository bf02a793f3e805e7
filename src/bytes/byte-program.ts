import { readFileSync } from 'node:fs';
import type { RangeDecoder } from '../entropy/range-decoder.js';
import type { RangeEncoder } from '../entropy/range-encoder.js';
import { mixerParameters } from '../mixing/mixer-parameters.js';
import { PROGRAM_TABLES } from '../mixing/program-tables.js';
import type { Coding } from './coding.js';
import { CLASSES_SLOT, DIRECT, SLOT } from './contexts.js';

/** What `assembly/program.ts` exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  configure(
    contexts: bigint,
    columns: number,
    values: number,
    parameterBytes: number,
    rate: number,
    lightest: number,
    skipLength: number,
    skipCount: number,
    classes: number,
  ): number;
  layOut(size: number, capacity: number, most: number, undoable: number): void;
  clear(): void;
  begin(known: number, length: number, undoably: boolean): void;
  undo(): void;
  look(base: number, count: number, note: number, row: number): number;
  rowsAmong(note: number, count: number): number;
  encode(note: number, count: number): number;
  decode(note: number, count: number, length: number): number;
  reveal(): void;
  endBlock(from: number, to: number): void;
}

/** Positions of the longest network call. */
export const MOST_POSITIONS = 1024;
/** The most that can be noted until they are coded: as many rows as a network likes at once, though most positions have none. */
export const MOST_NOTES = 4096;
export const SYMBOLS = 256;
/** Distances between two logits, -1024..1023. */
const DISTANCES = 2048;
/** Positions that are coded at once, and the most bytes that one is coded in. */
const CHUNK = 64;
const MOST_BYTES = 16;
/** What takes a hash to the upper bits that are a table's row: `features.md`. */
const SPREAD = 0x85ebca6b;
/** Programs that nobody uses are kept for the next segments, with up to so many bytes of memory in a thread. */
const MOST_KEPT = 64 * 2 ** 20;

const compiled = new WebAssembly.Module(readFileSync(new URL('./program.wasm', import.meta.url)));

/** Programs of segments that are done, the one used last at the end. */
const kept: ByteProgram[] = [];

/** How a program's memory is laid out. */
export interface Layout {
  /** Bytes of the segment that its tables are as large for. */
  readonly size: number;
  /** Positions that it has room for, those of a condition included. */
  readonly capacity: number;
  /** Positions, at most, of a segment whose learning can be undone. */
  readonly undoable: number;
}

/** What a program has learned: everything that decides how it codes what comes next. */
export interface Learned {
  /** Bytes that are known. */
  readonly known: number;
  /** Memory up to the end of the tables; and of what is remembered of positions, those that are known. */
  readonly tables: Uint8Array;
  readonly positions: readonly Uint8Array[];
  readonly document: number;
  readonly total: number;
}

/** What is remembered of each position: in which array of the program, in how many bytes. */
const OF_POSITION = { bytes: 1, symbols: 2, records: 32, states: 16 } as const;
type OfPosition = keyof typeof OF_POSITION;

/** An instance of the program of bytes with the memory of one segment: its features, its mixing, and its coder. */
export class ByteProgram {
  private readonly exports: Exports;
  private readonly globals: Readonly<Record<string, { value: number }>>;
  private readonly parameters: Uint8Array;
  private readonly parametersAt: number;
  private readonly columns: number;
  private positions!: Uint32Array;
  private logits!: Float32Array;
  private coded!: Uint8Array;
  private encoderState!: Uint32Array;
  private decoderState!: Uint32Array;
  private indices!: Int32Array;
  /** The bytes of the segment: an encoder writes them before it looks at anything, a decoder finds them here. */
  bytes!: Uint8Array;

  private layout: Layout = { size: 0, capacity: 0, undoable: 0 };

  private constructor(
    private readonly coding: Coding,
    /** Positions that the memory was made for: programs of one model that have as many take each other's place. */
    private readonly room: number,
  ) {
    const { columns, mixing, logitWeights } = coding;
    const instance = new WebAssembly.Instance(compiled, {});
    // The program is our own, built with this file: tests hold its exports to this.
    this.exports = instance.exports as unknown as Exports;
    this.globals = instance.exports as unknown as Readonly<Record<string, { value: number }>>;
    this.columns = columns.length;
    this.parameters = mixing ? mixerParameters(mixing) : new Uint8Array(0);
    const values = mixing?.contexts ?? [];
    const wanted = [...columns.map(({ context }) => context), ...values];
    const classes = mixing?.classes ? 1 : 0;
    const at = this.exports.configure(
      wanted.reduce((bits, context) => bits | (1n << BigInt(SLOT[context])), BigInt(classes) << BigInt(CLASSES_SLOT)),
      columns.length,
      values.length,
      this.parameters.length,
      mixing?.rate ?? 0,
      logitWeights.length,
      mixing?.skip?.matchLength ?? 0,
      mixing?.skip?.historyCount ?? 0,
      classes,
    );
    const slot = (context: (typeof wanted)[number]): number => this.at('slots') + 4 * SLOT[context];
    const words = columns.flatMap(({ context, bits, offset }) => [
      slot(context),
      DIRECT.has(context) ? 2 ** (32 - bits) : SPREAD,
      32 - bits,
      offset,
    ]);
    const head = Uint32Array.from([...words, ...values.map(slot)]);
    this.put(at, head);
    this.parametersAt = 64 * Math.ceil((at + head.byteLength) / 64);
    for (const [name, table] of Object.entries(PROGRAM_TABLES)) this.put(this.at(name), table);
    // A distribution that is mixed is made of weights of at least 1.
    const weights = Int32Array.from({ length: DISTANCES }, (_, distance) => logitWeights[distance] ?? 0);
    this.put(this.at('distanceWeights'), weights);
    this.put(
      this.at('leafWeights'),
      weights.map((weight) => weight + 1),
    );
  }

  /** A program in which a segment of `length` bytes begins: none of them is known. */
  static take(coding: Coding, length: number): ByteProgram {
    const program = ByteProgram.laidOut(coding, { size: length, capacity: length, undoable: 0 });
    program.forget();
    program.begin(0, length);
    return program;
  }

  /** A program that has learned nothing yet, and in which nothing begins before `begin`. */
  static laidOut(coding: Coding, layout: Layout): ByteProgram {
    const room = roomFor(layout.capacity);
    const found = kept.findLastIndex((program) => program.coding === coding && program.room === room);
    const [old] = found >= 0 ? kept.splice(found, 1) : [];
    const program = old ?? new ByteProgram(coding, room);
    program.layOut(layout);
    return program;
  }

  /** Bytes of its memory. */
  get memory(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** To be called once, when the segment is done: it may be given to another one at once. */
  giveBack(): void {
    kept.push(this);
    let bytes = kept.reduce((sum, { memory }) => sum + memory, 0);
    while (bytes > MOST_KEPT) bytes -= kept.shift()?.memory ?? bytes;
  }

  /**
   * Looks at the positions of a call, `positions[from .. to)` relative to `base`. They are noted from `note` on, and the indices of those that
   * the network is asked about are row `row` and following.
   *
   * @returns how many rows they are.
   */
  look(base: number, positions: Uint32Array, from: number, to: number, note: number, row: number): number {
    // A loop where there are few: set() and subarray() take longer than that.
    if (to - from <= 16) for (let i = from; i < to; i++) this.positions[i - from] = positions[i] as number;
    else this.positions.set(positions.subarray(from, to));
    return this.exports.look(base, to - from, note, row);
  }

  /** Table indices of the first rows. */
  rows(count: number): Int32Array {
    return this.indices.subarray(0, count * this.columns);
  }

  /**
   * Codes `count` positions that are noted from `first` on, from the logits of their rows, `row` and following.
   *
   * @returns the row after them.
   */
  encode(first: number, count: number, logits: Float32Array, row: number, encoder: RangeEncoder): number {
    const { onPosition } = encoder;
    const most = onPosition ? 1 : CHUNK;
    let next = row;
    for (let note = first; note < first + count; note += most) {
      const chunk = Math.min(most, first + count - note);
      next += this.putLogits(note, chunk, logits, next);
      this.encoderState[0] = encoder.low;
      this.encoderState[1] = encoder.range;
      const put = this.exports.encode(note, chunk);
      const [low = 0, range = 0, carried = 0, moved = 0] = this.encoderState;
      encoder.continueFrom(low, range, carried === 1, moved | 0, this.coded.subarray(0, put));
      onPosition?.();
    }
    return next;
  }

  /** The inverse: writes the bytes of the first `count` positions into `bytes`. */
  decode(count: number, logits: Float32Array, decoder: RangeDecoder): void {
    let row = 0;
    for (let note = 0; note < count; note += CHUNK) {
      const chunk = Math.min(CHUNK, count - note);
      row += this.putLogits(note, chunk, logits, row);
      const ahead = decoder.ahead(chunk * MOST_BYTES);
      this.coded.set(ahead);
      this.decoderState[0] = decoder.code;
      this.decoderState[1] = decoder.range;
      const taken = this.exports.decode(note, chunk, ahead.length);
      const [code = 0, range = 0] = this.decoderState;
      decoder.continueFrom(code, range, taken);
    }
  }

  /** Makes the positions known that were looked at last. */
  reveal(): void {
    this.exports.reveal();
  }

  endBlock(from: number, to: number): void {
    this.exports.endBlock(from, to);
  }

  private putLogits(note: number, count: number, logits: Float32Array, row: number): number {
    const rows = this.exports.rowsAmong(note, count);
    this.logits.set(logits.subarray(row * SYMBOLS, (row + rows) * SYMBOLS));
    return rows;
  }

  /** Forgets all that has been learned. */
  forget(): void {
    this.put(this.parametersAt, this.parameters);
    this.exports.clear();
  }

  /** Begins a segment of `length` positions, none of which is known, behind `known` ones. @param undoably whether `undo` is to come. */
  begin(known: number, length: number, undoably = false): void {
    this.exports.begin(known, length, undoably);
    this.bytes = new Uint8Array(this.exports.memory.buffer, this.at('bytes'), known + length);
  }

  /** What has been learned of the first `known` positions. */
  learned(known: number): Learned {
    return {
      known,
      tables: this.memoryAt(0, this.at('tablesEnd')).slice(),
      positions: this.ofPositions(known).map((part) => part.slice()),
      document: this.global('document').value,
      total: this.global('total').value,
    };
  }

  /** Takes over what another program of the same model has learned, whose tables are as large. */
  learn({ known, tables, positions, document, total }: Learned): void {
    this.memoryAt(0, tables.length).set(tables);
    for (const [i, part] of this.ofPositions(known).entries()) part.set(positions[i] as Uint8Array);
    this.recall(document, total);
  }

  /** Unlearns what has been learned since the undoable `begin`, when this was what was learned. */
  undo({ tables, document, total }: Learned): void {
    this.exports.undo();
    const small = this.at('afterParameters');
    this.memoryAt(0, small).set(tables.subarray(0, small));
    this.recall(document, total);
  }

  private recall(document: number, total: number): void {
    this.global('document').value = document;
    this.global('total').value = total;
  }

  /** What is remembered of the first `known` positions, array by array. */
  private ofPositions(known: number): Uint8Array[] {
    const names = Object.keys(OF_POSITION) as OfPosition[];
    // A model without keys has no states of them.
    return names
      .filter((name) => this.at(name) > 0)
      .map((name) => this.memoryAt(this.at(name), known * OF_POSITION[name]));
  }

  private memoryAt(at: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, at, length);
  }

  private layOut(layout: Layout): void {
    if (layout.size === this.layout.size && layout.capacity === this.layout.capacity) {
      if (layout.undoable === this.layout.undoable) return;
    }
    this.layout = layout;
    const notes = Math.min(MOST_NOTES, this.room);
    this.exports.layOut(layout.size, layout.capacity, notes, layout.undoable);
    // Memory that has grown is another buffer.
    const { buffer } = this.exports.memory;
    this.positions = new Uint32Array(buffer, this.at('positions'), MOST_POSITIONS);
    this.logits = new Float32Array(buffer, this.at('logits'), CHUNK * SYMBOLS);
    this.coded = new Uint8Array(buffer, this.at('coded'), CHUNK * MOST_BYTES);
    this.encoderState = new Uint32Array(buffer, this.at('encoderState'), 4);
    this.decoderState = new Uint32Array(buffer, this.at('decoderState'), 2);
    this.indices = new Int32Array(buffer, this.at('indices'), notes * this.columns);
  }

  /** Where the program has something. */
  private at(name: string): number {
    return this.global(name).value;
  }

  private global(name: string): { value: number } {
    const global = this.globals[name];
    if (!global) throw new RangeError(`the program has no ${name}`);
    return global;
  }

  private put(at: number, values: Uint8Array | Uint16Array | Int16Array | Uint32Array | Int32Array): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(this.exports.memory.buffer).set(bytes, at);
  }
}

/** Segments of about one length share their memories: the power of two that holds them, from 1,024 on. */
function roomFor(length: number): number {
  return powerOfTwoFrom(Math.max(1024, length));
}

/** The least power of two that is at least `n`, 1..2^31. In whole numbers: coded bits depend on it. */
export function powerOfTwoFrom(n: number): number {
  return 2 ** (32 - Math.clz32(n - 1));
}
