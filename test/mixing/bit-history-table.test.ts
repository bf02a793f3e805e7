import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NEXT } from '../../src/mixing/bit-history.js';
import { BitHistoryTable } from './bit-history-table.js';

const BITS = 10;
const LEAVES = Array.from({ length: 15 }, (_, i) => i + 1);

interface Place {
  readonly slot: number;
  readonly low: number;
}

/** `mixing.md`, section 4: the slot that a hash is looked for in first, and the 8 bits that its check is made of. */
function placeOf(hash: number): Place {
  let h = (BigInt(hash >>> 0) * 0x85ebca6bn) & 0xffffffffn;
  h ^= h >> 15n;
  return { slot: Number(h >> BigInt(32 - BITS)), low: Number(h & 255n) };
}

/** The first hashes from `from` on that fit. */
function hashes(count: number, fits: (place: Place) => boolean, from = 1): number[] {
  const found: number[] = [];
  for (let hash = from; found.length < count; hash++) if (fits(placeOf(hash))) found.push(hash);
  return found;
}

/** Lets a context see `bits` at the root of its half. */
function see(table: BitHistoryTable, hash: number, bits: number): void {
  table.choose(hash);
  for (let i = 0; i < bits; i++) table.update(1, table.state(1), 0);
}

function rootOf(table: BitHistoryTable, hash: number): number {
  table.choose(hash);
  return table.state(1);
}

const zeros = (count: number): number => {
  let state = 0;
  for (let i = 0; i < count; i++) state = NEXT[2 * state] as number;
  return state;
};

describe('BitHistoryTable', () => {
  it('keeps a history for each of the 15 bits of half a byte, and finds them again', () => {
    const table = new BitHistoryTable(BITS);
    table.choose(123);
    for (const leaf of LEAVES) {
      assert.equal(table.state(leaf), 0);
      for (let i = 0; i < leaf; i++) table.update(leaf, table.state(leaf), leaf & 1);
    }
    const before = LEAVES.map((leaf) => table.state(leaf));
    assert.equal(new Set(before).size, 15);
    table.choose(124);
    for (const leaf of LEAVES) assert.equal(table.state(leaf), 0);
    table.choose(123);
    assert.deepEqual(
      LEAVES.map((leaf) => table.state(leaf)),
      before,
    );
  });

  it('takes a signed hash for the unsigned one', () => {
    const table = new BitHistoryTable(BITS);
    see(table, -5, 3);
    assert.equal(rootOf(table, 2 ** 32 - 5), zeros(3));
  });

  it('keeps 8 bits of a context as its check, and 0 as 1, since an empty slot has 0', () => {
    const withCheck = (low: number): number =>
      hashes(1, (place) => place.slot === 700 && place.low === low)[0] as number;
    const table = new BitHistoryTable(BITS);
    see(table, withCheck(0), 2);
    assert.equal(rootOf(table, withCheck(1)), zeros(2), 'so it is taken for one of check 1');
    assert.equal(rootOf(table, withCheck(2)), 0);
    const [one, other] = hashes(2, ({ slot, low }) => slot === 300 && low === 77) as [number, number];
    see(table, one, 3);
    assert.equal(rootOf(table, other), zeros(3), 'and any two that agree in it are one');
    for (const low of [76, 78, 77 ^ 128, 77 ^ 64]) {
      const [different] = hashes(1, (place) => place.slot === 300 && place.low === low) as [number];
      assert.equal(rootOf(table, different), 0);
    }
  });

  it('holds two contexts of one place side by side', () => {
    const [a, b] = hashes(2, ({ slot }) => slot === 700) as [number, number];
    const table = new BitHistoryTable(BITS);
    see(table, a, 5);
    see(table, b, 2);
    assert.equal(rootOf(table, a), zeros(5));
    assert.equal(rootOf(table, b), zeros(2));
  });

  it('gives up the less seen of two neighbours for a third', () => {
    const [a, b, c] = hashes(3, ({ slot }) => slot === 700) as [number, number, number];
    for (const [seenA, seenB] of [
      [5, 2],
      [2, 5],
    ] as const) {
      const table = new BitHistoryTable(BITS);
      see(table, a, seenA);
      see(table, b, seenB);
      see(table, c, 1);
      const kept = seenA > seenB ? a : b;
      assert.equal(rootOf(table, kept), zeros(5));
      // Asking for the other makes room for it again: what was the third's is the less seen now.
      assert.equal(rootOf(table, kept === a ? b : a), 0);
      assert.equal(rootOf(table, c), 0);
    }
  });

  it('gives up the first of two that are seen as often', () => {
    const [a, b, c] = hashes(3, ({ slot }) => slot === 701) as [number, number, number];
    const table = new BitHistoryTable(BITS);
    see(table, a, 4);
    see(table, b, 4);
    see(table, c, 1);
    assert.equal(rootOf(table, b), zeros(4));
  });

  it('clears all of a slot that it gives to another', () => {
    const [a, b, c] = hashes(3, ({ slot }) => slot === 702) as [number, number, number];
    const table = new BitHistoryTable(BITS);
    for (const hash of [a, b]) {
      table.choose(hash);
      for (const leaf of LEAVES) table.update(leaf, 0, 1);
    }
    table.choose(c);
    for (const leaf of LEAVES) assert.equal(table.state(leaf), 0);
  });

  it('looks for a context in the other slot of a pair too, and nowhere else', () => {
    const [even] = hashes(1, ({ slot }) => slot === 512) as [number];
    const odd = hashes(2, ({ slot }) => slot === 513) as [number, number];
    const table = new BitHistoryTable(BITS);
    see(table, even, 9);
    see(table, odd[0], 8);
    // Both slots of the pair are taken; the less seen one is its own first slot.
    see(table, odd[1], 1);
    assert.equal(rootOf(table, even), zeros(9));
    assert.equal(rootOf(table, odd[0]), 0);
  });

  it('has the slots that it was asked for', () => {
    for (const bits of [10, 17]) {
      const table = new BitHistoryTable(bits);
      // A context for the last slot, reached by its high bits.
      let last = 1;
      const slotOf = (hash: number): number => {
        let h = Math.imul(hash, 0x85ebca6b);
        h ^= h >>> 15;
        return h >>> (32 - bits);
      };
      while (slotOf(last) !== 2 ** bits - 1) last++;
      see(table, last, 3);
      assert.equal(rootOf(table, last), zeros(3));
    }
  });
});
