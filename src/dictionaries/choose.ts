import TinyQueue from 'tinyqueue';
import { Turns } from '../codec/turns.js';

/**
 * Which of many samples stand for all: those whose substrings recur in most of the others, each substring counted once (a greedy cover, as
 * zstd's COVER trainer does it with segments; here whole records, since what they are like as a whole is learned from them, too).
 */

/** Bytes of a substring. */
const SUBSTRING = 6;
/** log2 of the counters that substrings are hashed into. */
const COUNTER_BITS = 20;
/** A substring that this many samples share is worth no more than that. */
const MOST_SHARED = 64;
const LINE_FEED = Uint8Array.of(10);

interface Candidate {
  readonly index: number;
  readonly length: number;
  /** Counters of its substrings, each once. */
  readonly counters: Uint32Array;
  /** What it would add for each of its bytes, when that was last computed. */
  score: number;
}

/**
 * A dictionary of at most `size` bytes: the samples that cover most of what recurs, the most telling one last, since what is near counts most;
 * each ends its line. The same samples in the same order give the same bytes.
 *
 * @param samples at least one that is not empty.
 */
export async function chooseSamples(samples: readonly Uint8Array[], size: number): Promise<Uint8Array> {
  const turns = new Turns();
  const distinct = distinctOf(samples, size);
  const shared = new Uint8Array(2 ** COUNTER_BITS);
  const candidates: Candidate[] = [];
  for (const [index, sample] of distinct.entries()) {
    const counters = countersOf(sample);
    for (const counter of counters) shared[counter] = Math.min(MOST_SHARED, (shared[counter] as number) + 1);
    candidates.push({ index, length: endedLength(sample), counters, score: Number.POSITIVE_INFINITY });
    await turns.give();
  }
  const chosen: Uint8Array[] = [];
  let room = size;
  // Scores only fall as substrings are covered: the best one that still holds when it is computed anew is the best of all.
  const queue = new TinyQueue(candidates, (a, b) => (isBetter(a, b) ? -1 : 1));
  for (let best = queue.pop(); best; best = queue.pop()) {
    if (best.length > room) continue;
    const score = scoreOf(best, shared);
    const next = queue.peek();
    if (next && isBetter(next, { ...best, score })) {
      best.score = score;
      queue.push(best);
    } else {
      chosen.push(distinct[best.index] as Uint8Array);
      room -= best.length;
      for (const counter of best.counters) shared[counter] = 0;
    }
    await turns.give();
  }
  if (chosen.length === 0) return (distinct[0] ?? Uint8Array.of(10)).subarray(0, size);
  return Buffer.concat(chosen.reverse().flatMap((sample) => (endsLine(sample) ? [sample] : [sample, LINE_FEED])));
}

/** Each once, the last of those that are alike; those that would not fit are cut. */
function distinctOf(samples: readonly Uint8Array[], size: number): Uint8Array[] {
  const seen = new Map<string, Uint8Array>();
  for (const sample of samples) {
    const cut = sample.subarray(0, Math.max(1, size - 1));
    const key = Buffer.from(cut).toString('latin1');
    seen.delete(key);
    seen.set(key, cut);
  }
  return [...seen.values()];
}

function countersOf(sample: Uint8Array): Uint32Array {
  const found = new Set<number>();
  for (let i = 0; i + SUBSTRING <= sample.length; i++) {
    let hash = 0;
    for (let j = 0; j < SUBSTRING; j++) hash = Math.imul(hash ^ (sample[i + j] as number), 0x9e3779b1);
    found.add((hash ^ (hash >>> 15)) >>> (32 - COUNTER_BITS));
  }
  return Uint32Array.from(found);
}

/** What no other sample has is worth nothing. */
function scoreOf({ counters, length }: Candidate, shared: Uint8Array): number {
  let sum = 0;
  for (const counter of counters) sum += Math.max(0, (shared[counter] as number) - 1);
  return sum / length;
}

/** Of equals the later one: records are often in the order of their time, and those to come will be like the last. */
function isBetter(a: Candidate, b: Candidate): boolean {
  return a.score > b.score || (a.score === b.score && a.index > b.index);
}

function endsLine(sample: Uint8Array): boolean {
  return sample.at(-1) === 10;
}

function endedLength(sample: Uint8Array): number {
  return sample.length + (endsLine(sample) ? 0 : 1);
}
