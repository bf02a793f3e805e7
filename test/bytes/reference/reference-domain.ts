import type { Block, Domain } from '../../../src/ardm/domain.js';
import { BLOCK_LENGTH } from '../../../src/ardm/order.js';
import { type Dial, partition } from '../../../src/ardm/schedule.js';
import type { Coding } from '../../../src/bytes/coding.js';
import type { RangeDecoder } from '../../../src/entropy/range-decoder.js';
import type { RangeEncoder } from '../../../src/entropy/range-encoder.js';
import { type ByteCoder, byteCoder, MOST_NOTES } from './byte-coder.js';
import { SegmentFeatures } from './features.js';

/** A segment of bytes in plain TypeScript, position by position: what `ByteDomain` is held to. */
export class ReferenceDomain implements Domain {
  readonly mostAtOnce = MOST_NOTES;
  private readonly features: SegmentFeatures;
  private readonly coder: ByteCoder;
  private readonly indices: Int32Array;
  /** Whether the network was asked about a noted position. */
  private asked: boolean[] = [];

  constructor(
    private readonly coding: Coding,
    private readonly bytes: Uint8Array,
    private readonly dial: Dial,
    /** Bytes at the beginning that the rest continues, and the size for which tables are made. */
    private readonly known = 0,
    size = bytes.length,
  ) {
    this.features = new SegmentFeatures(coding.columns, bytes, coding.mixing?.contexts, size);
    this.coder = byteCoder(coding, size);
    this.indices = new Int32Array(MOST_NOTES * coding.columns.length);
  }

  *blocks(): Iterable<Block> {
    const { bytes, coding, dial, known } = this;
    const inOrder = Uint32Array.from({ length: known + 1 }, (_, i) => i);
    if (known > 0) yield { start: 0, positions: inOrder.subarray(0, known), starts: inOrder };
    const blockLength = dial.schedule === 'random' ? BLOCK_LENGTH : coding.blockLength;
    for (let start = known; start < bytes.length; start += blockLength) {
      const n = Math.min(blockLength, bytes.length - start);
      yield { start, ...partition(n, dial, coding.randomOrderLoss) };
    }
  }

  look({ start, positions }: Block, from: number, to: number, row: number): number {
    let rows = 0;
    for (let i = from; i < to; i++) {
      this.features.row(start + (positions[i] as number), this.indices, (row + rows) * this.features.columns);
      const asked = this.coder.note(this.asked.length, this.features);
      this.asked.push(asked);
      if (asked) rows++;
    }
    return rows;
  }

  inputs(rows: number): readonly Int32Array[] {
    return [this.indices.subarray(0, rows * this.features.columns)];
  }

  encode({ start, positions }: Block, from: number, to: number, logits: Float32Array, encoder: RangeEncoder): void {
    let row = 0;
    for (let i = from; i < to; i++) {
      const byte = this.bytes[start + (positions[i] as number)] as number;
      this.coder.encode(i - from, row, logits, byte, encoder);
      if (this.asked[i - from]) row++;
    }
    this.asked = [];
  }

  decode({ start, positions }: Block, from: number, to: number, logits: Float32Array, decoder: RangeDecoder): void {
    let row = 0;
    for (let i = from; i < to; i++) {
      this.bytes[start + (positions[i] as number)] = this.coder.decode(i - from, row, logits, decoder);
      if (this.asked[i - from]) row++;
    }
    this.asked = [];
  }

  reveal({ start, positions }: Block, from: number, to: number): void {
    this.features.reveal(start, positions, from, to);
  }

  endBlock({ start, positions }: Block): void {
    this.features.endBlock(start, start + positions.length);
  }

  close(): void {}
}
