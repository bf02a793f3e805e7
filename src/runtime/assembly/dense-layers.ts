/**
 * Layers of a network in whole numbers, few of whose inputs are 0: AssemblyScript, which `asc` compiles and `tsc` does not. Inputs are multiplied
 * two at a time, in 16 bits, and added up in 32. `../context-layers.ts` owns the memory.
 */
export { begin, give } from './sparse-layers';

import { clipped } from './sparse-layers';

/** Of two rows at once: their sums, and the weights that both are multiplied with, are as many as the processor has vectors for. */
const BLOCK: i32 = 16;

/** Bytes, each 128 more than a number, as int16. @param count a multiple of 16. */
export function widen(bytes: usize, count: i32, out: usize): void {
  for (const end = bytes + <usize>count; bytes < end; bytes += 16) {
    const x = v128.xor(v128.load(bytes), i8x16.splat(-128));
    v128.store(out, i16x8.extend_low_i8x16_s(x));
    v128.store(out, i16x8.extend_high_i8x16_s(x), 16);
    out += 32;
  }
}

/**
 * A layer: clip((x w + b) >> shift, low, high).
 *
 * @param x int16, row by row. @param rows at least 1. @param inputs elements of a row: an even number.
 * @param weights int16: of each block of 16 outputs, for each pair of inputs, two for each output. @param bias int32. @param outputs a multiple of 16.
 * @param out int16.
 */
export function layer(
  x: usize,
  rows: i32,
  inputs: i32,
  weights: usize,
  bias: usize,
  outputs: i32,
  shift: i32,
  low: i32,
  high: i32,
  out: usize,
): void {
  const least = i16x8.splat(<i16>low);
  const most = i16x8.splat(<i16>high);
  const inputBytes = <usize>inputs << 1;
  const outputBytes = <usize>outputs << 1;
  const blockBytes = inputBytes * BLOCK;
  for (let block: i32 = 0; block < outputs; block += BLOCK) {
    let row: i32 = 0;
    let from = x;
    let to = out;
    for (; row + 2 <= rows; row += 2) {
      let a0 = v128.load(bias);
      let a1 = v128.load(bias, 16);
      let a2 = v128.load(bias, 32);
      let a3 = v128.load(bias, 48);
      let b0 = a0;
      let b1 = a1;
      let b2 = a2;
      let b3 = a3;
      const other = from + inputBytes;
      let w = weights;
      for (let i: usize = 0; i < inputBytes; i += 4) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        const w2 = v128.load(w, 32);
        const w3 = v128.load(w, 48);
        const a = v128.load32_splat(from + i);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(a, w0));
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(a, w1));
        a2 = i32x4.add(a2, i32x4.dot_i16x8_s(a, w2));
        a3 = i32x4.add(a3, i32x4.dot_i16x8_s(a, w3));
        const b = v128.load32_splat(other + i);
        b0 = i32x4.add(b0, i32x4.dot_i16x8_s(b, w0));
        b1 = i32x4.add(b1, i32x4.dot_i16x8_s(b, w1));
        b2 = i32x4.add(b2, i32x4.dot_i16x8_s(b, w2));
        b3 = i32x4.add(b3, i32x4.dot_i16x8_s(b, w3));
        w += 64;
      }
      v128.store(to, clipped(a0, a1, shift, least, most));
      v128.store(to, clipped(a2, a3, shift, least, most), 16);
      v128.store(to + outputBytes, clipped(b0, b1, shift, least, most));
      v128.store(to + outputBytes, clipped(b2, b3, shift, least, most), 16);
      from += 2 * inputBytes;
      to += 2 * outputBytes;
    }
    if (row < rows) {
      let a0 = v128.load(bias);
      let a1 = v128.load(bias, 16);
      let a2 = v128.load(bias, 32);
      let a3 = v128.load(bias, 48);
      let w = weights;
      for (let i: usize = 0; i < inputBytes; i += 4) {
        const a = v128.load32_splat(from + i);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(a, v128.load(w)));
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(a, v128.load(w, 16)));
        a2 = i32x4.add(a2, i32x4.dot_i16x8_s(a, v128.load(w, 32)));
        a3 = i32x4.add(a3, i32x4.dot_i16x8_s(a, v128.load(w, 48)));
        w += 64;
      }
      v128.store(to, clipped(a0, a1, shift, least, most));
      v128.store(to, clipped(a2, a3, shift, least, most), 16);
    }
    weights += blockBytes;
    bias += BLOCK << 2;
    out += BLOCK << 1;
  }
}
