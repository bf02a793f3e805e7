/** The number that follows `x` (uint32, not 0) in the stream of xorshift32 (Marsaglia 2003: 13, 17, 5). Archives depend on it. */
export function xorshift32(x: number): number {
  let next = x ^ (x << 13);
  next ^= next >>> 17;
  next ^= next << 5;
  return next >>> 0;
}
