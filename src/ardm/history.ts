import { mix } from './hash.js';

/** Orders for which the segment's own statistics are kept. */
const ORDERS = [1, 2, 3, 4, 6] as const;

/**
 * What followed each context so far in this segment: per order a hash table of slots
 * `check:8 | count:8 | second:8 | first:8` (uint32, count 0 = empty): the likeliest next byte, how often it held of late
 * (1..15), and the byte that last contradicted it.
 */
export class History {
  private readonly tables: readonly Uint32Array[];
  private readonly shift: number;

  constructor(bits: number) {
    this.tables = ORDERS.map(() => new Uint32Array(2 ** bits));
    this.shift = 32 - bits;
  }

  /** Writes one hash per order into `slots` from `at` on; 0 where the context is not known or is new. */
  look(chain: Uint32Array, run: number, slots: Uint32Array, at: number): void {
    for (let k = 0; k < ORDERS.length; k++) {
      const order = ORDERS[k] as number;
      let found = 0;
      if (run >= order) {
        const h = mix(chain[order] as number, 600 + order);
        const slot = (this.tables[k] as Uint32Array)[h >>> this.shift] as number;
        const count = (slot >>> 16) & 255;
        if (count > 0 && slot >>> 24 === (h & 255)) {
          found = mix(mix(0, (slot & 255) * 8 + countBucket(count)), (slot >>> 8) & 255);
        }
      }
      slots[at + k] = found;
    }
  }

  /** Enters `byte` as the successor of the context of `order` bytes whose chained hash is `hash`. */
  enter(order: number, hash: number, byte: number): void {
    const k = ORDERS.indexOf(order as (typeof ORDERS)[number]);
    if (k < 0) return;
    const table = this.tables[k] as Uint32Array;
    const h = mix(hash, 600 + order);
    const check = h & 255;
    const slot = table[h >>> this.shift] as number;
    let first = slot & 255;
    let second = (slot >>> 8) & 255;
    let count = (slot >>> 16) & 255;
    if (count === 0 || slot >>> 24 !== check) {
      first = byte;
      second = byte;
      count = 1;
    } else if (first === byte) {
      if (count < 15) count++;
    } else if (count > 2) {
      // A habit survives an exception, at half its strength.
      count >>>= 1;
      second = byte;
    } else {
      second = first;
      first = byte;
      count = 1;
    }
    table[h >>> this.shift] = (check << 24) | (count << 16) | (second << 8) | first;
  }
}

function countBucket(count: number): number {
  if (count <= 3) return count;
  if (count <= 5) return 4;
  if (count <= 8) return 5;
  return count <= 14 ? 6 : 7;
}
