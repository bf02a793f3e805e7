/**
 * Bit histories: how many 0s and 1s followed a context, and which came last, as one of at most 256 states. Old evidence fades when it is
 * contradicted. (The idea is PAQ's non-stationary states; the table is our own, made by the rule below.)
 */
interface History {
  readonly zeros: number;
  readonly ones: number;
  readonly last: 0 | 1;
}

/** By the smaller of the two counts (5: 5 or more): the most that either may be. */
const BOUNDS = [40, 24, 12, 8, 6, 5] as const;

const { states, next } = reachable();

/** States there are; 0 is that of a context never seen. */
export const STATES = states.length;

/** Entry `2 * state + bit`: the state that follows. */
export const NEXT: Uint8Array = next;

/** Bits that a state remembers, 0..40: contexts with fewer are dropped first. */
export const SEEN: Uint8Array = Uint8Array.from(states, ({ zeros, ones }) => zeros + ones);

function after({ zeros, ones }: History, bit: 0 | 1): History {
  const counted = bit ? { zeros: kept(zeros), ones: ones + 1 } : { zeros: zeros + 1, ones: kept(ones) };
  const most = BOUNDS[Math.min(counted.zeros, counted.ones, 5)] as number;
  return { zeros: Math.min(counted.zeros, most), ones: Math.min(counted.ones, most), last: bit };
}

/** What is left of a count when the other bit comes: at most floor(log2(n)) + 2. */
function kept(n: number): number {
  return n <= 2 ? n : Math.min(n, 33 - Math.clz32(n));
}

/** All states, numbered in the order in which they are first reached from "never seen". */
function reachable(): { states: readonly History[]; next: Uint8Array } {
  const found: History[] = [{ zeros: 0, ones: 0, last: 0 }];
  const numbers = new Map([[key(found[0] as History), 0]]);
  const following: number[] = [];
  for (const state of found) {
    for (const bit of [0, 1] as const) {
      const to = after(state, bit);
      let number = numbers.get(key(to));
      if (number === undefined) {
        number = found.length;
        numbers.set(key(to), number);
        found.push(to);
      }
      following.push(number);
    }
  }
  return { states: found, next: Uint8Array.from(following) };
}

function key({ zeros, ones, last }: History): string {
  return `${zeros} ${ones} ${last}`;
}
