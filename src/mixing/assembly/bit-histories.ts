import { noteLine } from './journal';
import { nextTable, seenTable } from './tables';

/** Bytes of a slot of bit histories: a check and the states of the 15 nodes of half a byte (`../mixing.md`, section 4). */
const SLOT: usize = 16;

let tables: usize;
let tableBits: i32;
let contexts: i32;
/** Per context, where its slot is (those that fill up a group of inputs have one without any history); where it is looked for, and its check. */
const slots = memory.data(160, 64);
const sought = memory.data(128, 64);
const checks = memory.data(128, 64);
const nothing = memory.data(16, 16);
for (let c: usize = 0; c < 40; c++) store<u32>(slots + (c << 2), <u32>nothing);
/** What nobody reads: it keeps loads that only fetch memory. */
let fetched: u32;

/** Lays out the tables from `at` on, all empty. @param bits log2 of the slots of each. @returns where they end. */
export function openHistories(at: usize, count: i32, bits: i32): usize {
  tables = at;
  contexts = count;
  tableBits = bits;
  return at + ((<usize>count * SLOT) << bits);
}

export function clearHistories(): void {
  memory.fill(tables, 0, (<usize>contexts * SLOT) << tableBits);
}

/**
 * Finds where the slots are, and begins to fetch them: other work may go on until `chooseSlots`.
 *
 * @param values uint32, one for each context; up to three behind them are read, and mean nothing. @param half hash of the byte's first half, 0 before it.
 */
export function seekSlots(values: usize, half: i32): void {
  const shift = 32 - tableBits;
  const tableSize = <i32>(SLOT << tableBits);
  const halves = i32x4.splat(half);
  const step = i32x4.splat(4 * tableSize);
  let table = i32x4.add(i32x4.splat(<i32>tables), i32x4.mul(i32x4.splat(tableSize), i32x4(0, 1, 2, 3)));
  for (let c: usize = 0; c < <usize>contexts << 2; c += 16) {
    let h = i32x4.mul(i32x4.add(v128.load(values + c), halves), i32x4.splat(0x85ebca6b));
    h = v128.xor(h, i32x4.shr_u(h, 15));
    v128.store(sought + c, i32x4.add(table, i32x4.shl(i32x4.shr_u(h, shift), 4)));
    v128.store(checks + c, i32x4.max_u(i32x4.splat(1), v128.and(h, i32x4.splat(255))));
    table = i32x4.add(table, step);
  }
  // One after the other, so that the processor waits for all of them at once.
  let looked: u32 = 0;
  for (let c: usize = 0; c < <usize>contexts << 2; c += 4) looked |= load<u8>(load<u32>(sought + c));
  fetched = looked;
}

/** Of two neighbouring slots, that of its context, or else the one seen less. */
export function chooseSlots(): void {
  for (let c: usize = 0; c < <usize>contexts << 2; c += 4) {
    let at: usize = load<u32>(sought + c);
    const check = load<u32>(checks + c);
    if (<u32>load<u8>(at) != check) {
      const first = at;
      at = first ^ SLOT;
      if (<u32>load<u8>(at) != check) {
        if (load<u8>(seenTable + <usize>load<u8>(at, 1)) >= load<u8>(seenTable + <usize>load<u8>(first, 1))) at = first;
        noteLine(at);
        v128.store(at, i32x4(check, 0, 0, 0));
      } else {
        noteLine(at);
      }
    } else {
      noteLine(at);
    }
    store<u32>(slots + c, <u32>at);
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function stateOf(context: usize, leaf: usize): usize {
  return load<u8>(<usize>load<u32>(slots + (context << 2)) + leaf);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function moveState(context: usize, leaf: usize, state: usize, bit: usize): void {
  store<u8>(<usize>load<u32>(slots + (context << 2)) + leaf, load<u8>(nextTable + (state << 1) + bit));
}
