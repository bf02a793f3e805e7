import { LINE_FEED } from './byte-classes.js';
import { mix } from './hash.js';

const SPACE = 32;
const TAB = 9;
/** The word's bits: depth of this line, whether it still goes on, first byte after it; depth and first byte of the line before. */
const DEPTH = 63;
const GOES_ON = 64;
const FIRST_SHIFT = 7;
const FIRST = 255 << FIRST_SHIFT;
const DEPTH_BEFORE_SHIFT = 15;
const FIRST_BEFORE_SHIFT = 21;
const UNKNOWN = 256;

/** How far this line and the line before are indented, and with what they begin. */
export class Indentation {
  /** Per position, the word as it stood when that position was coded. */
  private readonly words: Uint32Array;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly known: Uint8Array,
    private readonly lineFeeds: Int32Array,
  ) {
    this.words = new Uint32Array(bytes.length);
  }

  /** The context's hash at position `p`; while the line's indentation goes on, with the last byte of the line before. */
  look(p: number, run: number): number {
    const word = run > 0 ? next(this.words[p - 1] as number, this.bytes[p - 1] as number) : 0;
    this.words[p] = word;
    let tail = UNKNOWN;
    if ((word & GOES_ON) !== 0) {
      const feed = this.lineFeeds[p - 1] as number;
      if (feed > 0 && this.known[feed - 1] === 1) tail = this.bytes[feed - 1] as number;
    }
    return mix(mix(0, word & 0xffff), mix(word >>> 16, tail) & 0xffff);
  }
}

function next(word: number, byte: number): number {
  if (byte === LINE_FEED) {
    const before = ((word & DEPTH) << DEPTH_BEFORE_SHIFT) | (((word & FIRST) >>> FIRST_SHIFT) << FIRST_BEFORE_SHIFT);
    return before | GOES_ON;
  }
  if ((word & GOES_ON) === 0) return word;
  if (byte === SPACE || byte === TAB) return (word & DEPTH) < DEPTH ? word + 1 : word;
  return (word & ~GOES_ON) | (byte << FIRST_SHIFT);
}
