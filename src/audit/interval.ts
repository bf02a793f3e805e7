/**
 * Interval arithmetic on grids of powers of two: what the elements of a tensor can be.
 *
 * Every element is `n * 2 ** grid` with an integer `lo <= n <= hi`. Numbers here are exact: bounds that leave the
 * range where JavaScript's numbers hold integers are refused by the callers long before, at 2 ** 24.
 */
export interface Interval {
  readonly lo: number;
  readonly hi: number;
  readonly grid: number;
  /**
   * Where given: each element is `m * 2 ** e` with `|m|` at most this and its own `e >= grid`. A product may need fewer bits
   * so than in units of the finest grid. {@link magnitude} where absent.
   */
  readonly significand?: number;
}

/** The most units that any element can have, whatever its sign. */
export function magnitude({ lo, hi }: Interval): number {
  return Math.max(Math.abs(lo), Math.abs(hi));
}

/** The largest integer that fp32 has to hold for an element, once the power of two is taken out. */
export function significand(x: Interval): number {
  return Math.min(x.significand ?? Number.POSITIVE_INFINITY, magnitude(x));
}

/** The same values in units of a grid that is as fine or finer. */
export function refine(x: Interval, grid: number): Interval {
  if (grid > x.grid) throw new RangeError(`a grid of 2^${x.grid} cannot be expressed on 2^${grid}`);
  const factor = 2 ** (x.grid - grid);
  return { lo: x.lo * factor, hi: x.hi * factor, grid };
}

/** x + y, in units of the finer grid. */
export function add(x: Interval, y: Interval): Interval {
  const grid = Math.min(x.grid, y.grid);
  const [a, b] = [refine(x, grid), refine(y, grid)];
  return { lo: a.lo + b.lo, hi: a.hi + b.hi, grid };
}

/** x - y. */
export function subtract(x: Interval, y: Interval): Interval {
  return add(x, { lo: -y.hi, hi: -y.lo, grid: y.grid });
}

/** x * y, element by element, each on its own grid. `same`: x and y are the same tensor, so the products are squares. */
export function multiply(x: Interval, y: Interval, same: boolean): Interval {
  const corners = [x.lo * y.lo, x.lo * y.hi, x.hi * y.lo, x.hi * y.hi];
  const squares = [x.lo * x.lo, x.hi * x.hi, ...(x.lo <= 0 && x.hi >= 0 ? [0] : [])];
  const of = same ? squares : corners;
  return {
    lo: Math.min(...of),
    hi: Math.max(...of),
    grid: x.grid + y.grid,
    significand: significand(x) * significand(y),
  };
}

/** The sum of up to `count` members of x, and of any part of them. */
export function sum(x: Interval, count: number): Interval {
  return { lo: Math.min(0, x.lo) * count, hi: Math.max(0, x.hi) * count, grid: x.grid };
}

/** Members of either. */
export function union(x: Interval, y: Interval): Interval {
  const grid = Math.min(x.grid, y.grid);
  const [a, b] = [refine(x, grid), refine(y, grid)];
  const significant = Math.max(significand(x), significand(y));
  return { lo: Math.min(a.lo, b.lo), hi: Math.max(a.hi, b.hi), grid, significand: significant };
}

/** Max(x, y). */
export function larger(x: Interval, y: Interval): Interval {
  const both = union(x, y);
  return { ...both, lo: Math.max(refine(x, both.grid).lo, refine(y, both.grid).lo) };
}

/** Floor(x): whole numbers. */
export function floor(x: Interval): Interval {
  if (x.grid >= 0) return x;
  const unit = 2 ** x.grid;
  return { lo: Math.floor(x.lo * unit), hi: Math.floor(x.hi * unit), grid: 0 };
}

/** Min(Max(x, low), high) for constants low <= high. */
export function clip(x: Interval, low: Interval, high: Interval): Interval {
  const grid = Math.min(x.grid, low.grid, high.grid);
  const [a, lowest, highest] = [refine(x, grid), refine(low, grid).lo, refine(high, grid).hi];
  const within = (n: number) => Math.min(Math.max(n, lowest), highest);
  const significant = Math.max(significand(x), significand(low), significand(high));
  return { lo: within(a.lo), hi: within(a.hi), grid, significand: significant };
}

/** Scale and exponent fields of an fp32 number: it is `mantissa * 2 ** exponent`, mantissa odd or 0. */
function decompose(bits: number): { mantissa: number; exponent: number } {
  const field = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (field === 0 && fraction === 0) return { mantissa: 0, exponent: 0 };
  // Providers may flush denormals to zero, and infinities and NaNs have no place on a grid.
  if (field === 0 || field === 0xff) return { mantissa: Number.NaN, exponent: 0 };
  const full = fraction | 0x800000;
  const zeros = 31 - Math.clz32(full & -full);
  return { mantissa: full >>> zeros, exponent: field - 150 + zeros };
}

/**
 * The interval of an fp32 constant, on the coarsest grid that holds all of its elements (2 ** 0 where all are 0).
 *
 * @returns null where an element is denormal, infinite or not a number.
 */
export function intervalOfFloats(values: Float32Array): Interval | null {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let grid = Number.POSITIVE_INFINITY;
  let significant = 0;
  for (let i = 0; i < bits.length; i++) {
    const { mantissa, exponent } = decompose(bits[i]);
    if (Number.isNaN(mantissa)) return null;
    if (mantissa !== 0 && exponent < grid) grid = exponent;
    if (mantissa > significant) significant = mantissa;
  }
  if (grid === Number.POSITIVE_INFINITY) grid = 0;
  const { lo, hi } = bounds(values);
  return { lo: lo * 2 ** -grid, hi: hi * 2 ** -grid, grid, significand: significant };
}

/** The interval of an integer constant, in units of 1. */
export function intervalOfIntegers(values: Int8Array | Int32Array): Interval {
  return { ...bounds(values), grid: 0 };
}

function bounds(values: Float32Array | Int8Array | Int32Array): { lo: number; hi: number } {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < lo) lo = value;
    if (value > hi) hi = value;
  }
  return { lo, hi };
}
