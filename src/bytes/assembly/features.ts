import { lookAtAlignment } from './alignment';
import { CLASSES, classOfSymbol, foldCase, isLetter, LINE_FEED } from './byte-classes';
import { lookAtField } from './fields';
import { mix } from './hash';
import { clearHistories, enterHistory, findHistory, habitOf, openHistories } from './history';
import { lookAtIndentation } from './indentation';
import { lookAtKey, openKeys } from './keys';
import * as matches from './match';
import * as segment from './segment';
import { newlineOf, record, symbol, UNKNOWN, unknownAmong } from './segment';
import { shapeOf } from './shape';
import * as slot from './slots';
import { put, take, wants } from './slots';
import * as statistics from './statistics';

/**
 * Context features of the positions of one segment, given what of it is known when a position's network call comes
 * (`../features.md`).
 */

/** How far known bytes to the left are looked at. */
const MAX_RUN: i32 = 32;
/** Symbols of the `above` context where there is no byte: the line above is shorter; there is none. */
const ABOVE_ENDS: u32 = 257;
const ABOVE_MISSING: u32 = 258;

/** Tables of histories: of orders 1, 2, 3, 4, 6; of words, fields and keys. */
const AFTER_WORD: i32 = 5;
const AFTER_FIELD: i32 = 6;
const AFTER_KEY: i32 = 7;
const TABLES: i32 = 8;

/** c(0) to c(8) of the position that was looked at last: uint32. */
const chain = memory.data(36, 16);

/**
 * Where the positions of a call, once they are known, are entered: 64 bytes each. The position; salted hashes of its contexts in the order of
 * the tables; slots of the matches.
 */
const ENTRY: usize = 64;
const MATCH_LONG_SLOT: usize = 36;
const MATCH_SHORT_SLOT: usize = 40;
const entries = memory.data(65536, 64);
let entryCount: usize;

/** Lays out the tables of features from `at` on. @param size of the segment that they are as large for, in bytes. @returns where they end. */
export function openFeatures(at: usize, size: i32): usize {
  let bits: i32 = 10;
  while (bits < 18 && 1 << bits < 2 * size) bits++;
  at = matches.openMatches(at, bits);
  return openHistories(at, wants(slot.HISTORY_FIELD) || wants(slot.HISTORY_KEY) ? TABLES : AFTER_FIELD, bits);
}

/** Lays out what is remembered of `capacity` positions from `at` on. @returns where it ends. */
export function openPositions(at: usize, capacity: i32): usize {
  at = (segment.openSegment(at, capacity) + 63) & ~63;
  return wants(slot.KEY) || wants(slot.HISTORY_KEY) ? openKeys(at, capacity) : at;
}

export function clearFeatures(): void {
  matches.clearMatches();
  clearHistories();
  statistics.clearStatistics();
}

/** To be called before the positions of a call are looked at. */
export function beginCall(): void {
  entryCount = 0;
}

/** Computes the values of position `p`. */
export function lookAt(p: i32): void {
  const run = runBefore(p);
  const here = record(p);
  store<u8>(here, <u8>run, segment.RUN);
  store<i32>(here, -1, segment.NEWLINE);
  hashTheLeft(p, run);
  const l1 = symbol(p - 1);
  const l2 = symbol(p - 2);
  const r1 = symbol(p + 1);
  put(slot.TWO_SIDED_1, mix(mix(0, l1), r1));
  put(slot.TWO_SIDED_2, mix(mix(mix(mix(0, l1), l2), r1), symbol(p + 2)));
  const entry = entries + entryCount * ENTRY;
  entryCount++;
  store<i32>(entry, p);
  const longSlot = matches.matchSlot(load<u32>(chain, 28));
  const shortSlot = matches.matchSlot(load<u32>(chain, 16));
  store<u32>(entry, longSlot, MATCH_LONG_SLOT);
  store<u32>(entry, shortSlot, MATCH_SHORT_SLOT);
  matches.lookAtMatches(p, run, longSlot, shortSlot);
  lookAtHistories(entry, run);
  lookAtWords(p, run, l1);
  if (wants(slot.SKIP)) put(slot.SKIP, mix(mix(mix(0, l2), symbol(p - 3)), symbol(p - 4)));
  const right = distanceToTheRight(p);
  if (wants(slot.NEAR)) lookNear(p, run, right);
  lookAcross(p, right, l1);
  lookAtLine(p, run, l1);
  lookAtStructure(p, run, l1, entry);
  put(slot.DOCUMENT, statistics.document);
  put(slot.PLACE, statistics.placeOf(run, right));
  if (wants(slot.CLASSES)) put(slot.CLASSES, classesBefore(l1, l2, symbol(p - 3)));
}

/** Classes of the last three bytes, the last one first: 0..342. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function classesBefore(l1: u32, l2: u32, l3: u32): u32 {
  return (classOfSymbol(l1) * (CLASSES + 1) + classOfSymbol(l2)) * (CLASSES + 1) + classOfSymbol(l3);
}

/**
 * Whether the byte of the position that was looked at last is certain (`../features.md`).
 *
 * @param length bytes for which its match must have held without a miss. @param count how often its history must have seen that byte alone.
 */
export function isCertain(length: i32, count: i32): bool {
  if (matches.expected < 0 || matches.missed || matches.held < length) return false;
  const entry = entries + (entryCount - 1) * ENTRY;
  const run = <i32>load<u8>(record(load<i32>(entry)), segment.RUN);
  return run >= 6 && habitOf(4, load<u32>(entry, 20), matches.expected) >= count;
}

/** Makes the positions known that have been looked at since the call began. */
export function revealCall(): void {
  const end = entries + entryCount * ENTRY;
  for (let entry = entries; entry < end; entry += ENTRY) segment.reveal(load<i32>(entry));
  const counted = wants(slot.DOCUMENT) || wants(slot.PLACE);
  for (let entry = entries; entry < end; entry += ENTRY) {
    const p = load<i32>(entry);
    const here = record(p);
    const run = <i32>load<u8>(here, segment.RUN);
    const byte = symbol(p);
    if (counted) statistics.count(byte);
    if (byte == LINE_FEED) store<i32>(here, p, segment.NEWLINE);
    else if (run > 0) store<i32>(here, newlineOf(p - 1), segment.NEWLINE);
    if (run == 0) continue;
    enterHistory(0, load<u32>(entry, 4), byte);
    if (run >= 2) enterHistory(1, load<u32>(entry, 8), byte);
    if (run >= 3) enterHistory(2, load<u32>(entry, 12), byte);
    if (run >= 4) {
      enterHistory(3, load<u32>(entry, 16), byte);
      matches.enterShort(load<u32>(entry, MATCH_SHORT_SLOT), p);
    }
    if (run >= 6) enterHistory(4, load<u32>(entry, 20), byte);
    if (run >= matches.LONG_KEY) matches.enterLong(load<u32>(entry, MATCH_LONG_SLOT), p);
    if (wants(slot.HISTORY_WORD)) enterHistory(AFTER_WORD, load<u32>(entry, 24), byte);
    if (wants(slot.HISTORY_FIELD)) enterHistory(AFTER_FIELD, load<u32>(entry, 28), byte);
    if (wants(slot.HISTORY_KEY)) enterHistory(AFTER_KEY, load<u32>(entry, 32), byte);
  }
  if (counted) statistics.endCall();
}

/** Catches up, once a block is whole, on contexts that were not known when their byte was coded. */
export function endBlockOf(start: i32, end: i32): void {
  for (let p = start; p < end; p++) {
    const here = record(p);
    if (symbol(p) == LINE_FEED) store<i32>(here, p, segment.NEWLINE);
    else if (p > 0) store<i32>(here, newlineOf(p - 1), segment.NEWLINE);
    const run = <i32>load<u8>(here, segment.RUN);
    if (run < matches.LONG_KEY && p > run) enterBeyond(p, run);
  }
}

/** Enters byte `p` under each of its contexts that are longer than `had`. */
function enterBeyond(p: i32, had: i32): void {
  const byte = symbol(p);
  const longest = min(p, matches.LONG_KEY);
  let h: u32 = 0;
  for (let order: i32 = 1; order <= longest; order++) {
    h = mix(h, symbol(p - order));
    if (order <= had) continue;
    if (order == matches.SHORT_KEY) matches.enterShort(matches.matchSlot(h), p);
    if (order == matches.LONG_KEY) matches.enterLong(matches.matchSlot(h), p);
    else if (order <= 4) enterHistory(order - 1, mix(h, 600 + order), byte);
    else if (order == 6) enterHistory(4, mix(h, 606), byte);
  }
}

/** Known positions immediately left of `p`, at most 32. */
function runBefore(p: i32): i32 {
  let run: i32 = 0;
  while (run < MAX_RUN) {
    const unknown = unknownAmong(p - run - 8);
    if (unknown != 0) return run + clz(unknown) - 24;
    run += 8;
  }
  return run;
}

function hashTheLeft(p: i32, run: i32): void {
  let h: u32 = 0;
  store<u32>(chain, 0);
  for (let j: i32 = 1; j <= 8; j++) {
    if (j <= run) h = mix(h, symbol(p - j));
    else if (j == run + 1) h = mix(h, UNKNOWN + run);
    store<u32>(chain + (<usize>j << 2), h);
  }
  put(slot.ORDER_1, load<u32>(chain, 4));
  put(slot.ORDER_2, load<u32>(chain, 8));
  put(slot.ORDER_3, load<u32>(chain, 12));
  put(slot.ORDER_4, load<u32>(chain, 16));
  put(slot.ORDER_5, load<u32>(chain, 20));
  put(slot.ORDER_6, load<u32>(chain, 24));
  put(slot.ORDER_8, load<u32>(chain, 32));
}

/** One hash per order into its slot; 0 where the context is not known or is new. */
function lookAtHistories(entry: usize, run: i32): void {
  const h1 = mix(load<u32>(chain, 4), 601);
  const h2 = mix(load<u32>(chain, 8), 602);
  const h3 = mix(load<u32>(chain, 12), 603);
  const h4 = mix(load<u32>(chain, 16), 604);
  const h6 = mix(load<u32>(chain, 24), 606);
  store<u32>(entry, h1, 4);
  store<u32>(entry, h2, 8);
  store<u32>(entry, h3, 12);
  store<u32>(entry, h4, 16);
  store<u32>(entry, h6, 20);
  put(slot.HISTORY_1, run >= 1 ? findHistory(0, h1) : 0);
  put(slot.HISTORY_2, run >= 2 ? findHistory(1, h2) : 0);
  put(slot.HISTORY_3, run >= 3 ? findHistory(2, h3) : 0);
  put(slot.HISTORY_4, run >= 4 ? findHistory(3, h4) : 0);
  put(slot.HISTORY_6, run >= 6 ? findHistory(4, h6) : 0);
}

/** The letters of the word up to `p`, and with them the word before. */
function lookAtWords(p: i32, run: i32, l1: u32): void {
  let w: u32 = 0;
  let j: i32 = 1;
  for (; j <= run; j++) {
    const byte = symbol(p - j);
    if (!isLetter(byte)) break;
    w = mix(w, foldCase(byte));
  }
  if (j > run) w = mix(w, 511);
  else if (j == 1) w = mix(w, 256 + l1);
  put(slot.WORD, w);
  if (!wants(slot.WORD_PAIR)) return;
  for (let gap: i32 = 0; j <= run && gap < 4 && !isLetter(symbol(p - j)); gap++, j++) w = mix(w, 256);
  for (; j <= run; j++) {
    const byte = symbol(p - j);
    if (!isLetter(byte)) break;
    w = mix(w, foldCase(byte));
  }
  put(slot.WORD_PAIR, mix(w, 512));
}

/** Distance of the nearest known symbol on the right, 1 to 8, 0 if there is none. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function distanceToTheRight(p: i32): i32 {
  const known = ~unknownAmong(p + 1) & 255;
  return known != 0 ? ctz(known) + 1 : 0;
}

/** Distance and value of the nearest known symbol on the left and on the right. */
function lookNear(p: i32, run: i32, right: i32): void {
  let left: i32 = 0;
  if (run > 0) {
    left = 1;
  } else {
    const known = ~unknownAmong(p - 8) & 255;
    if (known != 0) left = clz(known) - 23;
  }
  const h = left > 0 ? mix(mix(0, left), symbol(p - left)) : mix(mix(0, 0), UNKNOWN);
  put(slot.NEAR, mix(mix(h, right), right > 0 ? symbol(p + right) : UNKNOWN));
}

/** Both sides of a gap that is about to close: what stands left of it, its `width` up to the known right side, what follows. */
function lookAcross(p: i32, width: i32, l1: u32): void {
  if (width == 0) {
    put(slot.BRIDGE_1, 0);
    put(slot.BRIDGE_2, 0);
    put(slot.BRIDGE_3, 0);
    put(slot.RIGHT, 0);
    put(slot.BRIDGE_WORD, 0);
    return;
  }
  const q = p + width;
  const r1 = symbol(q);
  const r2 = symbol(q + 1);
  const r3 = symbol(q + 2);
  const r4 = symbol(q + 3);
  put(slot.BRIDGE_1, mix(mix(mix(mix(0, width), l1), r1), r2));
  put(slot.BRIDGE_2, width <= 4 ? mix(mix(mix(mix(load<u32>(chain, 8), width), r1), r2), r3) : 0);
  put(slot.BRIDGE_3, width <= 3 ? mix(mix(mix(mix(mix(load<u32>(chain, 12), width), r1), r2), r3), r4) : 0);
  put(slot.RIGHT, mix(mix(mix(mix(mix(0, width), r1), r2), r3), r4));
  let h = mix(take(slot.WORD), width);
  let j: i32 = 0;
  let byte = r1;
  for (; j < 8 && isLetter(byte); byte = symbol(q + ++j)) h = mix(h, foldCase(byte));
  if (byte == UNKNOWN) h = mix(h, 511);
  else if (j == 0) h = mix(h, 256 + r1);
  put(slot.BRIDGE_WORD, h);
}

/** The byte above in the previous line; the first bytes of this line and of the previous one, and the column. */
function lookAtLine(p: i32, run: i32, l1: u32): void {
  let above = ABOVE_MISSING;
  let first = UNKNOWN;
  let before = UNKNOWN;
  let column: i32 = 0;
  const feed = run > 0 ? newlineOf(p - 1) : -1;
  if (feed >= 0) {
    column = p - feed - 1;
    if (column > 0) first = symbol(feed + 1);
    const previous = feed > 0 && symbol(feed - 1) != UNKNOWN ? newlineOf(feed - 1) : -1;
    if (previous >= 0) {
      before = symbol(previous + 1);
      const q = previous + 1 + column;
      above = q <= feed ? symbol(q) : ABOVE_ENDS;
    }
  }
  put(slot.ABOVE, mix(mix(0, above), l1));
  put(slot.LINE, mix(mix(mix(0, first), before), min(column, 15)));
}

/** Contexts of tables, records and code: where a position stands among lines, fields, keys and indentation, and what followed there before. */
function lookAtStructure(p: i32, run: i32, l1: u32, entry: usize): void {
  if (wants(slot.HISTORY_WORD)) put(slot.HISTORY_WORD, after(AFTER_WORD, take(slot.WORD), 607, entry + 24, run));
  if (wants(slot.FIELD) || wants(slot.HISTORY_FIELD)) {
    const field = lookAtField(p, run);
    put(slot.FIELD, field);
    if (wants(slot.HISTORY_FIELD)) put(slot.HISTORY_FIELD, after(AFTER_FIELD, field, 608, entry + 28, run));
  }
  if (wants(slot.KEY) || wants(slot.HISTORY_KEY)) {
    const key = lookAtKey(p, run);
    put(slot.KEY, key);
    if (wants(slot.HISTORY_KEY)) put(slot.HISTORY_KEY, after(AFTER_KEY, key, 609, entry + 32, run));
  }
  if (wants(slot.ALIGNED_1) || wants(slot.ALIGNED_2)) lookAtAlignment(p, run, l1, load<u32>(chain, 8));
  if (wants(slot.INDENT)) put(slot.INDENT, lookAtIndentation(p, run));
  if (wants(slot.SHAPE)) put(slot.SHAPE, shapeOf(p, run));
}

/** What followed a context of this hash; keeps the salted hash at `kept`. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function after(table: i32, hash: u32, salt: u32, kept: usize, run: i32): u32 {
  const salted = mix(hash, salt);
  store<u32>(kept, salted);
  return run > 0 ? findHistory(table, salted) : 0;
}
