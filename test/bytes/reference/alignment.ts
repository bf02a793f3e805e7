import { SLOT } from '../../../src/bytes/contexts.js';
import { isDigit, isLetter, LINE_FEED } from './byte-classes.js';
import { mix } from './hash.js';

const { 'aligned-1': ALIGNED_1, 'aligned-2': ALIGNED_2 } = SLOT;

/** How far a delimiter is sought in the line above. */
const MAX_SEARCH = 64;
const MAX_AGREEMENT = 15;
const NOWHERE = -1;
/** The symbol of a byte that the line above has not got. */
const MISSING = 258;

/**
 * A cursor in the line above that keeps step with this line: it moves byte by byte through letters and digits, and at
 * every other byte to the same one up there, so that fields of different widths stay under each other.
 */
export class Alignment {
  /** Per position, as it stood when that position was coded: the byte that stands in its place in the line above, or -1. */
  private readonly cursor: Int32Array;
  /** Bytes up to there that the cursor predicted, one after the other. */
  private readonly agreement: Uint8Array;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly known: Uint8Array,
    private readonly lineFeeds: Int32Array,
  ) {
    this.cursor = new Int32Array(bytes.length);
    this.agreement = new Uint8Array(bytes.length);
  }

  /** Writes the two contexts of position `p` into their slots. @param last s(p-1). @param pair c(2). */
  look(p: number, run: number, last: number, pair: number, slots: Uint32Array): void {
    const { bytes, known } = this;
    let cursor = NOWHERE;
    let agreement = 0;
    if (run > 0) {
      const old = this.cursor[p - 1] as number;
      if (last === LINE_FEED) {
        cursor = this.lineBefore(p);
      } else if (old >= 0) {
        if (bytes[old] === last) agreement = Math.min((this.agreement[p - 1] as number) + 1, MAX_AGREEMENT);
        cursor = this.step(old, last);
      }
      if (cursor >= p || (cursor >= 0 && known[cursor] === 0)) cursor = NOWHERE;
    }
    this.cursor[p] = cursor;
    this.agreement[p] = agreement;
    const first = cursor >= 0 ? (bytes[cursor] as number) : MISSING;
    const second = cursor >= 0 && cursor + 1 < p && known[cursor + 1] === 1 ? (bytes[cursor + 1] as number) : MISSING;
    slots[ALIGNED_1] = mix(mix(mix(0, first), last), Math.min(agreement, 4));
    slots[ALIGNED_2] = mix(mix(mix(pair, first), second), agreement > 0 ? 1 : 0);
  }

  /** Where the line begins that ends before position `p`, as far as known. */
  private lineBefore(p: number): number {
    if (p < 2 || this.known[p - 2] === 0) return NOWHERE;
    const feed = this.lineFeeds[p - 2] as number;
    return feed >= 0 ? feed + 1 : NOWHERE;
  }

  /** Where a cursor at `old` goes when `byte` is read below it. It waits at the end of its line. */
  private step(old: number, byte: number): number {
    const { bytes, known } = this;
    if (isLetter(byte) || isDigit(byte)) return bytes[old] === LINE_FEED ? old : old + 1;
    let q = old;
    for (let steps = 0; steps < MAX_SEARCH && bytes[q] !== byte && bytes[q] !== LINE_FEED; steps++) {
      q++;
      if (q >= bytes.length || known[q] === 0) return NOWHERE;
    }
    if (bytes[q] === byte) return q + 1;
    return bytes[q] === LINE_FEED ? q : old + 1;
  }
}
