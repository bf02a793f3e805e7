import type { Block, Domain } from '../ardm/domain.js';
import { BLOCK_LENGTH } from '../ardm/order.js';
import { type Dial, partition } from '../ardm/schedule.js';
import type { RangeDecoder } from '../entropy/range-decoder.js';
import type { RangeEncoder } from '../entropy/range-encoder.js';
import { ByteProgram, MOST_NOTES, MOST_POSITIONS } from './byte-program.js';
import type { Coding } from './coding.js';

/**
 * A segment of bytes: what is known around a byte selects rows of a table (`features.md`), a byte is coded under 256 logits, mixed with what the
 * segment shows where the model has mixing (`../mixing/mixing.md`). All of it happens in a WebAssembly program.
 */
export class ByteDomain implements Domain {
  /** The notes of a call lie side by side, so that up to a call less may stay free at their end. */
  readonly mostAtOnce = MOST_NOTES - MOST_POSITIONS;
  readonly looksAhead = true;
  /** Where the next position is noted, and the oldest one that is not coded. */
  private next = 0;
  private oldest = 0;
  /** Where the notes ended when they began anew at 0, until the oldest one is behind that, too. */
  private end: number | undefined;

  /**
   * @param program one in which the segment has begun. @param known bytes before it that are known.
   * @param bytes the segment; a decoder's is filled in. @param blocks in which it is coded.
   * @param giveBack called when the segment is done.
   */
  constructor(
    private readonly program: ByteProgram,
    private readonly known: number,
    private readonly bytes: Uint8Array,
    readonly blocks: () => Iterable<Block>,
    private readonly giveBack: () => void,
  ) {
    program.bytes.set(bytes, known);
  }

  look({ start, positions }: Block, from: number, to: number, row: number): number {
    const count = to - from;
    if (this.next + count > MOST_NOTES) {
      this.end = this.next;
      this.next = 0;
    }
    const rows = this.program.look(this.known + start, positions, from, to, this.next, row);
    this.next += count;
    return rows;
  }

  inputs(rows: number): readonly Int32Array[] {
    return [this.program.rows(rows)];
  }

  encode(_block: Block, from: number, to: number, logits: Float32Array, encoder: RangeEncoder): void {
    let row = 0;
    for (let left = to - from; left > 0; ) {
      if (this.oldest === this.end) {
        this.oldest = 0;
        this.end = undefined;
      }
      const count = Math.min(left, (this.end ?? this.next) - this.oldest);
      row = this.program.encode(this.oldest, count, logits, row, encoder);
      this.oldest += count;
      left -= count;
    }
  }

  decode({ start, positions }: Block, from: number, to: number, logits: Float32Array, decoder: RangeDecoder): void {
    this.program.decode(to - from, logits, decoder);
    this.next = 0;
    for (let i = from; i < to; i++) {
      const p = start + (positions[i] as number);
      this.bytes[p] = this.program.bytes[this.known + p] as number;
    }
  }

  reveal(): void {
    this.program.reveal();
  }

  endBlock({ start, positions }: Block): void {
    // Nothing comes after the last one that it could inform.
    const end = start + positions.length;
    if (end < this.bytes.length) this.program.endBlock(this.known + start, this.known + end);
  }

  close(): void {
    this.giveBack();
  }
}

/** A segment that continues nothing. */
export function segmentOf(coding: Coding, bytes: Uint8Array, dial: Dial): ByteDomain {
  const program = ByteProgram.take(coding, bytes.length);
  const blocks = (): Iterable<Block> => blocksOf(coding, bytes.length, dial);
  return new ByteDomain(program, 0, bytes, blocks, () => program.giveBack());
}

/** The blocks of a segment of `length` bytes. */
export function* blocksOf(coding: Coding, length: number, dial: Dial): Iterable<Block> {
  // The random order's schedule is measured for blocks of 1,024.
  const blockLength = dial.schedule === 'random' ? BLOCK_LENGTH : coding.blockLength;
  for (let start = 0; start < length; start += blockLength) {
    yield { start, ...partition(Math.min(blockLength, length - start), dial, coding.randomOrderLoss) };
  }
}
