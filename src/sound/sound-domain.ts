import type { Block, Domain } from '../ardm/domain.js';
import type { RangeDecoder } from '../entropy/range-decoder.js';
import type { RangeEncoder } from '../entropy/range-encoder.js';
import { type Clip, frameLength, toBytes, toSamples } from './clip.js';
import type { Coding } from './coding.js';
import { SoundProgram } from './sound-program.js';

/** Frames of a call: the segment's, shared out evenly, the last call's rest apart. */
export function framesOfCall(frames: number, calls: number): number {
  return Math.max(1, Math.ceil(frames / calls));
}

/** A segment of sound: runs of frames, one after the other, of each of which the network is asked before its first sample (`sound.md`). */
export class SoundDomain implements Domain {
  readonly mostAtOnce: number;
  private readonly program: SoundProgram;
  private readonly frames: number;

  /** @param bytes of whole frames; a decoder's are filled in. */
  constructor(
    coding: Coding,
    private readonly bytes: Uint8Array,
    private readonly clip: Clip,
    calls: number,
  ) {
    this.frames = bytes.length / frameLength(clip);
    if (!Number.isInteger(this.frames)) throw new RangeError(`${bytes.length} bytes are no whole frames`);
    // Each call is coded before the next is looked at: what is known then is what the coder has learned.
    this.mostAtOnce = framesOfCall(this.frames, calls);
    this.program = SoundProgram.take(coding, clip, this.frames);
    toSamples(bytes, clip, this.program.samples);
  }

  blocks(): readonly Block[] {
    const { frames, mostAtOnce } = this;
    if (frames === 0) return [];
    const calls = Math.ceil(frames / mostAtOnce);
    return [
      {
        start: 0,
        positions: Uint32Array.from({ length: frames }, (_, i) => i),
        starts: Uint32Array.from({ length: calls + 1 }, (_, call) => Math.min(frames, call * mostAtOnce)),
      },
    ];
  }

  look(_block: Block, from: number, to: number): number {
    this.program.look(to - from);
    return this.clip.channels;
  }

  inputs(): readonly Float32Array[] {
    return [this.program.rowsOfCall];
  }

  encode(_block: Block, from: number, to: number, outputs: Float32Array, encoder: RangeEncoder): void {
    this.program.encode(from, to - from, outputs, encoder);
  }

  decode(_block: Block, from: number, to: number, outputs: Float32Array, decoder: RangeDecoder): void {
    this.program.decode(from, to - from, outputs, decoder);
  }

  // The program knows a sample as soon as it is coded.
  reveal(): void {}

  endBlock(): void {
    toBytes(this.program.samples, this.clip, this.bytes);
  }

  close(): void {
    this.program.giveBack();
  }

  /** What the mixers have learned, until another segment begins: for the fitting of what segments start with. */
  learned(): Int32Array {
    return this.program.learned();
  }
}
