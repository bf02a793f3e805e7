import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NEXT, SEEN, STATES } from '../../src/mixing/bit-history.js';
import { draws } from './drawn-case.js';

/** `mixing.md`, section 3, written down a second time: counts of [0s, 1s], as rules on a pair. */
const MOST = new Map([
  [0, 40],
  [1, 24],
  [2, 12],
  [3, 8],
  [4, 6],
]);

function follow(counts: readonly [number, number], bit: number): [number, number] {
  const [same, other] = bit === 0 ? counts : [counts[1], counts[0]];
  const raised = same + 1;
  let lowered = 0;
  // The largest count that is no more than the old one, and no more than two above the exponent of the old one.
  while (lowered < other && lowered < exponent(other) + 2) lowered++;
  const most = MOST.get(Math.min(raised, lowered)) ?? 5;
  const now: [number, number] = [Math.min(raised, most), Math.min(lowered, most)];
  return bit === 0 ? now : [now[1], now[0]];
}

function exponent(n: number): number {
  let e = 0;
  while (2 ** (e + 1) <= n) e++;
  return e;
}

const after = (state: number, bits: Iterable<number>): number => {
  let now = state;
  for (const bit of bits) now = NEXT[2 * now + bit] as number;
  return now;
};

describe('bit histories', () => {
  it('have so many states, fewer than parameters are given for', () => {
    assert.equal(STATES, 195);
    assert.equal(NEXT.length, 2 * STATES);
    assert.equal(SEEN.length, STATES);
    for (const state of NEXT) assert.ok(state > 0 && state < STATES, 'none goes back to "never seen"');
  });

  it('follow the rule, state by state', () => {
    // Walk both machines side by side from "never seen": a state stands for the same counts whenever it is reached.
    const countsOf = new Map<number, string>([[0, '0 0 -']]);
    const numberOf = new Map<string, number>();
    const open: [number, [number, number]][] = [[0, [0, 0]]];
    for (const [state, counts] of open) {
      assert.equal(SEEN[state], counts[0] + counts[1]);
      for (const bit of [0, 1]) {
        const next = after(state, [bit]);
        const expected = follow(counts, bit);
        const name = `${expected.join(' ')} ${bit}`;
        assert.equal(countsOf.get(next) ?? name, name);
        assert.equal(numberOf.get(name) ?? next, next);
        if (!countsOf.has(next)) open.push([next, expected]);
        countsOf.set(next, name);
        numberOf.set(name, next);
      }
    }
    assert.equal(open.length, STATES, 'all are reached');
  });

  it('are numbered in the order in which they are reached', () => {
    let highest = 0;
    for (const state of NEXT) {
      assert.ok(state <= highest + 1);
      highest = Math.max(highest, state);
    }
    assert.equal(highest, STATES - 1);
    assert.deepEqual([...NEXT.subarray(0, 8)], [1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('remember up to 40 bits that agree, and forget most of them when one does not', () => {
    const zeros = after(0, Array(40).fill(0));
    assert.equal(SEEN[zeros], 40);
    assert.equal(after(zeros, [0]), zeros);
    // 40 zeros become floor(log2 40) + 2 = 7, and a one.
    assert.equal(SEEN[after(zeros, [1])], 8);
    assert.equal(SEEN[after(0, [0, 0, 0, 0, 1])], 5);
    assert.ok(Math.max(...SEEN) === 40);
  });

  it('tell which bit came last', () => {
    assert.notEqual(after(0, [0, 1]), after(0, [1, 0]));
    assert.equal(SEEN[after(0, [0, 1])], SEEN[after(0, [1, 0])]);
  });

  it('are the same in both directions: exchanging 0 and 1 exchanges the counts', () => {
    const next = draws(9);
    for (let run = 0; run < 200; run++) {
      const bits = Array.from({ length: next(60) }, () => (next(5) === 0 ? 1 : 0));
      const [one, other] = [
        after(0, bits),
        after(
          0,
          bits.map((bit) => 1 - bit),
        ),
      ];
      assert.equal(SEEN[one], SEEN[other]);
    }
  });
});
