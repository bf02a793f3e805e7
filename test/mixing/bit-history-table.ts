import { NEXT, SEEN } from '../../src/mixing/bit-history.js';

/** Bytes of a slot: a check of the context, and the histories of the 15 bits of half a byte's binary tree. */
const SLOT = 16;

/**
 * The bit histories of one kind of context in a segment: a hash table of slots, one for each half of the byte that followed.
 * Of two neighbouring slots the one seen less is given up for a new context.
 */
export class BitHistoryTable {
  private readonly slots: Uint8Array;
  private readonly shift: number;
  /** Where the slot in use starts. */
  private at = 0;

  /** @param bits log2 of the number of slots. */
  constructor(bits: number) {
    this.slots = new Uint8Array(SLOT * 2 ** bits);
    this.shift = 32 - bits;
  }

  /** Chooses the slot of a context for the first or second half of its byte. @param hash uint32 of the context and the half. */
  choose(hash: number): void {
    const { slots } = this;
    let h = Math.imul(hash, 0x85ebca6b);
    h ^= h >>> 15;
    const check = Math.max(1, h & 255);
    const first = (h >>> this.shift) * SLOT;
    this.at = first;
    if (slots[first] === check) return;
    const second = first ^ SLOT;
    if (slots[second] === check) {
      this.at = second;
      return;
    }
    const fewer = (SEEN[slots[second + 1] as number] as number) < (SEEN[slots[first + 1] as number] as number);
    this.at = fewer ? second : first;
    const at = this.at;
    slots[at] = check;
    // A loop: fill() takes longer than these 15 bytes.
    for (let i = at + 1; i < at + SLOT; i++) slots[i] = 0;
  }

  /** @param leaf node of the half's binary tree, 1..15. */
  state(leaf: number): number {
    return this.slots[this.at + leaf] as number;
  }

  update(leaf: number, state: number, bit: number): void {
    this.slots[this.at + leaf] = NEXT[2 * state + bit] as number;
  }
}
