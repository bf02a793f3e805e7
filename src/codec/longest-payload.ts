/**
 * The most that `RangeEncoder` makes of `length` bytes. Between two decisions its range is at least 2^24, and each outcome has at least 1 of
 * 2^16 parts, so at least 2^8 of the range is left: after two bytes put out, it is 2^24 again. A byte takes eight decisions where bits are
 * mixed, and the end at most four bytes.
 */
export function longestPayload(length: number): number {
  return 16 * length + 4;
}
