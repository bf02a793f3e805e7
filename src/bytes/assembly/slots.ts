/** Values of the row that was looked at last: uint32, in the order of `CONTEXT_VALUES` (`../contexts.ts`), then the classes of the bytes before. */
export const slots = memory.data(156, 16);

/** Which of them somebody asks for, bit by bit; others may be left out. */
export let wanted: u64;

export function want(contexts: u64): void {
  wanted = contexts;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function wants(slot: usize): bool {
  return ((wanted >> slot) & 1) != 0;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function put(slot: usize, value: u32): void {
  store<u32>(slots + (slot << 2), value);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function take(slot: usize): u32 {
  return load<u32>(slots + (slot << 2));
}

export const TWO_SIDED_1: usize = 0;
export const TWO_SIDED_2: usize = 1;
export const ORDER_3: usize = 2;
export const ORDER_4: usize = 3;
export const ORDER_5: usize = 4;
export const ORDER_6: usize = 5;
export const ORDER_8: usize = 6;
export const WORD: usize = 7;
export const WORD_PAIR: usize = 8;
export const SKIP: usize = 9;
export const NEAR: usize = 10;
export const ABOVE: usize = 11;
export const LINE: usize = 12;
export const MATCH_LONG: usize = 13;
export const MATCH_SHORT: usize = 14;
export const HISTORY_1: usize = 15;
export const HISTORY_2: usize = 16;
export const HISTORY_3: usize = 17;
export const HISTORY_4: usize = 18;
export const HISTORY_6: usize = 19;
export const BRIDGE_1: usize = 20;
export const BRIDGE_2: usize = 21;
export const BRIDGE_3: usize = 22;
export const RIGHT: usize = 23;
export const BRIDGE_WORD: usize = 24;
export const ALIGNED_1: usize = 25;
export const ALIGNED_2: usize = 26;
export const FIELD: usize = 27;
export const KEY: usize = 28;
export const INDENT: usize = 29;
export const SHAPE: usize = 30;
export const DOCUMENT: usize = 31;
export const PLACE: usize = 32;
export const HISTORY_WORD: usize = 33;
export const HISTORY_FIELD: usize = 34;
export const HISTORY_KEY: usize = 35;
export const ORDER_1: usize = 36;
export const ORDER_2: usize = 37;
export const CLASSES: usize = 38;
