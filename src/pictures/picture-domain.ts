import type { Block, Domain } from '../ardm/domain.js';
import type { RangeDecoder } from '../entropy/range-decoder.js';
import type { RangeEncoder } from '../entropy/range-encoder.js';
import type { Coding } from './coding.js';
import { blockOf, type Step } from './lattice.js';
import { type Geometry, MOST_NOTES, PictureProgram } from './picture-program.js';

/** A segment of pixels: all positions of a step at once, coarse to fine (`models/training/pictures/pictures.md`). */
export class PictureDomain implements Domain {
  readonly mostAtOnce = MOST_NOTES;
  private readonly program: PictureProgram;
  private readonly block: Block;
  private readonly steps: readonly Step[];
  /** Which part of a step begins at a position of the block. */
  private readonly partAt: ReadonlyMap<number, number>;
  /** Positions that are noted but not coded. */
  private noted = 0;

  /** @param samples interleaved, row by row; a decoder's is filled in. */
  constructor(
    coding: Coding,
    private readonly samples: Uint8Array,
    private readonly geometry: Geometry,
  ) {
    const { block, steps } = blockOf(geometry);
    this.block = block;
    this.steps = steps;
    this.partAt = new Map(steps.map((_, part) => [block.starts[part] as number, part]));
    this.program = PictureProgram.take(coding, geometry);
    this.spread();
  }

  blocks(): readonly Block[] {
    return [this.block];
  }

  look({ positions }: Block, from: number, to: number, row: number): number {
    const step = this.steps[this.partAt.get(from) as number] as Step;
    const rows = this.program.look(step, positions.subarray(from, to), this.noted, row);
    this.noted += to - from;
    return rows;
  }

  inputs(rows: number): readonly Float32Array[] {
    return [this.program.rows(rows)];
  }

  encode(_block: Block, from: number, to: number, outputs: Float32Array, encoder: RangeEncoder): void {
    this.program.encode(to - from, outputs, encoder);
    this.noted = 0;
  }

  decode(_block: Block, from: number, to: number, outputs: Float32Array, decoder: RangeDecoder): void {
    this.program.decode(to - from, outputs, decoder);
    this.noted = 0;
  }

  // The masks of a step say what is known of it.
  reveal(): void {}

  endBlock(): void {
    this.collect();
  }

  close(): void {
    this.program.giveBack();
  }

  /** What the segment has learned, until another one begins: for the fitting of what segments start with. */
  learned(): Uint8Array {
    return this.program.learned();
  }

  /** Samples into planes: what is not alpha stands in all three channels where there is but one. */
  private spread(): void {
    const { samples } = this;
    const { channels } = this.geometry;
    const { pixels } = this.program;
    const area = samples.length / channels;
    for (let i = 0; i < area; i++) {
      const at = i * channels;
      if (channels === 1) {
        pixels.fill(samples[at] as number, 3 * i, 3 * i + 3);
        continue;
      }
      if (channels === 4) pixels.fill(samples[at + 3] as number, 3 * i, 3 * i + 3);
      const to = (channels === 4 ? 3 * area : 0) + 3 * i;
      for (let c = 0; c < 3; c++) pixels[to + c] = samples[at + c] as number;
    }
  }

  /** The inverse. */
  private collect(): void {
    const { samples } = this;
    const { channels } = this.geometry;
    const { pixels } = this.program;
    const area = samples.length / channels;
    const colour = channels === 4 ? 3 * area : 0;
    for (let i = 0; i < area; i++) {
      const at = i * channels;
      for (let c = 0; c < Math.min(3, channels); c++) samples[at + c] = pixels[colour + 3 * i + c] as number;
      if (channels === 4) samples[at + 3] = pixels[3 * i] as number;
    }
  }
}
