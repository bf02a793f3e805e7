import { LENGTH_LIMIT } from './layout.js';

/** Collects the fields of a header; headers are small, so plain numbers do. */
export class ByteWriter {
  private readonly bytes: number[] = [];

  u8(value: number): void {
    this.bytes.push(value & 0xff);
  }

  u32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.u8(value >>> shift);
  }

  append(bytes: Uint8Array): void {
    for (const byte of bytes) this.bytes.push(byte);
  }

  /** The bytes, and their number before them. */
  field(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.append(bytes);
  }

  /**
   * FORMAT.md, section 2.
   *
   * @throws RangeError unless the value is an integer from 0 to 2^40 - 1.
   */
  varint(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= LENGTH_LIMIT) {
      throw new RangeError(`an archive has no place for the number ${value}`);
    }
    let rest = value;
    while (rest >= 128) {
      this.u8((rest % 128) | 0x80);
      // Not a shift: lengths have up to 40 bits. Minus one because a further digit counts from one.
      rest = Math.floor(rest / 128) - 1;
    }
    this.u8(rest);
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}
