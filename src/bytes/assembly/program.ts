/**
 * The program of bytes: features, mixing and range coder of a segment, in one memory, called once per network call for all its positions. What
 * is here is AssemblyScript: `asc` compiles it, `tsc` does not. `../byte-program.ts` owns its memory and calls what is exported here.
 */
import { decodeBit, encodeBit } from '../../entropy/assembly/decision';
import { advance, beginDecoding, endDecoding, target } from '../../entropy/assembly/range-decoder';
import { beginEncoding, encode as encodeSymbol, endEncoding } from '../../entropy/assembly/range-encoder';
import { loadFrequencies, sizeOf, startOf, symbolAt } from '../../entropy/assembly/frequency-table';
import { keepJournal, openJournal, undoJournal } from '../../mixing/assembly/journal';
import { beginByte, clearMixer, learn, openMixer, probability } from '../../mixing/assembly/mixer';
import { beginCall, clearFeatures, endBlockOf, isCertain, lookAt, openFeatures, openPositions, revealCall } from './features';
import { expected } from './match';
import { bytes, clearSegment } from './segment';
import { CLASSES, MATCH_LONG, take, want } from './slots';

export { decoderState } from '../../entropy/assembly/range-decoder';
export { encoderState } from '../../entropy/assembly/range-encoder';
export { distanceWeights } from '../../entropy/assembly/frequency-table';
export { leafWeights } from '../../mixing/assembly/distribution';
export {
  logsTable,
  nextTable,
  ratesTable,
  seenTable,
  squashTable,
  stretchTable,
} from '../../mixing/assembly/tables';
export { bytes, records, symbols } from './segment';
export { states } from './keys';
export { document, total } from './statistics';
export { slots } from './slots';

/** Positions that `encode` and `decode` take at once, and the most bytes that a position is coded in. */
const CHUNK: usize = 64;
const MOST_BYTES: usize = 16;
const SYMBOLS: i32 = 256;

/** Where JavaScript writes: positions of a call (uint32), logits of a chunk's rows (float32), coded bytes of a chunk. */
export const positions = memory.data(4096, 16);
export const logits = memory.data(65536, 64);
export const coded = memory.data(1024, 16);

/** A column, as it is in memory: which value, what it is multiplied by, by how much shifted right, and what is added: uint32. */
const COLUMN: usize = 16;
/** What is noted of a position between `look` and its coding: position, expected byte or -1, kind of match, whether it has a row, classes; values. */
const NOTE_HEAD: usize = 20;
const HAS_ROW: u32 = 1;

let columnCount: usize;
let columns: usize;
let valueCount: usize;
let valueSlots: usize;
let mixes: bool;
let mixRate: i32;
let weightsLength: i32;
let parameters: usize;
/** Behind the parameters: what is before is small, and what lies behind are tables, up to `tablesEnd`. */
export let afterParameters: usize;
export let tablesEnd: usize;
/** Whether certain positions skip the network, and what makes them certain: see `isCertain`. */
let skips: bool;
let certainLength: i32;
let certainCount: i32;
/** Whether weights are chosen by classes, too. */
let byClasses: bool;

/** Where JavaScript reads: table indices of rows. */
export let indices: usize;
let notes: usize;
let noteSize: usize;

/**
 * Says what the model is like. What is behind the addresses that it returns is written before `start`.
 *
 * @param contexts which values somebody asks for, bit by bit. @param count columns of a row. @param mixed values that mixing asks for, 0
 *   for a model without. @param parameterBytes of the model's mixing. @param rate of mixing. @param lightest distance of logits from which on
 *   weights are 0. @param skipLength, skipCount what makes a position certain, so that it skips the network; 0 if none does.
 * @param classes whether weights are chosen by the classes of the bytes before, too. @returns where the columns go; after them uint32 slots of the values, then the parameters.
 */
export function configure(
  contexts: u64,
  count: i32,
  mixed: i32,
  parameterBytes: i32,
  rate: i32,
  lightest: i32,
  skipLength: i32,
  skipCount: i32,
  classes: bool,
): usize {
  want(contexts);
  columnCount = count;
  valueCount = mixed;
  mixes = mixed > 0;
  mixRate = rate;
  weightsLength = lightest;
  skips = skipLength > 0;
  certainLength = skipLength;
  certainCount = skipCount;
  byClasses = classes;
  columns = (__heap_base + 63) & ~63;
  valueSlots = columns + columnCount * COLUMN;
  parameters = (valueSlots + 4 * valueCount + 63) & ~63;
  afterParameters = (parameters + parameterBytes + 63) & ~63;
  noteSize = NOTE_HEAD + 4 * valueCount;
  reserve(afterParameters);
  return columns;
}

/** The most words of tables that a position writes, and lines for each value that is mixed: of both halves of a byte. */
const WORDS_OF_POSITION: usize = 32;
const LINES_OF_VALUE: usize = 2;

/**
 * Lays out the memory.
 *
 * @param size of the segment that the tables are as large for. @param capacity positions that there is room for. @param most positions to be
 *   noted at once. @param undoable positions whose learning can be undone.
 */
export function layOut(size: i32, capacity: i32, most: i32, undoable: i32): void {
  let at = openFeatures(afterParameters, size);
  if (mixes) {
    at = openMixer(parameters, (at + 63) & ~63, size, <i32>valueCount, skips ? 2 : 1, byClasses, mixRate, weightsLength);
  }
  tablesEnd = (at + 63) & ~63;
  indices = (openPositions(tablesEnd, capacity) + 63) & ~63;
  notes = indices + <usize>most * columnCount * 4;
  // Mixing reads the values of a note in groups of four, up to three behind the last (`seekSlots`).
  at = notes + <usize>most * noteSize + 12;
  const lines = mixes ? LINES_OF_VALUE * valueCount : 0;
  reserve(openJournal(at, <usize>undoable * WORDS_OF_POSITION, <usize>undoable * lines));
}

/** Begins with nothing learned. The parameters must have been written anew. */
export function clear(): void {
  clearFeatures();
  if (mixes) clearMixer();
}

/** Begins a segment of `length` positions, none of which is known, behind `known` ones. @param undoably whether `undo` is to come. */
export function begin(known: i32, length: i32, undoably: bool): void {
  clearSegment(known, length);
  keepJournal(undoably);
}

/** Puts the tables back as they were at `begin`; what lies before them, up to `afterParameters`, the caller puts back. */
export function undo(): void {
  undoJournal();
}

function reserve(end: usize): void {
  const pages = <i32>((end + 0xffff) >>> 16);
  if (pages > memory.size()) memory.grow(pages - memory.size());
}

/**
 * Looks at the `count` positions of a call, relative to `base`; notes them from the `note`th place on and writes the indices of their rows from
 * the `row`th row on.
 *
 * @returns how many rows they are.
 */
export function look(base: i32, count: i32, note: i32, row: i32): i32 {
  beginCall();
  let at = notes + <usize>note * noteSize;
  let out = indices + <usize>row * columnCount * 4;
  let rows: i32 = 0;
  for (let i: i32 = 0; i < count; i++) {
    const p = base + load<i32>(positions + (<usize>i << 2));
    lookAt(p);
    const isSkipped = skips && isCertain(certainLength, certainCount);
    store<i32>(at, p);
    store<i32>(at, expected, 4);
    const matched = take(MATCH_LONG);
    store<u32>(at, (matched & 15) + (matched >= 4096 ? 16 : 0), 8);
    store<u32>(at, isSkipped ? 0 : HAS_ROW, 12);
    store<u32>(at, take(CLASSES), 16);
    for (let k: usize = 0; k < valueCount; k++) {
      store<u32>(at + NOTE_HEAD + (k << 2), load<u32>(load<u32>(valueSlots + (k << 2))));
    }
    at += noteSize;
    if (isSkipped) continue;
    writeRow(out);
    out += columnCount << 2;
    rows++;
  }
  return rows;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function writeRow(out: usize): void {
  const end = columns + columnCount * COLUMN;
  for (let column = columns; column < end; column += COLUMN) {
    const row = (load<u32>(load<u32>(column)) * load<u32>(column, 4)) >>> load<u32>(column, 8);
    store<u32>(out, row + load<u32>(column, 12));
    out += 4;
  }
}

/** Rows among the notes of `count` positions. */
export function rowsAmong(note: i32, count: i32): i32 {
  if (!skips) return count;
  let rows: i32 = 0;
  for (let i: i32 = 0; i < count; i++) rows += load<i32>(notes + <usize>(note + i) * noteSize, 12);
  return rows;
}

/** Codes the bytes of at most 64 noted positions, the logits of whose rows have been written. @returns bytes that were put out. */
export function encode(note: i32, count: i32): i32 {
  beginEncoding(coded);
  let at = notes + <usize>note * noteSize;
  let row: usize = logits;
  for (let i: i32 = 0; i < count; i++) {
    const byte = <i32>load<u8>(bytes + load<u32>(at));
    const hasRow = load<u32>(at, 12) == HAS_ROW;
    if (mixes) encodeBits(at, hasRow ? row : 0, byte);
    else encodeWhole(row, byte);
    if (hasRow) row += 1024;
    at += noteSize;
  }
  return endEncoding();
}

/** The inverse: fills in the bytes, from `length` coded ones. @returns coded bytes that were taken. */
export function decode(note: i32, count: i32, length: i32): i32 {
  beginDecoding(coded, length);
  let at = notes + <usize>note * noteSize;
  let row: usize = logits;
  for (let i: i32 = 0; i < count; i++) {
    const hasRow = load<u32>(at, 12) == HAS_ROW;
    const byte = mixes ? decodeBits(at, hasRow ? row : 0) : decodeWhole(row);
    store<u8>(bytes + load<u32>(at), <u8>byte);
    if (hasRow) row += 1024;
    at += noteSize;
  }
  return endDecoding();
}

/** Makes the positions known that were looked at last. */
export function reveal(): void {
  revealCall();
}

export function endBlock(from: i32, to: i32): void {
  endBlockOf(from, to);
}

/** A byte as one symbol, under the frequencies that the network alone gives it. */
function encodeWhole(row: usize, byte: i32): void {
  loadFrequencies(row);
  encodeSymbol(startOf(byte), sizeOf(byte));
}

function decodeWhole(row: usize): i32 {
  loadFrequencies(row);
  const byte = symbolAt(target());
  advance(startOf(byte), sizeOf(byte));
  return byte;
}

/** A byte as eight bits (`../../mixing/mixing.md`, section 1). What was coded is learned at once. */
function encodeBits(note: usize, row: usize, byte: i32): void {
  beginByte(row, note + NOTE_HEAD, load<i32>(note, 4), load<i32>(note, 8), load<i32>(note, 16));
  for (let shift: i32 = 7; shift >= 0; shift--) {
    const bit = (byte >> shift) & 1;
    const one = probability();
    encodeBit(one, bit);
    learn(bit);
  }
}

function decodeBits(note: usize, row: usize): i32 {
  beginByte(row, note + NOTE_HEAD, load<i32>(note, 4), load<i32>(note, 8), load<i32>(note, 16));
  let byte: i32 = 0;
  for (let i: i32 = 0; i < 8; i++) {
    const one = probability();
    const bit = decodeBit(one);
    learn(bit);
    byte = 2 * byte + bit;
  }
  return byte;
}
