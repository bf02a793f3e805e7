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
