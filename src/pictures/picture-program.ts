import { readFileSync } from 'node:fs';
import type { RangeDecoder } from '../entropy/range-decoder.js';
import type { RangeEncoder } from '../entropy/range-encoder.js';
import { PROGRAM_TABLES } from '../mixing/program-tables.js';
import type { Coding } from './coding.js';
import { CENTRES, maskOf, PART, QUINCUNX, type Step } from './lattice.js';
import { startOf } from './start.js';

/** What `assembly/program.ts` exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  layOut(width: number, height: number, samples: number, size: number, bits: number, most: number): void;
  begin(): void;
  look(count: number, spacing: number, kind: number, note: number, row: number): number;
  encode(note: number, count: number): number;
  decode(note: number, count: number, length: number): number;
}

/** Inputs and outputs of the network. */
export const COLUMNS = 221;
export const OUTPUTS = 50;
/** Positions that can be noted until they are coded. */
export const MOST_NOTES = PART;
/** Positions that are coded at once, and the most bytes that one is coded in. */
const CHUNK = 64;
const MOST_BYTES = 64;
/** log2 of the slots of a context: of a small picture, of a large one. */
const FEWEST_SLOTS = 10;
const MOST_SLOTS = 14;
/** Programs that nobody uses are kept for the next segments, with up to so many bytes of memory in a thread. */
const MOST_KEPT = 64 * 2 ** 20;

/** A value of the logistic, and what the next one is more: it never falls. */
const andStep = (here: number, i: number, all: readonly number[]): number[] => [here, (all[i + 1] ?? here) - here];
/** An inverse scale, and the least distance whose product with it is past the logistic's end (`mixing.md`, section 9). */
const andReach = (inverse: number): number[] => [inverse, Math.floor((LOGISTIC_END * 256) / inverse) + 1];
/** Past 12 scales from the mean, in 1/4096. */
const LOGISTIC_END = 12 * 4096 + 1;

const compiled = new WebAssembly.Module(readFileSync(new URL('./program.wasm', import.meta.url)));
const kept: PictureProgram[] = [];

/** A picture as its program needs to know it. */
export interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  /** The input that tells the whole picture's size: `sizeClass`. */
  readonly size: number;
}

/** An instance of the program of pictures with the memory of one segment. */
export class PictureProgram {
  private readonly exports: Exports;
  private readonly globals: Readonly<Record<string, { value: number }>>;
  private planes = 1;
  private positions!: Uint32Array;
  private outputs!: Float32Array;
  private coded!: Uint8Array;
  private encoderState!: Uint32Array;
  private decoderState!: Uint32Array;
  private rowsOfCall!: Float32Array;
  /** Three bytes a pixel, plane after plane, alpha first. */
  pixels!: Uint8Array;

  private constructor(private readonly coding: Coding) {
    const instance = new WebAssembly.Instance(compiled, {});
    // The program is our own, built with this file: tests hold its exports to this.
    this.exports = instance.exports as unknown as Exports;
    this.globals = instance.exports as unknown as Readonly<Record<string, { value: number }>>;
    for (const [name, table] of Object.entries(PROGRAM_TABLES)) this.put(this.at(name), table);
    this.put(this.at('logitWeights'), Uint32Array.from(coding.logitWeights));
    this.put(this.at('logisticSteps'), Uint16Array.from(coding.logistic.flatMap(andStep)));
    this.put(this.at('inverseScales'), Int32Array.from(coding.inverseScales.flatMap(andReach)));
    this.put(this.at('masks'), Uint8Array.from([...maskOf(CENTRES), ...maskOf(QUINCUNX)]));
  }

  /** A program in which a segment begins, none of whose pixels is known. */
  static take(coding: Coding, geometry: Geometry): PictureProgram {
    const found = kept.findLastIndex((program) => program.coding === coding);
    const [old] = found >= 0 ? kept.splice(found, 1) : [];
    const program = old ?? new PictureProgram(coding);
    program.begin(geometry);
    return program;
  }

  /** To be called once, when the segment is done: it may be given to another one at once. */
  giveBack(): void {
    kept.push(this);
    let bytes = kept.reduce((sum, { exports }) => sum + exports.memory.buffer.byteLength, 0);
    while (bytes > MOST_KEPT) bytes -= kept.shift()?.exports.memory.buffer.byteLength ?? bytes;
  }

  private begin({ width, height, channels, size }: Geometry): void {
    this.planes = channels === 4 ? 2 : 1;
    const slots = 32 - Math.clz32(2 * width * height * channels - 1);
    const bits = Math.min(MOST_SLOTS, Math.max(FEWEST_SLOTS, slots));
    this.exports.layOut(width, height, channels, size, bits, Math.min(MOST_NOTES, width * height));
    this.put(this.at('parameters'), startOf(this.coding));
    this.exports.begin();
    const { buffer } = this.exports.memory;
    this.positions = new Uint32Array(buffer, this.at('positions'), PART);
    this.outputs = new Float32Array(buffer, this.at('outputs'), 2 * CHUNK * OUTPUTS);
    this.coded = new Uint8Array(buffer, this.at('coded'), CHUNK * MOST_BYTES);
    this.encoderState = new Uint32Array(buffer, this.at('encoderState'), 4);
    this.decoderState = new Uint32Array(buffer, this.at('decoderState'), 2);
    const rows = this.planes * Math.min(MOST_NOTES, width * height);
    this.rowsOfCall = new Float32Array(buffer, this.at('rows'), rows * COLUMNS);
    this.pixels = new Uint8Array(buffer, this.at('pixels'), this.planes * 3 * width * height);
  }

  /** Looks at a part of a step: notes its positions from `note` on, and writes their rows from `row` on. @returns how many rows they are. */
  look({ kind, spacing }: Step, positions: Uint32Array, note: number, row: number): number {
    this.positions.set(positions);
    return this.exports.look(positions.length, spacing, kind, note, row);
  }

  /** Inputs of the first rows. */
  rows(count: number): Float32Array {
    return this.rowsOfCall.subarray(0, count * COLUMNS);
  }

  /** Codes the first `count` positions that are noted, from the outputs of their rows. */
  encode(count: number, outputs: Float32Array, encoder: RangeEncoder): void {
    const { onPosition } = encoder;
    const most = onPosition ? 1 : CHUNK;
    for (let note = 0; note < count; note += most) {
      const chunk = Math.min(most, count - note);
      this.putOutputs(outputs, note, chunk);
      this.encoderState[0] = encoder.low;
      this.encoderState[1] = encoder.range;
      const put = this.exports.encode(note, chunk);
      const [low = 0, range = 0, carried = 0, moved = 0] = this.encoderState;
      encoder.continueFrom(low, range, carried === 1, moved | 0, this.coded.subarray(0, put));
      onPosition?.();
    }
  }

  /** The inverse: writes the samples of the first `count` positions into `pixels`. */
  decode(count: number, outputs: Float32Array, decoder: RangeDecoder): void {
    for (let note = 0; note < count; note += CHUNK) {
      const chunk = Math.min(CHUNK, count - note);
      this.putOutputs(outputs, note, chunk);
      const ahead = decoder.ahead(chunk * MOST_BYTES);
      this.coded.set(ahead);
      this.decoderState[0] = decoder.code;
      this.decoderState[1] = decoder.range;
      const taken = this.exports.decode(note, chunk, ahead.length);
      const [code = 0, range = 0] = this.decoderState;
      decoder.continueFrom(code, range, taken);
    }
  }

  private putOutputs(outputs: Float32Array, note: number, count: number): void {
    const width = this.planes * OUTPUTS;
    this.outputs.set(outputs.subarray(note * width, (note + count) * width));
  }

  /** What has been learned, as `startOf` lays it out: for the fitting of parameters. */
  learned(): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, this.at('parameters'), this.at('parameterBytes')).slice();
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
