/** A binary decision. The likelier bit comes last: what the coder's division leaves over is given to it (`../range-coder.md`). */
import { advance, isBelow } from './range-decoder';
import { encode } from './range-encoder';

const HALF: i32 = 32768;

/** Codes a bit. @param one probability of a 1, in 1/65536 and within 1..65535. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function encodeBit(one: i32, bit: i32): void {
  const first = one < HALF ? one : 65536 - one;
  if ((bit == 1) == one < HALF) encode(0, first);
  else encode(first, 65536 - first);
}

/** The inverse. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function decodeBit(one: i32): i32 {
  const first = one < HALF ? one : 65536 - one;
  const isFirst = isBelow(first);
  if (isFirst) advance(0, first);
  else advance(first, 65536 - first);
  return isFirst == one < HALF ? 1 : 0;
}
