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
}

/** The most units that any element can have, whatever its sign. */
export function magnitude({ lo, hi }: Interval): number {
  return Math.max(Math.abs(lo), Math.abs(hi));
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
  return { lo: within(a.lo), hi: within(a.hi), grid };
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
  for (let i = 0; i < bits.length; i++) {
    const { mantissa, exponent } = decompose(bits[i]);
    if (Number.isNaN(mantissa)) return null;
    if (mantissa !== 0 && exponent < grid) grid = exponent;
  }
  if (grid === Number.POSITIVE_INFINITY) grid = 0;
  const { lo, hi } = bounds(values);
  return { lo: lo * 2 ** -grid, hi: hi * 2 ** -grid, grid };
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
