import { readFileSync } from 'node:fs';
import type { RangeDecoder } from '../entropy/range-decoder.js';
import type { RangeEncoder } from '../entropy/range-encoder.js';
import { PROGRAM_TABLES } from '../mixing/program-tables.js';
import type { Clip } from './clip.js';
import { COLUMNS, type Coding, OUTPUTS } from './coding.js';
import { settingsOf } from './predictor-settings.js';

/** What `assembly/program.ts` exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  begin(frames: number, channels: number, bits: number, rate: number): void;
  clearMixer(): void;
  look(frames: number): void;
  hear(): void;
  encode(from: number, frames: number): number;
  decode(from: number, frames: number, length: number): number;
  keepLearned(): void;
  tellLikelihoods(): void;
}

/** Samples that are coded at once, and the most bytes that one is coded in: 2 for each of some 70 decisions. */
const CHUNK = 64;
const MOST_BYTES = 192;
/** Programs that nobody uses are kept for the next segments, with up to so many bytes of memory in a thread. */
const MOST_KEPT = 16 * 2 ** 20;

const compiled = new WebAssembly.Module(readFileSync(new URL('./program.wasm', import.meta.url)));
const kept: SoundProgram[] = [];

/** An instance of the program of sound with the memory of one segment. */
export class SoundProgram {
  private readonly exports: Exports;
  private readonly globals: Readonly<Record<string, { value: number }>>;
  private channels = 1;
  private outputs!: Float32Array;
  private coded!: Uint8Array;
  private encoderState!: Uint32Array;
  private decoderState!: Uint32Array;
  /** What the network is asked: a row for each channel, of the call that was looked at last. */
  rowsOfCall!: Float32Array;
  /** Interleaved. */
  samples!: Int32Array;

  private constructor(private readonly coding: Coding) {
    const instance = new WebAssembly.Instance(compiled, {});
    // The program is our own, built with this file: tests hold its exports to this.
    this.exports = instance.exports as unknown as Exports;
    this.globals = instance.exports as unknown as Readonly<Record<string, { value: number }>>;
    for (const [name, table] of Object.entries(PROGRAM_TABLES)) this.put(this.at(name), table);
    this.put(this.at('logitWeights'), Uint32Array.from(coding.logitWeights));
    this.put(this.at('logistic'), Uint32Array.from(coding.logistic));
    this.put(this.at('inverseScales'), Uint32Array.from(coding.inverseScales));
  }

  /** A program in which a segment begins, none of whose frames is known. */
  static take(coding: Coding, clip: Clip, frames: number): SoundProgram {
    const found = kept.findLastIndex((program) => program.coding === coding);
    const [old] = found >= 0 ? kept.splice(found, 1) : [];
    const program = old ?? new SoundProgram(coding);
    program.begin(clip, frames);
    return program;
  }

  /** To be called once, when the segment is done: it may be given to another one at once. */
  giveBack(): void {
    kept.push(this);
    let bytes = kept.reduce((sum, { exports }) => sum + exports.memory.buffer.byteLength, 0);
    while (bytes > MOST_KEPT) bytes -= kept.shift()?.exports.memory.buffer.byteLength ?? bytes;
  }

  private begin(clip: Clip, frames: number): void {
    const { channels, bits, rate } = clip;
    this.channels = channels;
    this.put(this.at('settings'), settingsOf(clip, this.coding.predictors));
    this.exports.begin(frames, channels, bits, rate | 0);
    this.put(this.at('parameters'), startOf(this.coding));
    this.exports.clearMixer();
    const { buffer } = this.exports.memory;
    this.outputs = new Float32Array(buffer, this.at('outputs'), channels * OUTPUTS);
    this.coded = new Uint8Array(buffer, this.at('coded'), CHUNK * MOST_BYTES);
    this.encoderState = new Uint32Array(buffer, this.at('encoderState'), 4);
    this.decoderState = new Uint32Array(buffer, this.at('decoderState'), 2);
    this.rowsOfCall = new Float32Array(buffer, this.at('rows'), channels * COLUMNS);
    this.samples = new Int32Array(buffer, this.at('samples'), frames * channels);
  }

  /** Writes the rows of the next call. */
  look(frames: number): void {
    this.exports.look(frames);
  }

  /** Codes a call's frames, of which the network said `outputs`. */
  encode(from: number, frames: number, outputs: Float32Array, encoder: RangeEncoder): void {
    this.hear(outputs);
    const { onPosition } = encoder;
    this.inChunks(from, frames, onPosition ? 1 : this.framesOfChunk, (first, count) => {
      this.encoderState[0] = encoder.low;
      this.encoderState[1] = encoder.range;
      const put = this.exports.encode(first, count);
      const [low = 0, range = 0, carried = 0, moved = 0] = this.encoderState;
      encoder.continueFrom(low, range, carried === 1, moved | 0, this.coded.subarray(0, put));
      onPosition?.();
    });
  }

  /** The inverse: writes the frames into `samples`. */
  decode(from: number, frames: number, outputs: Float32Array, decoder: RangeDecoder): void {
    this.hear(outputs);
    this.inChunks(from, frames, this.framesOfChunk, (first, count) => {
      const ahead = decoder.ahead(this.coded.length);
      this.coded.set(ahead);
      this.decoderState[0] = decoder.code;
      this.decoderState[1] = decoder.range;
      const taken = this.exports.decode(first, count, ahead.length);
      const [code = 0, range = 0] = this.decoderState;
      decoder.continueFrom(code, range, taken);
    });
  }

  private hear(outputs: Float32Array): void {
    this.outputs.set(outputs.subarray(0, this.outputs.length));
    this.exports.hear();
  }

  private get framesOfChunk(): number {
    return Math.floor(CHUNK / this.channels);
  }

  private inChunks(from: number, frames: number, chunk: number, code: (first: number, count: number) => void): void {
    for (let done = 0; done < frames; done += chunk) code(from + done, Math.min(chunk, frames - done));
  }

  /** What the mixers have learned, as `startOf` lays it out: for the fitting of parameters. */
  learned(): Int32Array {
    this.exports.keepLearned();
    return new Int32Array(this.exports.memory.buffer, this.at('parameters'), this.at('parameterBytes') / 4).slice();
  }

  /** log2 of what each component gave to the sample that was coded last, of 2^28, in 1/256 bit: for training. */
  likelihoods(): Int32Array {
    this.exports.tellLikelihoods();
    return new Int32Array(this.exports.memory.buffer, this.at('likelihoods'), OUTPUTS);
  }

  /** Where the program has something. */
  private at(name: string): number {
    const global = this.globals[name];
    if (!global) throw new RangeError(`the program has no ${name}`);
    return global.value;
  }

  private put(at: number, values: ArrayBufferView): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(this.exports.memory.buffer).set(bytes, at);
  }
}

/** What the mixers start with, as it lies in the program's memory. */
function startOf({ mixing }: Coding): Int32Array {
  return Int32Array.from([...mixing.weights.flat(), ...mixing.final.flat()]);
}
