import { CUT_AFTER } from './cut.js';
import { TOTAL, TOTAL_BITS } from './total.js';

/**
 * Reads back what a RangeEncoder wrote: for each symbol `target()`, find the interval that holds it, `advance(...)`.
 *
 * Any byte string decodes to some sequence: nothing here fails or loops on damaged bytes, a checksum must tell.
 * Bytes past the end read as zero, as the encoder assumes.
 */
export class RangeDecoder {
  // `code` is (value of the string) - low, so low itself is not needed. Both are unsigned, kept as int32.
  code: number;
  range = -1;
  private position = 4;

  constructor(private readonly bytes: Uint8Array) {
    this.code = (byteAt(bytes, 0) << 24) | (byteAt(bytes, 1) << 16) | (byteAt(bytes, 2) << 8) | byteAt(bytes, 3);
  }

  /** Whether the string is known to have been cut, so that what is decoded from here on is nobody's. */
  get cut(): boolean {
    return this.code !== 0 && this.position - 4 - this.bytes.length >= CUT_AFTER;
  }

  /** The point of [0, TOTAL) that lies in the coded symbol's interval. */
  target(): number {
    const unit = this.range >>> TOTAL_BITS;
    // Exact although a floating-point division: see range-coder.md. What truncation left over belongs to the last point.
    const point = Math.floor((this.code >>> 0) / unit);
    return point < TOTAL ? point : TOTAL - 1;
  }

  /** Consumes the symbol whose interval [start, start + size) holds `target()`; preconditions as in `encode`. */
  advance(start: number, size: number): void {
    const unit = this.range >>> TOTAL_BITS;
    const offset = Math.imul(unit, start);
    let code = (this.code - offset) | 0;
    let range = start + size === TOTAL ? (this.range - offset) | 0 : Math.imul(unit, size);
    while (range >>> 24 === 0) {
      code = (code << 8) | byteAt(this.bytes, this.position++);
      range <<= 8;
    }
    this.code = code;
    this.range = range;
  }

  /** The next bytes that `advance` would read, at most `count`: past the end come zeros. */
  ahead(count: number): Uint8Array {
    return this.bytes.subarray(this.position, this.position + count);
  }

  /** Goes on where a program has come to that went on from `code` and `range`, and took so many bytes of those ahead. */
  continueFrom(code: number, range: number, taken: number): void {
    this.code = code | 0;
    this.range = range | 0;
    this.position += taken;
  }
}

function byteAt(bytes: Uint8Array, index: number): number {
  return index < bytes.length ? (bytes[index] as number) : 0;
}
