import { mix } from './hash.js';

const MAX_COUNT = 15;
const NONE = 0;

/**
 * What followed each value of one context so far in this segment: a hash table of slots
 * `check:8 | count:8 | second:8 | first:8` (uint32, count 0 = empty): the likeliest next byte, how often it held of late
 * (1..15), and the byte that last contradicted it.
 */
export class HistoryTable {
  private readonly slots: Uint32Array;
  private readonly shift: number;

  /** @param bits log2 of the slots. @param salt what is mixed into the context's hash. */
  constructor(
    bits: number,
    private readonly salt: number,
  ) {
    this.slots = new Uint32Array(2 ** bits);
    this.shift = 32 - bits;
  }

  /** A hash of what followed the context of this hash; 0 if it is new. */
  find(hash: number): number {
    const h = mix(hash, this.salt);
    const slot = this.slots[h >>> this.shift] as number;
    const count = (slot >>> 16) & 255;
    if (count === 0 || slot >>> 24 !== (h & 255)) return NONE;
    return mix(mix(0, (slot & 255) * 8 + countBucket(count)), (slot >>> 8) & 255);
  }

  /** How often `byte` has followed the context of this hash, if nothing else ever has; else 0. */
  habit(hash: number, byte: number): number {
    const h = mix(hash, this.salt);
    const slot = this.slots[h >>> this.shift] as number;
    const isOnly = slot >>> 24 === (h & 255) && (slot & 255) === byte && ((slot >>> 8) & 255) === byte;
    return isOnly ? (slot >>> 16) & 255 : 0;
  }

  /** Enters `byte` as the successor of the context of this hash. */
  enter(hash: number, byte: number): void {
    const h = mix(hash, this.salt);
    const check = h & 255;
    const slot = this.slots[h >>> this.shift] as number;
    let first = slot & 255;
    let second = (slot >>> 8) & 255;
    let count = (slot >>> 16) & 255;
    if (count === 0 || slot >>> 24 !== check) {
      first = byte;
      second = byte;
      count = 1;
    } else if (first === byte) {
      if (count < MAX_COUNT) count++;
    } else if (count > 2) {
      // A habit survives an exception, at half its strength.
      count >>>= 1;
      second = byte;
    } else {
      second = first;
      first = byte;
      count = 1;
    }
    this.slots[h >>> this.shift] = (check << 24) | (count << 16) | (second << 8) | first;
  }
}

function countBucket(count: number): number {
  if (count <= 3) return count;
  if (count <= 5) return 4;
  if (count <= 8) return 5;
  return count <= 14 ? 6 : 7;
}
