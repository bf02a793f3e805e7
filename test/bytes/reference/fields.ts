import { LINE_FEED } from './byte-classes.js';
import { mix } from './hash.js';

const MAX_FIELD = 63;
/** The hash of a field whose beginning is not known. */
const UNKNOWN_START = 511;
/** Comma, semicolon, tab and bar end a field; so does a line feed, which begins a new count. */
const ENDS_FIELD = Uint8Array.from({ length: 256 }, (_, b) => (b === 44 || b === 59 || b === 9 || b === 124 ? 1 : 0));

/** Which field of its line a position is in, and what stands in the field before it. */
export class Fields {
  /** Per position, as it stood when that position was coded: delimiters of its line so far (at most 63); hash of the field's bytes. */
  private readonly number: Uint8Array;
  private readonly content: Uint32Array;

  constructor(private readonly bytes: Uint8Array) {
    this.number = new Uint8Array(bytes.length);
    this.content = new Uint32Array(bytes.length);
  }

  look(p: number, run: number): void {
    let number = 0;
    let content = UNKNOWN_START;
    if (run > 0) {
      const byte = this.bytes[p - 1] as number;
      if (byte === LINE_FEED) {
        content = 0;
      } else if (ENDS_FIELD[byte] === 1) {
        number = Math.min((this.number[p - 1] as number) + 1, MAX_FIELD);
        content = 0;
      } else {
        number = this.number[p - 1] as number;
        content = mix(this.content[p - 1] as number, byte);
      }
    }
    this.number[p] = number;
    this.content[p] = content;
  }

  /** The context's hash, for a position that has been looked at. */
  hash(p: number): number {
    return mix(this.content[p] as number, this.number[p] as number);
  }
}
