/**
 * How large a tensor can be: an upper bound for each of its dimensions, Infinity where a caller chooses it freely. What a
 * sum of computed numbers can reach depends on how many there are, so the audit has to know (audit.md, "How many keys").
 */
export type Extents = readonly number[];

/** Dimensions of the result of an elementwise operator: aligned at the right, each pair equal or one of them 1. */
export function broadcast(x: Extents, y: Extents): Extents {
  const rank = Math.max(x.length, y.length);
  const at = (e: Extents, i: number) => e[i - rank + e.length] ?? 1;
  return Array.from({ length: rank }, (_, i) => Math.max(at(x, i), at(y, i)));
}

/** x with dimension `axis` replaced. */
export function replace(x: Extents, axis: number, bound: number): Extents {
  return x.map((e, i) => (i === axis ? bound : e));
}

/**
 * Reshape to `shape`, in which 0 copies the dimension of the same place and -1 is what is left over. The number of
 * elements stays, so the dimensions that are not copied have the same product before and after.
 */
export function reshape(x: Extents, shape: readonly number[]): Extents {
  const copied = (i: number) => shape[i] === 0;
  const fixed = shape.filter((n) => n > 0).reduce((a, b) => a * b, 1);
  const left = x.filter((_, i) => !copied(i)).reduce((a, b) => a * b, 1);
  return shape.map((n, i) => (n === 0 ? (x[i] as number) : n > 0 ? n : Math.floor(left / fixed)));
}
