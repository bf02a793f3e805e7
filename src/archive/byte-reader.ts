import { DamagedHeaderError, TruncatedArchiveError } from './errors.js';
import { LENGTH_LIMIT } from './layout.js';

const MAX_VARINT_BYTES = 6;

/** Reads the fields of a header one after another. Every method throws TruncatedArchiveError past the end. */
export class ByteReader {
  /**
   * @param bytes the archive.
   * @param position offset of the next byte to be read.
   */
  constructor(
    private readonly bytes: Uint8Array,
    public position: number,
  ) {}

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  u8(): number {
    return this.take(1)[0] as number;
  }

  u32(): number {
    const field = this.take(4);
    return new DataView(field.buffer, field.byteOffset, 4).getUint32(0, true);
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    if (length > this.remaining) throw new TruncatedArchiveError('its header is not complete');
    const start = this.position;
    this.position += length;
    return this.bytes.subarray(start, this.position);
  }

  /**
   * A copy of as many bytes as a varint before them says.
   *
   * @throws DamagedHeaderError if they are more than `most`.
   */
  field(most: number): Uint8Array {
    const length = this.varint();
    if (length > most) throw new DamagedHeaderError(`a field of its header has ${length} bytes, more than ${most}`);
    return Uint8Array.from(this.take(length));
  }

  /**
   * FORMAT.md, section 2: an integer from 0 to 2^40 - 1.
   *
   * @throws DamagedHeaderError if it is longer or larger than that.
   */
  varint(): number {
    let byte = this.u8();
    let value = byte & 0x7f;
    let weight = 1;
    for (let count = 1; byte >= 0x80; count++) {
      if (count === MAX_VARINT_BYTES) throw new DamagedHeaderError('a number in its header does not end');
      byte = this.u8();
      weight *= 128;
      value += ((byte & 0x7f) + 1) * weight;
    }
    if (value >= LENGTH_LIMIT) throw new DamagedHeaderError('a number in its header is 2^40 or more');
    return value;
  }
}
