import { type Context, type ContextValue, SLOT } from '../../../src/bytes/contexts.js';
import { Alignment } from './alignment.js';
import { Fields } from './fields.js';
import { HistoryTable } from './history-table.js';
import { Indentation } from './indentation.js';
import { Keys } from './keys.js';
import { shapeOf } from './shape.js';

/** Slots; those of contexts that nobody asks for may hold 0. */
const {
  field: FIELD,
  key: KEY,
  indent: INDENT,
  shape: SHAPE,
  'history-word': HISTORY_WORD,
  'history-field': HISTORY_FIELD,
  'history-key': HISTORY_KEY,
} = SLOT;

const NAMES: readonly Context[] = [
  'aligned-1',
  'aligned-2',
  'field',
  'key',
  'indent',
  'shape',
  'history-word',
  'history-field',
  'history-key',
];

/**
 * Contexts of tables, records and code: where a position stands among lines, fields, keys and indentation, and what
 * followed its word, field and key before. Each part's state is that of the position before, taken one byte further.
 */
export class Structure {
  private readonly alignment: Alignment | undefined;
  private readonly fields: Fields | undefined;
  private readonly keys: Keys | undefined;
  private readonly indentation: Indentation | undefined;
  private readonly shape: boolean;
  private readonly afterWord: HistoryTable | undefined;
  private readonly afterField: HistoryTable | undefined;
  private readonly afterKey: HistoryTable | undefined;
  /** Per position, the hash of the word before it when it was coded. */
  private readonly words: Uint32Array;

  /** Whether any of its contexts is wanted. */
  static isWanted(wanted: ReadonlySet<ContextValue>): boolean {
    return NAMES.some((name) => wanted.has(name));
  }

  /** @param bits log2 of the slots of a table. @param wanted contexts that somebody asks for; others are left out. */
  constructor(
    private readonly bytes: Uint8Array,
    known: Uint8Array,
    lineFeeds: Int32Array,
    bits: number,
    wanted: ReadonlySet<ContextValue>,
  ) {
    if (wanted.has('aligned-1') || wanted.has('aligned-2')) this.alignment = new Alignment(bytes, known, lineFeeds);
    if (wanted.has('field') || wanted.has('history-field')) this.fields = new Fields(bytes);
    if (wanted.has('key') || wanted.has('history-key')) this.keys = new Keys(bytes);
    if (wanted.has('indent')) this.indentation = new Indentation(bytes, known, lineFeeds);
    this.shape = wanted.has('shape');
    if (wanted.has('history-word')) this.afterWord = new HistoryTable(bits, 607);
    if (wanted.has('history-field')) this.afterField = new HistoryTable(bits, 608);
    if (wanted.has('history-key')) this.afterKey = new HistoryTable(bits, 609);
    this.words = new Uint32Array(this.afterWord === undefined ? 0 : bytes.length);
  }

  /** Writes the contexts of position `p` into their slots. @param last s(p-1). @param pair c(2). @param word hash of the word before `p`. */
  look(p: number, run: number, last: number, pair: number, word: number, slots: Uint32Array): void {
    if (this.fields !== undefined) {
      this.fields.look(p, run);
      slots[FIELD] = this.fields.hash(p);
    }
    if (this.keys !== undefined) {
      this.keys.look(p, run);
      slots[KEY] = this.keys.hash(p);
    }
    if (this.afterWord !== undefined) {
      this.words[p] = word;
      slots[HISTORY_WORD] = run > 0 ? this.afterWord.find(word) : 0;
    }
    if (this.afterField !== undefined) {
      slots[HISTORY_FIELD] = run > 0 ? this.afterField.find(slots[FIELD] as number) : 0;
    }
    if (this.afterKey !== undefined) {
      slots[HISTORY_KEY] = run > 0 ? this.afterKey.find(slots[KEY] as number) : 0;
    }
    if (this.alignment !== undefined) this.alignment.look(p, run, last, pair, slots);
    if (this.indentation !== undefined) slots[INDENT] = this.indentation.look(p, run);
    if (this.shape) slots[SHAPE] = shapeOf(this.bytes, p, run);
  }

  /** Enters the byte at `p` under its word, field and key. To be called if its run was not empty when it was looked at. */
  remember(p: number): void {
    const byte = this.bytes[p] as number;
    if (this.afterWord !== undefined) this.afterWord.enter(this.words[p] as number, byte);
    if (this.afterField !== undefined && this.fields !== undefined) this.afterField.enter(this.fields.hash(p), byte);
    if (this.afterKey !== undefined && this.keys !== undefined) this.afterKey.enter(this.keys.hash(p), byte);
  }
}
