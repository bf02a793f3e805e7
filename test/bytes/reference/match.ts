import { SLOT } from '../../../src/bytes/contexts.js';
import { mix } from './hash.js';

const { 'match-long': MATCH_LONG, 'match-short': MATCH_SHORT } = SLOT;

/** Bytes of context under which positions are entered; a match must be at least that long. */
export const LONG_KEY = 7;
export const SHORT_KEY = 4;
/** How far back a match found anew is checked; a match that goes on counts further. */
const MAX_CHECKED = 32;
const MAX_LENGTH = 65535;
/** A match is given up after so many wrong predictions without 16 right ones in a row between them. */
const MAX_MISSES = 8;
const NO_MATCH = 0;

/** Where the last bytes occurred before in what is known of the segment: a long match that is followed, and a short one. */
export class Matches {
  private readonly longTable: Int32Array;
  private readonly shortTable: Int32Array;
  private readonly shift: number;
  /** Per position, of the long match as it stood when that position was coded: candidate (or -1), length, misses. */
  private readonly candidate: Int32Array;
  private readonly length: Int32Array;
  private readonly misses: Uint8Array;
  /** Bytes for which the long match of the last row has held without a miss, 0 if there is none. */
  held = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly known: Uint8Array,
    bits: number,
  ) {
    this.longTable = new Int32Array(2 ** bits).fill(-1);
    this.shortTable = new Int32Array(2 ** bits).fill(-1);
    this.shift = 32 - bits;
    this.candidate = new Int32Array(bytes.length).fill(-1);
    this.length = new Int32Array(bytes.length);
    this.misses = new Uint8Array(bytes.length);
  }

  /** Writes the long and the short match of position `p` (13-bit rows: agreement or miss, predicted byte, length) into their slots. */
  look(p: number, chain: Uint32Array, run: number, slots: Uint32Array): void {
    const { bytes, known } = this;
    let candidate = -1;
    let length = 0;
    let misses = 0;
    if (run > 0 && (this.candidate[p - 1] as number) >= 0) {
      candidate = (this.candidate[p - 1] as number) + 1;
      misses = this.misses[p - 1] as number;
      if (bytes[candidate - 1] === bytes[p - 1]) {
        length = Math.min((this.length[p - 1] as number) + 1, MAX_LENGTH);
        if (length >= 16) misses = 0;
      } else {
        misses++;
      }
      if (misses >= MAX_MISSES || candidate >= bytes.length || known[candidate] === 0) {
        candidate = -1;
        length = 0;
        misses = 0;
      }
    }
    if (length < MAX_CHECKED && run >= LONG_KEY) {
      const other = this.longTable[mix(chain[LONG_KEY] as number, 0) >>> this.shift] as number;
      if (other >= 0 && other !== candidate) {
        const checked = this.check(p, other, run);
        if (checked >= LONG_KEY && checked > length) {
          candidate = other;
          length = checked;
          misses = 0;
        }
      }
    }
    this.candidate[p] = candidate;
    this.length[p] = length;
    this.misses[p] = misses;
    this.held = misses === 0 ? length : 0;
    const predicted = candidate < 0 ? -1 : (bytes[candidate] as number);
    slots[MATCH_LONG] = candidate < 0 ? NO_MATCH : (misses > 0 ? 4096 : 0) + predicted * 16 + lengthBucket(length);

    slots[MATCH_SHORT] = NO_MATCH;
    if (run >= SHORT_KEY) {
      const short = this.shortTable[mix(chain[SHORT_KEY] as number, 0) >>> this.shift] as number;
      if (short >= 0) {
        const checked = this.check(p, short, run);
        if (checked >= SHORT_KEY) {
          const byte = bytes[short] as number;
          slots[MATCH_SHORT] = (byte === predicted ? 4096 : 0) + byte * 16 + lengthBucket(checked);
        }
      }
    }
  }

  enterLong(hash: number, p: number): void {
    this.longTable[mix(hash, 0) >>> this.shift] = p;
  }

  enterShort(hash: number, p: number): void {
    this.shortTable[mix(hash, 0) >>> this.shift] = p;
  }

  /** How many known bytes before `p` and before `candidate` agree, up to 32. */
  private check(p: number, candidate: number, run: number): number {
    const { bytes, known } = this;
    const limit = Math.min(MAX_CHECKED, run, candidate);
    let n = 0;
    while (n < limit && known[candidate - n - 1] === 1 && bytes[candidate - n - 1] === bytes[p - n - 1]) n++;
    return n;
  }
}

function lengthBucket(n: number): number {
  if (n <= 4) return n > 0 ? 1 : 0;
  if (n <= 8) return n - 3;
  if (n <= 10) return 6;
  if (n <= 12) return 7;
  if (n <= 15) return 8;
  if (n <= 19) return 9;
  if (n <= 31) return 10;
  if (n <= 63) return 11;
  if (n <= 127) return 12;
  if (n <= 255) return 13;
  return n <= 511 ? 14 : 15;
}
