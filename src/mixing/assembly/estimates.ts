/** Adaptive probabilities: uint32, a probability in 1/2^22, then 8 bits of observations (`../mixing.md`, section 7). */
import { ratesTable } from './tables';

const CONFIDENCE_LIMIT: u32 = 255;

/** An estimate after a bit, which moves it by less the more it has seen. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function adapted(estimate: u32, bit: i32): u32 {
  const value = <i32>(estimate >>> 8);
  const count = estimate & 255;
  const step = <i64>((bit << 22) - value) * <i64>load<u16>(ratesTable + (<usize>count << 1));
  return (<u32>(value + <i32>(step >> 16)) << 8) | min(CONFIDENCE_LIMIT, count + 1);
}
