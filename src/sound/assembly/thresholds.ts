/** Where a sample's range is cut first: at the 31 quantiles of a logistic that part it evenly into 32 (`../sound.md`, section 5). */

/** log(j / (32 - j)) in 1/4096, j = 1..31. */
const LOG_ODDS: StaticArray<i32> = [
  0, -14066, -11092, -9293, -7970, -6907, -6006, -5214, -4500, -3843, -3230, -2649, -2092, -1554, -1029, -513, 0, 513, 1029, 1554, 2092, 2649, 3230, 3843, 4500, 5214, 6006, 6907, 7970, 9293, 11092, 14066,
];

/** The least sample of the upper part of cut j. @param centre and scale in 1/16 of a sample's step. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function cutAt(j: i32, centre: i32, scale: i32): i32 {
  const offset = <i32>((<i64>scale * <i64>unchecked(LOG_ODDS[j])) >> 12);
  return (centre + offset + 15) >> 4;
}
