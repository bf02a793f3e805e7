import { nextTable, seenTable } from './tables';

/** Bytes of a slot of bit histories: a check and the states of the 15 nodes of half a byte (`../mixing.md`, section 4). */
const SLOT: usize = 16;

let tables: usize;
let tableBits: i32;
let contexts: i32;
/** Per context, where its slot is, and its check. */
const slots = memory.data(128, 16);
const checks = memory.data(128, 16);
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

/** Of two neighbouring slots, that of this context, or else the one seen less. @param half hash of the byte's first half, 0 before it. */
export function chooseSlots(values: usize, half: i32): void {
  const shift = 32 - tableBits;
  // Slots are looked at before any of them decides anything, so that the memory fetches all of them at once.
  let looked: u32 = 0;
  for (let c: i32 = 0; c < contexts; c++) {
    let h = (load<i32>(values + (<usize>c << 2)) + half) * 0x85ebca6b;
    h ^= h >>> 15;
    const at = tables + ((<usize>((c << tableBits) + (h >>> shift))) << 4);
    looked |= load<u8>(at);
    store<u32>(slots + (<usize>c << 2), <u32>at);
    store<u32>(checks + (<usize>c << 2), max(1, h & 255));
  }
  fetched = looked;
  for (let c: i32 = 0; c < contexts; c++) {
    const first: usize = load<u32>(slots + (<usize>c << 2));
    const check = load<u32>(checks + (<usize>c << 2));
    if (<u32>load<u8>(first) == check) continue;
    const second = first ^ SLOT;
    let at = second;
    if (<u32>load<u8>(second) != check) {
      if (load<u8>(seenTable + <usize>load<u8>(second, 1)) >= load<u8>(seenTable + <usize>load<u8>(first, 1))) at = first;
      v128.store(at, i32x4(check, 0, 0, 0));
    }
    store<u32>(slots + (<usize>c << 2), <u32>at);
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function stateOf(context: i32, leaf: i32): i32 {
  return <i32>load<u8>(<usize>load<u32>(slots + (<usize>context << 2)) + leaf);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function moveState(context: i32, leaf: i32, state: i32, bit: i32): void {
  store<u8>(<usize>load<u32>(slots + (<usize>context << 2)) + leaf, load<u8>(nextTable + <usize>((state << 1) + bit)));
}
