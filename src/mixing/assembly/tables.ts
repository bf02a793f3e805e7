/** The tables of `../tables.ts` and `../bit-history.ts`, in as few bytes as they need: `../../bytes/byte-program.ts` writes them here. */

/** Probability of a 1, 1..65535, at log odds -4096..4095: uint16. */
export const squashTable = memory.data(16384, 64);
/** Log odds of the middle of [p, p + 1) / 4096: int16. */
export const stretchTable = memory.data(8192, 64);
/** Fraction of a logarithm, 0..255: uint8. */
export const logsTable = memory.data(1024, 64);
/** By observations, 0..255: uint16. */
export const ratesTable = memory.data(512, 64);
/** By state and bit, the state that follows; bits that a state remembers: uint8. */
export const nextTable = memory.data(512, 64);
export const seenTable = memory.data(256, 64);

/** Log odds are kept within this. */
export const LIMIT: i32 = 4095;

// @ts-ignore: a decorator of AssemblyScript
@inline
export function squash(odds: i32): i32 {
  return <i32>load<u16>(squashTable + (<usize>(odds + LIMIT + 1) << 1));
}

/** @param value probability in 1/2^22, times 256: its lowest 8 bits are not looked at. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function stretch(value: u32): i32 {
  return <i32>load<i16>(stretchTable + (<usize>(value >>> 18) << 1));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function log2(x: i32): i32 {
  const e = 31 - clz(x);
  const mantissa = e >= 10 ? x >>> (e - 10) : x << (10 - e);
  return e * 256 + <i32>load<u8>(logsTable + <usize>(mantissa - 1024));
}

/** floor(sum / 65536), within the limits of log odds. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function scaled(sum: i64): i32 {
  return <i32>max(<i64>-LIMIT, min(<i64>LIMIT, sum >> 16));
}

/** log2 of a number below 2^24, and a constant more. A float holds it as it is: its exponent, and its first ten digits behind the point, are what log2 takes. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function raisedLog2(x: i32): i32 {
  const float = reinterpret<i32>(<f32>x);
  return ((float >>> 15) & 0xff00) + <i32>load<u8>(logsTable + <usize>((float >>> 13) & 1023));
}

/** The same of four. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function raisedLogs2(four: v128): v128 {
  const floats = f32x4.convert_i32x4_s(four);
  const at = v128.and(i32x4.shr_u(floats, 13), i32x4.splat(1023));
  let fractions = i32x4.splat(load<u8>(logsTable + <usize>i32x4.extract_lane(at, 0)));
  fractions = i32x4.replace_lane(fractions, 1, load<u8>(logsTable + <usize>i32x4.extract_lane(at, 1)));
  fractions = i32x4.replace_lane(fractions, 2, load<u8>(logsTable + <usize>i32x4.extract_lane(at, 2)));
  fractions = i32x4.replace_lane(fractions, 3, load<u8>(logsTable + <usize>i32x4.extract_lane(at, 3)));
  return i32x4.add(v128.and(i32x4.shr_u(floats, 15), i32x4.splat(0xff00)), fractions);
}

/** What is more. */
export const RAISED: i32 = 127 * 256;
