/**
 * The logistic domain in whole numbers: 1/256 of a bit of log odds (`mixing.md`). The tables come from powers of two by integer square
 * roots, so they are the same on every machine; no `Math.log` or `Math.exp` decides a bit.
 */

/** Bits of the exact numbers that the tables are rounded from. */
const PRECISION = 200n;
const ONE = 1n << PRECISION;

/** Log odds are kept within ±LIMIT, about 16 bits. */
export const LIMIT = 4095;

/** The most that an estimate's count of observations says. */
export const CONFIDENCE_LIMIT = 255;

const FRACTIONS = powers();

/** Entry `LIMIT + 1 + s`: probability of a 1, in 1/65536 and within 1..65535, at log odds `s`, -4096..4095. */
export const SQUASH = Int32Array.from({ length: 2 * (LIMIT + 1) }, (_, i) => squash(i - LIMIT - 1));

/** Entry `i`: the largest k with 2^(k/256) <= 1 + i/1024. */
export const LOGS = logarithms();

/** Entry `p`: log odds of the middle of [p, p + 1) / 4096. */
export const STRETCH = Int32Array.from({ length: 4096 }, (_, p) => log2(2 * p + 1) - log2(8191 - 2 * p));

/** Entry `n`: which part, in 1/65536, of the way to the next observation an estimate goes that rests on `n`. */
export const RATES = Int32Array.from({ length: CONFIDENCE_LIMIT + 1 }, (_, n) => Math.floor(131072 / (2 * n + 3)));

/** 256 * log2(x), rounded down by at most 2, for an integer 1 <= x < 2^31. */
export function log2(x: number): number {
  const e = 31 - Math.clz32(x);
  const mantissa = e >= 10 ? x >>> (e - 10) : x << (10 - e);
  return e * 256 + (LOGS[mantissa - 1024] as number);
}

/** 2^(-f/256) for f = 0..255, times ONE. */
function powers(): bigint[] {
  const roots: bigint[] = [];
  let root = ONE / 2n;
  for (let k = 0; k < 8; k++) {
    root = squareRoot(root << PRECISION);
    roots.push(root);
  }
  return Array.from({ length: 256 }, (_, f) =>
    roots.reduce((value, factor, k) => ((f >> (7 - k)) & 1 ? (value * factor) >> PRECISION : value), ONE),
  );
}

function squash(s: number): number {
  const odds = (FRACTIONS[Math.abs(s) & 255] as bigint) >> BigInt(Math.abs(s) >> 8);
  const small = Number((odds << 16n) / (ONE + odds));
  return Math.min(65535, Math.max(1, s < 0 ? small : 65536 - small));
}

function logarithms(): Int32Array {
  const table = new Int32Array(1024);
  let k = 0;
  for (let i = 0; i < 1024; i++) {
    while (k < 255 && BigInt(1024 + i) * (FRACTIONS[k + 1] as bigint) >= 1024n << PRECISION) k++;
    table[i] = k;
  }
  return table;
}

/** floor(sqrt(n)), by Newton's method from above. */
function squareRoot(n: bigint): bigint {
  let root = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
