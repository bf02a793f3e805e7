import { readFileSync } from 'node:fs';
import type { RangeDecoder } from '../entropy/range-decoder.js';
import type { RangeEncoder } from '../entropy/range-encoder.js';
import { NEXT, SEEN } from '../mixing/bit-history.js';
import { mixerParameters } from '../mixing/mixer-parameters.js';
import { LOGS, RATES, SQUASH, STRETCH } from '../mixing/tables.js';
import type { Coding } from './coding.js';
import { DIRECT, SLOT } from './contexts.js';

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
  ): number;
  start(length: number, most: number): void;
  look(base: number, count: number, note: number, row: number): number;
  rowsAmong(note: number, count: number): number;
  encode(note: number, count: number): number;
  decode(note: number, count: number, length: number): number;
  reveal(): void;
  endBlock(from: number, to: number): void;
}

/** Positions of the longest network call. */
const MOST_POSITIONS = 1024;
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

/** An instance of the program of bytes with the memory of one segment: its features, its mixing, and its coder. */
export class ByteProgram {
  private readonly exports: Exports;
  private readonly globals: Readonly<Record<string, { readonly value: number }>>;
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

  private constructor(
    private readonly coding: Coding,
    private readonly size: number,
  ) {
    const { columns, mixing, logitWeights } = coding;
    const instance = new WebAssembly.Instance(compiled, {});
    // The program is our own, built with this file: tests hold its exports to this.
    this.exports = instance.exports as unknown as Exports;
    this.globals = instance.exports as unknown as Readonly<Record<string, { readonly value: number }>>;
    this.columns = columns.length;
    this.parameters = mixing ? mixerParameters(mixing) : new Uint8Array(0);
    const values = mixing?.contexts ?? [];
    const wanted = [...columns.map(({ context }) => context), ...values];
    const at = this.exports.configure(
      wanted.reduce((bits, context) => bits | (1n << BigInt(SLOT[context])), 0n),
      columns.length,
      values.length,
      this.parameters.length,
      mixing?.rate ?? 0,
      logitWeights.length,
      mixing?.skip?.matchLength ?? 0,
      mixing?.skip?.historyCount ?? 0,
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
    this.put(this.at('squashTable'), Uint16Array.from(SQUASH));
    this.put(this.at('stretchTable'), Int16Array.from(STRETCH));
    this.put(this.at('logsTable'), Uint8Array.from(LOGS));
    this.put(this.at('ratesTable'), Uint16Array.from(RATES));
    this.put(this.at('nextTable'), NEXT);
    this.put(this.at('seenTable'), SEEN);
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
    const size = sizeOf(length);
    const found = kept.findLastIndex((program) => program.coding === coding && program.size === size);
    const [old] = found >= 0 ? kept.splice(found, 1) : [];
    const program = old ?? new ByteProgram(coding, size);
    program.start(length);
    return program;
  }

  /** To be called once, when the segment is done: it may be given to another one at once. */
  giveBack(): void {
    kept.push(this);
    let bytes = kept.reduce((sum, program) => sum + program.exports.memory.buffer.byteLength, 0);
    while (bytes > MOST_KEPT) bytes -= kept.shift()?.exports.memory.buffer.byteLength ?? bytes;
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

  /** Codes the first `count` positions that are noted, from the logits of their rows. */
  encode(count: number, logits: Float32Array, encoder: RangeEncoder): void {
    let row = 0;
    for (let note = 0; note < count; note += CHUNK) {
      const chunk = Math.min(CHUNK, count - note);
      row += this.putLogits(note, chunk, logits, row);
      this.encoderState[0] = encoder.low;
      this.encoderState[1] = encoder.range;
      const put = this.exports.encode(note, chunk);
      const [low = 0, range = 0, carried = 0, moved = 0] = this.encoderState;
      encoder.continueFrom(low, range, carried === 1, moved | 0, this.coded.subarray(0, put));
    }
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

  private start(length: number): void {
    this.put(this.parametersAt, this.parameters);
    const notes = Math.min(MOST_NOTES, this.size);
    this.exports.start(length, notes);
    // Memory that has grown is another buffer.
    const { buffer } = this.exports.memory;
    this.positions = new Uint32Array(buffer, this.at('positions'), MOST_POSITIONS);
    this.logits = new Float32Array(buffer, this.at('logits'), CHUNK * SYMBOLS);
    this.coded = new Uint8Array(buffer, this.at('coded'), CHUNK * MOST_BYTES);
    this.encoderState = new Uint32Array(buffer, this.at('encoderState'), 4);
    this.decoderState = new Uint32Array(buffer, this.at('decoderState'), 2);
    this.indices = new Int32Array(buffer, this.at('indices'), notes * this.columns);
    this.bytes = new Uint8Array(buffer, this.at('bytes'), length);
  }

  /** Where the program has something. */
  private at(name: string): number {
    const global = this.globals[name];
    if (!global) throw new RangeError(`the program has no ${name}`);
    return global.value;
  }

  private put(at: number, values: Uint8Array | Uint16Array | Int16Array | Uint32Array | Int32Array): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(this.exports.memory.buffer).set(bytes, at);
  }
}

/** Segments of one size share their memories, as their tables are of one size: the power of two that holds them, from 1,024 on. */
function sizeOf(length: number): number {
  let size = 1024;
  while (size < length) size *= 2;
  return size;
}
