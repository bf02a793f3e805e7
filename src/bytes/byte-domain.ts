import type { Block, Domain } from '../ardm/domain.js';
import { BLOCK_LENGTH } from '../ardm/order.js';
import { type Dial, partition } from '../ardm/schedule.js';
import type { RangeDecoder } from '../entropy/range-decoder.js';
import type { RangeEncoder } from '../entropy/range-encoder.js';
import { ByteProgram, MOST_NOTES } from './byte-program.js';
import type { Coding } from './coding.js';

/**
 * A segment of bytes: what is known around a byte selects rows of a table (`features.md`), a byte is coded under 256 logits, mixed with what the
 * segment shows where the model has mixing (`../mixing/mixing.md`). All of it happens in a WebAssembly program.
 */
export class ByteDomain implements Domain {
  readonly mostAtOnce = MOST_NOTES;
  private readonly program: ByteProgram;
  /** Positions that are noted but not coded. */
  private noted = 0;

  /** @param bytes the segment; a decoder's is filled in. */
  constructor(
    private readonly coding: Coding,
    private readonly bytes: Uint8Array,
    private readonly dial: Dial,
  ) {
    this.program = ByteProgram.take(coding, bytes.length);
    this.program.bytes.set(bytes);
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
    const rows = this.program.look(start, positions, from, to, this.noted, row);
    this.noted += to - from;
    return rows;
  }

  inputs(rows: number): readonly Int32Array[] {
    return [this.program.rows(rows)];
  }

  encode(_block: Block, from: number, to: number, logits: Float32Array, encoder: RangeEncoder): void {
    this.program.encode(to - from, logits, encoder);
    this.noted = 0;
  }

  decode({ start, positions }: Block, from: number, to: number, logits: Float32Array, decoder: RangeDecoder): void {
    this.program.decode(to - from, logits, decoder);
    this.noted = 0;
    for (let i = from; i < to; i++) {
      const p = start + (positions[i] as number);
      this.bytes[p] = this.program.bytes[p] as number;
    }
  }

  reveal(): void {
    this.program.reveal();
  }

  endBlock({ start, positions }: Block): void {
    // Nothing comes after the last one that it could inform.
    const end = start + positions.length;
    if (end < this.bytes.length) this.program.endBlock(start, end);
  }

  close(): void {
    this.program.giveBack();
  }
}
