import { CUT_AFTER } from './cut.js';
import { TOTAL, TOTAL_BITS } from './total.js';

/**
 * Turns a sequence of intervals of [0, TOTAL) into the shortest byte string that identifies it.
 *
 * A 32-bit range coder with carry; `range-coder.md` beside this file derives it. One encoder makes one string.
 */
export class RangeEncoder {
  // `low` and `range` are unsigned 32-bit numbers kept as int32, so that they stay small integers for the engine.
  low = 0;
  range = -1;
  /** To be called by whoever codes positions, after each of them, where somebody wants to know what they take. */
  onPosition: (() => void) | undefined;
  private bytes = new Uint8Array(256);
  private length = 0;
  /** Bytes that had left when a symbol last moved `low`. */
  private moved = 0;

  /**
   * Codes the symbol that occupies [start, start + size).
   *
   * Preconditions, not checked in this hot path: integers, 0 <= start, 1 <= size, start + size <= TOTAL.
   */
  encode(start: number, size: number): void {
    const unit = this.range >>> TOTAL_BITS;
    const offset = Math.imul(unit, start);
    let low = (this.low + offset) | 0;
    if (low >>> 0 < offset >>> 0) this.carry();
    if (offset !== 0) this.moved = this.length;
    // The last interval also gets what the division left over.
    let range = start + size === TOTAL ? (this.range - offset) | 0 : Math.imul(unit, size);
    while (range >>> 24 === 0) {
      if (this.length === this.bytes.length) this.grow();
      this.bytes[this.length++] = low >>> 24;
      low <<= 8;
      range <<= 8;
    }
    this.low = low;
    this.range = range;
  }

  /** Bits that have been coded so far: what the range has shrunk to, of all strings. A float, for those who measure: no coded bit depends on it. */
  get bits(): number {
    return 8 * this.length + 32 - Math.log2(this.range >>> 0);
  }

  /**
   * Goes on where a program has come to that went on from `low` and `range`: it put out `bytes`, and perhaps a carry into those before.
   *
   * @param moved how many of `bytes` had left when a symbol last moved `low`; -1 if none did.
   */
  continueFrom(low: number, range: number, carried: boolean, moved: number, bytes: Uint8Array): void {
    if (carried) this.carry();
    if (moved >= 0) this.moved = this.length + moved;
    while (this.length + bytes.length > this.bytes.length) this.grow();
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
    this.low = low | 0;
    this.range = range | 0;
  }

  /**
   * Ends the string with the fewest bytes after which the decoder, reading zeros past the end, is in the final interval.
   *
   * Call it once, last.
   */
  finish(): Uint8Array {
    const low = this.low >>> 0;
    const end = low + (this.range >>> 0);
    if (end > 2 ** 32) {
      // The interval holds the carry itself, with nothing but zeros after it.
      this.carry();
    } else if (low > 0) {
      // Some multiple of 2^24 lies in [low, low + 2^24), and the interval is at least that long.
      if (this.length === this.bytes.length) this.grow();
      this.bytes[this.length++] = Math.ceil(low / 2 ** 24);
    }
    let length = this.length;
    while (length > 0 && this.bytes[length - 1] === 0) length--;
    return this.bytes.slice(0, length);
  }

  /**
   * The same, but a few bytes longer where the decoder would take the shortest string for one that was cut (range-coder.md, section 4).
   *
   * Call it once, last, in place of `finish`.
   */
  finishUncut(): Uint8Array {
    const asked = this.low === 0 ? this.moved : this.length;
    const longer = new Uint8Array(this.length + 4);
    longer.set(this.bytes.subarray(0, this.length));
    // Odd, so that there are no zeros at its end that would have been dropped.
    new DataView(longer.buffer).setInt32(this.length, this.low | 1);
    const shortest = this.finish();
    return asked - shortest.length < CUT_AFTER ? shortest : longer;
  }

  /** Adds one to the number that the bytes so far spell; it cannot run off the first byte. */
  private carry(): void {
    let index = this.length - 1;
    while (this.bytes[index] === 0xff) this.bytes[index--] = 0;
    this.bytes[index] = (this.bytes[index] as number) + 1;
  }

  private grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}
