/** What the network is told before a call, of each channel a row: `../sound.md`, section 7. */
import { log2 } from '../../mixing/assembly/tables';
import { COMPONENTS, deviationOf, gateOf, knownOf } from './components';

export const COLUMNS: usize = 80;
/** The deviation that others are compared with: the blend's at the fourth rate. */
export const REFERENCE: usize = COMPONENTS - 3;

/** 256 * log2 of a deviation, of 2^13 at least. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function logOf(deviation: i64): i32 {
  return log2(<i32>(deviation >> 12));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function put(at: usize, column: usize, value: i32): void {
  store<f32>(at + (column << 2), <f32>max(0, min(255, value)));
}

/** @param frames of the call. @param rate samples a second. @param bits of a sample. */
export function writeRow(at: usize, c: usize, count: i32, frames: i32, rate: i32, bits: i32): void {
  const reference = logOf(deviationOf(c, REFERENCE));
  for (let i: usize = 0; i < COMPONENTS; i++) {
    put(at, i, 128 + ((logOf(deviationOf(c, i)) - reference) >> 3));
    put(at, COMPONENTS + i, (log2(<i32>gateOf(c, i) + 1) * 15) >> 8);
  }
  const rest = at + ((2 * COMPONENTS) << 2);
  put(rest, 0, reference >> 5);
  put(rest, 1, log2(knownOf(c) + 1) >> 5);
  put(rest, 2, log2(frames) >> 4);
  put(rest, 3, log2(max(1, rate)) >> 5);
  put(rest, 4, bits << 3);
  put(rest, 5, <i32>c << 5);
  put(rest, 6, count << 5);
  put(rest, 7, 0);
}
