import type { Block, Domain } from '../ardm/domain.js';
import { BLOCK_LENGTH } from '../ardm/order.js';
import { type Dial, partition } from '../ardm/schedule.js';
import type { RangeDecoder } from '../entropy/range-decoder.js';
import type { RangeEncoder } from '../entropy/range-encoder.js';
import { type ByteCoder, byteCoder, MOST_ROWS } from './byte-coder.js';
import type { Coding } from './coding.js';
import { SegmentFeatures } from './features.js';

/** A segment of bytes: what is known around a byte selects rows of a table, a byte is coded under 256 logits. */
export class ByteDomain implements Domain {
  readonly mostAtOnce = MOST_ROWS;
  private readonly features: SegmentFeatures;
  private readonly coder: ByteCoder;
  private readonly indices: Int32Array;

  /** @param bytes the segment; a decoder's is filled in. */
  constructor(
    private readonly coding: Coding,
    private readonly bytes: Uint8Array,
    private readonly dial: Dial,
  ) {
    this.features = new SegmentFeatures(coding.columns, bytes, coding.mixing?.contexts);
    this.coder = byteCoder(coding, bytes.length);
    this.indices = new Int32Array(MOST_ROWS * coding.columns.length);
  }

  *blocks(): Iterable<Block> {
    const { bytes, coding, dial } = this;
    // The random order's schedule is measured for blocks of 1,024.
    const blockLength = dial.schedule === 'random' ? BLOCK_LENGTH : coding.blockLength;
    for (let start = 0; start < bytes.length; start += blockLength) {
      const n = Math.min(blockLength, bytes.length - start);
      yield { start, ...partition(n, dial, coding.randomOrderLoss) };
    }
  }

  look({ start, positions }: Block, from: number, to: number, row: number): number {
    const { features, coder, indices } = this;
    const { columns } = features;
    for (let i = from; i < to; i++) {
      const at = row + i - from;
      features.row(start + (positions[i] as number), indices, at * columns);
      coder.note(at, features);
    }
    return to - from;
  }

  inputs(rows: number): readonly Int32Array[] {
    return [this.indices.subarray(0, rows * this.features.columns)];
  }

  encode({ start, positions }: Block, from: number, to: number, logits: Float32Array, encoder: RangeEncoder): void {
    for (let i = from; i < to; i++) {
      this.coder.encode(i - from, logits, this.bytes[start + (positions[i] as number)] as number, encoder);
    }
  }

  decode({ start, positions }: Block, from: number, to: number, logits: Float32Array, decoder: RangeDecoder): void {
    for (let i = from; i < to; i++) {
      this.bytes[start + (positions[i] as number)] = this.coder.decode(i - from, logits, decoder);
    }
  }

  reveal({ start, positions }: Block, from: number, to: number): void {
    this.features.reveal(start, positions, from, to);
  }

  endBlock({ start, positions }: Block): void {
    this.features.endBlock(start, start + positions.length);
  }

  close(): void {
    this.coder.close();
  }
}
