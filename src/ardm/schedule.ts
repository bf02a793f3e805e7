import type { Dial } from '../archive/types.js';
import { BLOCK_LENGTH, callsTaken, interleaved, type Partition, randomOrder } from './order.js';

export type { Dial };

/**
 * Partitions made so far, by model: nearly all blocks of a file share one, and the dynamic program takes milliseconds,
 * which an archive may ask for in each of thousands of short segments.
 */
const remembered = new WeakMap<readonly number[], Map<string, Partition>>();
const REMEMBERED = 64;

/**
 * The partition of a block of `n` positions. Both sides derive it from (n, dial) and the model's measured losses alone.
 * It is shared: not to be written to.
 */
export function partition(n: number, dial: Dial, randomOrderLoss: readonly number[]): Partition {
  // The order of a long block is quickly made, and too large to be kept.
  if (n > BLOCK_LENGTH) return makePartition(n, dial, randomOrderLoss);
  const ofModel = remembered.get(randomOrderLoss) ?? new Map<string, Partition>();
  remembered.set(randomOrderLoss, ofModel);
  const key = `${dial.schedule} ${dial.calls} ${n}`;
  let found = ofModel.get(key);
  if (!found) {
    found = makePartition(n, dial, randomOrderLoss);
    if (ofModel.size >= REMEMBERED) ofModel.clear();
    ofModel.set(key, found);
  }
  return found;
}

function makePartition(n: number, dial: Dial, randomOrderLoss: readonly number[]): Partition {
  if (dial.schedule === 'interleaved') return interleaved(n, dial.calls);
  return { positions: randomOrder(n), starts: cheapestStarts(n, Math.min(dial.calls, n), randomOrderLoss) };
}

/**
 * The dynamic program of the paper (section 3.1, appendix): where to cut a random order of `n` positions into exactly
 * `calls` groups, when coding the positions `i .. j` together costs `(j - i) * L_i`, `L_i` being the measured loss of a
 * position when `i` are known. Losses are sorted to be non-increasing first, as in the paper.
 *
 * With non-increasing L the cost satisfies the quadrangle inequality (for a <= b <= c <= d,
 * `w(a,d) + w(b,c) - w(a,c) - w(b,d) = (d - c)(L_a - L_b) >= 0`), so the best previous cut moves right with `j` and
 * each of the `calls` rows is solved by divide and conquer in O(n log n). All values are integers below 2^53; of equal
 * cuts the leftmost is taken.
 *
 * @param loss `L` in 1/1000 bit at evenly spaced shares of a full block, at least one entry.
 * @returns `calls + 1` starts, from 0 to `n`.
 */
export function cheapestStarts(n: number, calls: number, loss: readonly number[]): Uint32Array {
  const sorted = Float64Array.from(loss).sort().reverse();
  const lossAt = (known: number): number => sorted[Math.floor((known * sorted.length) / n)] as number;
  let costs = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  costs[0] = 0;
  const cuts: Uint32Array[] = [];
  for (let k = 1; k <= calls; k++) {
    const next = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
    const cut = new Uint32Array(n + 1);
    const solve = (low: number, high: number, first: number, last: number): void => {
      if (low > high) return;
      const j = (low + high) >> 1;
      let best = Math.max(first, k - 1);
      for (let i = best; i <= Math.min(last, j - 1); i++) {
        const cost = (costs[i] as number) + (j - i) * lossAt(i);
        if (cost < (next[j] as number)) {
          next[j] = cost;
          best = i;
        }
      }
      cut[j] = best;
      solve(low, j - 1, first, best);
      solve(j + 1, high, best, last);
    };
    solve(k, n, k - 1, n - 1);
    costs = next;
    cuts.push(cut);
  }
  const starts = new Uint32Array(calls + 1);
  starts[calls] = n;
  for (let k = calls; k > 0; k--) starts[k - 1] = (cuts[k - 1] as Uint32Array)[starts[k] as number] as number;
  return starts;
}

/** Network calls that `length` positions take under a dial, in blocks of 1,024; in longer blocks they are at most so many. */
export function totalCalls(length: number, dial: Dial): number {
  const inBlock = (n: number): number =>
    dial.schedule === 'random' ? Math.min(dial.calls, n) : callsTaken(n, dial.calls);
  const rest = length % BLOCK_LENGTH;
  return Math.floor(length / BLOCK_LENGTH) * inBlock(BLOCK_LENGTH) + (rest > 0 ? inBlock(rest) : 0);
}
