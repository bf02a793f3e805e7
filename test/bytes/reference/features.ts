import type { Column } from '../../../src/bytes/coding.js';
import { CLASSES_SLOT, type ContextValue, DIRECT, SLOT } from '../../../src/bytes/contexts.js';
import { CLASS_OF, CLASSES, foldCase, isLetter, LINE_FEED } from './byte-classes.js';
import { mix, spread } from './hash.js';
import { History } from './history.js';
import { LONG_KEY, Matches, SHORT_KEY } from './match.js';
import { Statistics } from './statistics.js';
import { Structure } from './structure.js';

/** How far known bytes to the left are looked at. */
const MAX_RUN = 32;
/** How far the nearest known byte on either side is sought. */
const MAX_DISTANCE = 8;
/** The symbol of a position that is not known yet, or lies outside the segment. */
const UNKNOWN = 256;
/** Symbols of the `above` context where there is no byte: the line above is shorter; there is none. */
const ABOVE_ENDS = 257;
const ABOVE_MISSING = 258;
/** Slots by name; constants, because the lookup of a property in every row would cost. */
const {
  'two-sided-1': TWO_SIDED_1,
  'two-sided-2': TWO_SIDED_2,
  'order-1': ORDER_1,
  'order-2': ORDER_2,
  'order-3': ORDER_3,
  'order-4': ORDER_4,
  'order-5': ORDER_5,
  'order-6': ORDER_6,
  'order-8': ORDER_8,
  word: WORD,
  'word-pair': WORD_PAIR,
  skip: SKIP,
  near: NEAR,
  above: ABOVE,
  line: LINE,
  'match-long': MATCH_LONG,
  'bridge-1': BRIDGE_1,
  'bridge-2': BRIDGE_2,
  'bridge-3': BRIDGE_3,
  right: RIGHT,
  'bridge-word': BRIDGE_WORD,
  document: DOCUMENT,
  place: PLACE,
} = SLOT;

/**
 * Context features of the positions of one segment, given what of it is known when a position's network call comes
 * (`src/bytes/features.md`). Encoder and decoder drive it alike: `row` for every position of a call, `reveal` for each of them
 * after it, `endBlock` when a block is whole. It never reads a byte that has not been revealed.
 */
export class SegmentFeatures {
  private readonly known: Uint8Array;
  /** Length of the known run to the left of a position when it was coded, up to 32. */
  private readonly runAt: Uint8Array;
  /** The last line feed at or before a position, as far as known: -1 if none is. */
  private readonly newline: Int32Array;
  private readonly matches: Matches;
  private readonly history: History;
  /** What only some models look at. */
  private readonly structure: Structure | undefined;
  private readonly statistics: Statistics | undefined;
  private readonly chain = new Uint32Array(9);
  /** Run of the last row. */
  private run = 0;
  /** Values of the last row. */
  private readonly slots = new Uint32Array(CLASSES_SLOT + 1);
  private readonly slotOf: Int32Array;
  private readonly bitsOf: Int32Array;
  private readonly offsetOf: Int32Array;
  private readonly directOf: Uint8Array;
  private readonly valueSlots: Int32Array;
  readonly columns: number;

  /**
   * @param bytes the segment; a decoder fills it in as bytes come.
   * @param values contexts whose values are wanted beside the table rows.
   * @param size of the segment that the tables are as large for.
   */
  constructor(
    columns: readonly Column[],
    private readonly bytes: Uint8Array,
    values: readonly ContextValue[] = [],
    size = bytes.length,
  ) {
    const wanted = new Set<ContextValue>([...columns.map((c) => c.context), ...values]);
    const bits = tableBits(size);
    this.known = new Uint8Array(bytes.length);
    this.runAt = new Uint8Array(bytes.length);
    this.newline = new Int32Array(bytes.length).fill(-1);
    this.matches = new Matches(bytes, this.known, bits);
    this.history = new History(bits);
    if (Structure.isWanted(wanted)) this.structure = new Structure(bytes, this.known, this.newline, bits, wanted);
    if (wanted.has('document') || wanted.has('place')) this.statistics = new Statistics();
    this.columns = columns.length;
    this.valueSlots = Int32Array.from(values, (value) => SLOT[value]);
    this.slotOf = Int32Array.from(columns, (c) => SLOT[c.context]);
    this.bitsOf = Int32Array.from(columns, (c) => c.bits);
    this.offsetOf = Int32Array.from(columns, (c) => c.offset);
    this.directOf = Uint8Array.from(columns, (c) => (DIRECT.has(c.context) ? 1 : 0));
  }

  /** Writes the table indices of position `p` to `out[at .. at + columns)`. */
  row(p: number, out: Int32Array, at: number): void {
    this.look(p);
    const { slots, slotOf, bitsOf, offsetOf, directOf } = this;
    for (let c = 0; c < this.columns; c++) {
      const value = slots[slotOf[c] as number] as number;
      const bits = bitsOf[c] as number;
      const row = directOf[c] === 1 ? value & ((1 << bits) - 1) : spread(value, bits);
      out[at + c] = (offsetOf[c] as number) + row;
    }
  }

  /** Writes the wanted values of the last row to `out[at .. )`. */
  values(out: Uint32Array, at: number): void {
    const { slots, valueSlots } = this;
    for (let k = 0; k < valueSlots.length; k++) out[at + k] = slots[valueSlots[k] as number] as number;
  }

  /** Classes of the three bytes before the last row, the last one first: 0..342. */
  get classes(): number {
    return this.slots[CLASSES_SLOT] as number;
  }

  /** The byte that the long match of the last row predicts, -1 if there is none. */
  get expected(): number {
    const row = this.slots[MATCH_LONG] as number;
    return row > 0 ? (row >>> 4) & 255 : -1;
  }

  /** How far that match is to be trusted: bucket of its length, and 16 more if it has been wrong of late; 0 if there is none. */
  get matchBucket(): number {
    const row = this.slots[MATCH_LONG] as number;
    return (row & 15) + (row >= 4096 ? 16 : 0);
  }

  /** Whether the byte of the last row is certain: its match has held for so long without a miss, and its history has seen that byte alone, so often. */
  isCertain(length: number, count: number): boolean {
    const { matches, history, chain, expected } = this;
    return expected >= 0 && matches.held >= length && history.habit(chain, this.run, expected) >= count;
  }

  /** Makes the bytes of one call's positions known, `positions[from .. to)` relative to `base`. */
  reveal(base: number, positions: Uint32Array, from: number, to: number): void {
    for (let i = from; i < to; i++) this.known[base + (positions[i] as number)] = 1;
    for (let i = from; i < to; i++) {
      const p = base + (positions[i] as number);
      const run = this.runAt[p] as number;
      this.statistics?.count(this.bytes[p] as number);
      if (this.bytes[p] === LINE_FEED) this.newline[p] = p;
      else if (run > 0) this.newline[p] = this.newline[p - 1] as number;
      this.remember(p, 0, run);
      if (run > 0) this.structure?.remember(p);
    }
    this.statistics?.endCall();
  }

  /** Catches up, once a block is whole, on contexts that were not known when their byte was coded. */
  endBlock(start: number, end: number): void {
    for (let p = start; p < end; p++) {
      if (this.bytes[p] === LINE_FEED) this.newline[p] = p;
      else if (p > 0) this.newline[p] = this.newline[p - 1] as number;
      const run = this.runAt[p] as number;
      if (run < LONG_KEY && p > run) this.remember(p, run, Math.min(p, LONG_KEY));
    }
  }

  private look(p: number): void {
    const { bytes, known, slots, chain } = this;
    let run = 0;
    while (run < MAX_RUN && run < p && known[p - run - 1] === 1) run++;
    this.runAt[p] = run;
    this.run = run;
    let h = 0;
    chain[0] = 0;
    for (let j = 1; j <= 8; j++) {
      if (j <= run) h = mix(h, bytes[p - j] as number);
      else if (j === run + 1) h = mix(h, UNKNOWN + run);
      chain[j] = h;
    }
    const l1 = this.symbol(p - 1);
    const l2 = this.symbol(p - 2);
    const r1 = this.symbol(p + 1);
    slots[TWO_SIDED_1] = mix(mix(0, l1), r1);
    slots[TWO_SIDED_2] = mix(mix(mix(mix(0, l1), l2), r1), this.symbol(p + 2));
    slots[ORDER_3] = chain[3] as number;
    slots[ORDER_4] = chain[4] as number;
    slots[ORDER_5] = chain[5] as number;
    slots[ORDER_6] = chain[6] as number;
    slots[ORDER_8] = chain[8] as number;
    this.lookAtWords(p, run, l1);
    slots[SKIP] = mix(mix(mix(0, l2), this.symbol(p - 3)), this.symbol(p - 4));
    const right = this.lookNear(p);
    this.lookAcross(p, right, l1);
    this.lookAtLine(p, run, l1);
    this.matches.look(p, chain, run, slots);
    this.history.look(chain, run, slots);
    this.structure?.look(p, run, l1, chain[2] as number, slots[WORD] as number, slots);
    const [first, second, third] = [l1, l2, this.symbol(p - 3)].map((symbol) => CLASS_OF[symbol] ?? CLASSES) as [
      number,
      number,
      number,
    ];
    slots[CLASSES_SLOT] = (first * (CLASSES + 1) + second) * (CLASSES + 1) + third;
    if (this.statistics !== undefined) {
      slots[DOCUMENT] = this.statistics.document;
      slots[PLACE] = this.statistics.place(run, right);
    }
    slots[ORDER_1] = chain[1] as number;
    slots[ORDER_2] = chain[2] as number;
  }

  private symbol(q: number): number {
    return q >= 0 && q < this.bytes.length && this.known[q] === 1 ? (this.bytes[q] as number) : UNKNOWN;
  }

  /** The letters of the word up to `p`, and with them the word before. */
  private lookAtWords(p: number, run: number, l1: number): void {
    const { bytes, slots } = this;
    let w = 0;
    let j = 1;
    for (; j <= run && isLetter(bytes[p - j] as number); j++) w = mix(w, foldCase(bytes[p - j] as number));
    if (j > run) w = mix(w, 511);
    else if (j === 1) w = mix(w, 256 + l1);
    slots[WORD] = w;
    for (let gap = 0; j <= run && gap < 4 && !isLetter(bytes[p - j] as number); gap++, j++) w = mix(w, 256);
    for (; j <= run && isLetter(bytes[p - j] as number); j++) w = mix(w, foldCase(bytes[p - j] as number));
    slots[WORD_PAIR] = mix(w, 512);
  }

  /** Distance and value of the nearest known symbol on the left and on the right. Returns the distance on the right, 0 if none. */
  private lookNear(p: number): number {
    let left = 1;
    while (left <= MAX_DISTANCE && this.symbol(p - left) === UNKNOWN) left++;
    let right = 1;
    while (right <= MAX_DISTANCE && this.symbol(p + right) === UNKNOWN) right++;
    const h = left <= MAX_DISTANCE ? mix(mix(0, left), this.symbol(p - left)) : mix(mix(0, 0), UNKNOWN);
    if (right > MAX_DISTANCE) {
      this.slots[NEAR] = mix(mix(h, 0), UNKNOWN);
      return 0;
    }
    this.slots[NEAR] = mix(mix(h, right), this.symbol(p + right));
    return right;
  }

  /** Both sides of a gap that is about to close: what stands left of it, its `width` up to the known right side, what follows. */
  private lookAcross(p: number, width: number, l1: number): void {
    const { bytes, known, slots, chain } = this;
    if (width === 0) {
      // Not fill: it would take longer than all the rest here.
      slots[BRIDGE_1] = 0;
      slots[BRIDGE_2] = 0;
      slots[BRIDGE_3] = 0;
      slots[RIGHT] = 0;
      slots[BRIDGE_WORD] = 0;
      return;
    }
    const q = p + width;
    const r1 = this.symbol(q);
    const r2 = this.symbol(q + 1);
    const r3 = this.symbol(q + 2);
    const r4 = this.symbol(q + 3);
    slots[BRIDGE_1] = mix(mix(mix(mix(0, width), l1), r1), r2);
    slots[BRIDGE_2] = width <= 4 ? mix(mix(mix(mix(chain[2] as number, width), r1), r2), r3) : 0;
    slots[BRIDGE_3] = width <= 3 ? mix(mix(mix(mix(mix(chain[3] as number, width), r1), r2), r3), r4) : 0;
    slots[RIGHT] = mix(mix(mix(mix(mix(0, width), r1), r2), r3), r4);
    let h = mix(slots[WORD] as number, width);
    let j = 0;
    for (; j < 8 && q + j < bytes.length && known[q + j] === 1 && isLetter(bytes[q + j] as number); j++) {
      h = mix(h, foldCase(bytes[q + j] as number));
    }
    if (q + j >= bytes.length || known[q + j] === 0) h = mix(h, 511);
    else if (j === 0) h = mix(h, 256 + r1);
    slots[BRIDGE_WORD] = h;
  }

  /** The byte above in the previous line; the first bytes of this line and of the previous one, and the column. */
  private lookAtLine(p: number, run: number, l1: number): void {
    const { bytes, newline, slots } = this;
    let above = ABOVE_MISSING;
    let first = UNKNOWN;
    let before = UNKNOWN;
    let column = 0;
    const feed = run > 0 ? (newline[p - 1] as number) : -1;
    if (feed >= 0) {
      column = p - feed - 1;
      if (column > 0) first = bytes[feed + 1] as number;
      const previous = feed > 0 && this.known[feed - 1] === 1 ? (newline[feed - 1] as number) : -1;
      if (previous >= 0) {
        before = bytes[previous + 1] as number;
        const q = previous + 1 + column;
        above = q <= feed ? (bytes[q] as number) : ABOVE_ENDS;
      }
    }
    slots[ABOVE] = mix(mix(0, above), l1);
    slots[LINE] = mix(mix(mix(0, first), before), Math.min(column, 15));
  }

  /** Enters byte `p` under each of its contexts of `had < order <= run`. */
  private remember(p: number, had: number, run: number): void {
    const { bytes } = this;
    const byte = bytes[p] as number;
    let h = 0;
    for (let order = 1; order <= LONG_KEY && order <= run; order++) {
      h = mix(h, bytes[p - order] as number);
      if (order <= had) continue;
      if (order === SHORT_KEY) this.matches.enterShort(h, p);
      if (order === LONG_KEY) this.matches.enterLong(h, p);
      else this.history.enter(order, h, byte);
    }
  }
}

/** log2 of the slots of each table that is gathered from the segment. */
function tableBits(length: number): number {
  let bits = 10;
  while (bits < 18 && 2 ** bits < 2 * length) bits++;
  return bits;
}
