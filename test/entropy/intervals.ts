import { RangeDecoder } from '../../src/entropy/range-decoder.js';
import { RangeEncoder } from '../../src/entropy/range-encoder.js';
import { TOTAL } from '../../src/entropy/total.js';
import { xorshift32 } from './random.js';

/** One coded symbol: [start, start + size) of TOTAL. */
export interface Interval {
  readonly start: number;
  readonly size: number;
}

/** A partition of [0, TOTAL), in order. */
export type Partition = readonly Interval[];

/** The partition whose sizes are proportional to the weights, each at least 1; the largest size comes last. */
export function partition(weights: readonly number[]): Partition {
  const sum = weights.reduce((a, b) => a + b, 0);
  const shared = TOTAL - weights.length;
  const sizes = weights.map((weight) => 1 + Math.floor(sum > 0 ? (weight / sum) * shared : 0)).sort((a, b) => a - b);
  let start = 0;
  return sizes.map((size, index) => {
    const interval = { start, size: index === sizes.length - 1 ? TOTAL - start : size };
    start += size;
    return interval;
  });
}

/** The interval of a partition that holds a point of [0, TOTAL). */
export function intervalAt(intervals: Partition, point: number): Interval {
  const found = intervals.findLast(({ start }) => start <= point);
  if (!found) throw new Error(`no interval holds ${point}`);
  return found;
}

/** `count` symbols that occur as often as their sizes say. */
export function draw(intervals: Partition, count: number, seed: number): Interval[] {
  const next = xorshift32(seed);
  const owner = new Array<Interval>(TOTAL);
  for (const interval of intervals) owner.fill(interval, interval.start, interval.start + interval.size);
  return Array.from({ length: count }, () => owner[next() >>> 16] as Interval);
}

export function encodeAll(symbols: Iterable<Interval>): Uint8Array {
  const encoder = new RangeEncoder();
  for (const { start, size } of symbols) encoder.encode(start, size);
  return encoder.finish();
}

/** As `encodeAll`, ended as segments are. */
export function encodeUncut(symbols: Iterable<Interval>): Uint8Array {
  const encoder = new RangeEncoder();
  for (const { start, size } of symbols) encoder.encode(start, size);
  return encoder.finishUncut();
}

/** After how many of these symbols a decoder of the string knows that it was cut; undefined if it never does. */
export function knownCutAfter(bytes: Uint8Array, intervals: Partition, count: number): number | undefined {
  const decoder = new RangeDecoder(bytes);
  for (let done = 0; done <= count; done++) {
    if (decoder.cut) return done;
    const { start, size } = intervalAt(intervals, decoder.target());
    decoder.advance(start, size);
  }
  return undefined;
}

/** The symbols that a string decodes to if every one is coded with the same partition. */
export function decodeAll(bytes: Uint8Array, intervals: Partition, count: number): Interval[] {
  const decoder = new RangeDecoder(bytes);
  return Array.from({ length: count }, () => {
    const interval = intervalAt(intervals, decoder.target());
    decoder.advance(interval.start, interval.size);
    return interval;
  });
}

/** Whether a string decodes to these very symbols: the target of each lies in its interval. */
export function decodesTo(bytes: Uint8Array, symbols: Iterable<Interval>): boolean {
  const decoder = new RangeDecoder(bytes);
  for (const { start, size } of symbols) {
    const target = decoder.target();
    if (target < start || target >= start + size) return false;
    decoder.advance(start, size);
  }
  return true;
}

/** Sum of -log2 of the symbols' probabilities. */
export function idealBits(symbols: Iterable<Interval>): number {
  let bits = 0;
  for (const { size } of symbols) bits -= Math.log2(size / TOTAL);
  return bits;
}
