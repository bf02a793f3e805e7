import { TOTAL } from '../../src/entropy/total.js';
import type { Interval } from './intervals.js';

/** [low, low + range) / 2^bits, a part of [0, 1). */
export interface ExactInterval {
  readonly low: bigint;
  readonly range: bigint;
  readonly bits: bigint;
}

/** The coder's interval after some symbols, by section 1 of range-coder.md in unbounded integers: no carry, no bytes. */
export function exactInterval(symbols: Iterable<Interval>): ExactInterval {
  let low = 0n;
  let range = 2n ** 32n - 1n;
  let bits = 32n;
  for (const { start, size } of symbols) {
    const unit = range / BigInt(TOTAL);
    low += unit * BigInt(start);
    range = start + size === TOTAL ? range - unit * BigInt(start) : unit * BigInt(size);
    while (range < 2n ** 24n) {
      low *= 256n;
      range *= 256n;
      bits += 8n;
    }
  }
  return { low, range, bits };
}

/** The shortest string that, followed by zeros, lies in the interval; of equally short ones, the smallest. */
export function shortestString({ low, range, bits }: ExactInterval): Uint8Array {
  for (let length = 0n; ; length++) {
    const unit = 2n ** (bits - 8n * length);
    const multiple = (low + unit - 1n) / unit;
    if (multiple * unit < low + range) {
      return Uint8Array.from({ length: Number(length) }, (_, index) =>
        Number((multiple >> (8n * (length - 1n - BigInt(index)))) & 255n),
      );
    }
  }
}
