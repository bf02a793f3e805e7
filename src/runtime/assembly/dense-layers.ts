/**
 * Layers of a network in whole numbers, few of whose inputs are 0: AssemblyScript, which `asc` compiles and `tsc` does not. Inputs are multiplied
 * two at a time, in 16 bits, and added up in 32. `../context-layers.ts` owns the memory.
 */
export { begin } from './sparse-layers';

import { clipped } from './sparse-layers';

/**
 * Rows go through in twos: of each pair of a row's numbers, that of one row and that of the other, so that one address leads to both. Of the
 * last row of an odd number the other's place may hold anything.
 */
const TOGETHER: i32 = 2;
/** Outputs that are computed together: their sums for two rows and what both are multiplied with are as many as the processor has vectors for. */
const BLOCK: i32 = 16;

/** Rows of bytes, each 128 more than a number, as int16. @param width bytes of a row: a multiple of 16. */
export function widen(bytes: usize, rows: i32, width: i32, out: usize): void {
  for (let row: i32 = 0; row < rows; row += TOGETHER) {
    let other = row + 1 < rows ? bytes + <usize>width : bytes;
    for (const end = bytes + <usize>width; bytes < end; bytes += 16) {
      const a = v128.xor(v128.load(bytes), i8x16.splat(-128));
      const b = v128.xor(v128.load(other), i8x16.splat(-128));
      interleave(i16x8.extend_low_i8x16_s(a), i16x8.extend_low_i8x16_s(b), out);
      interleave(i16x8.extend_high_i8x16_s(a), i16x8.extend_high_i8x16_s(b), out + 32);
      other += 16;
      out += 64;
    }
    bytes += <usize>width;
  }
}

/** Eight numbers of each of two rows, as they go through. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function interleave(a: v128, b: v128, out: usize): void {
  v128.store(out, v128.shuffle<i32>(a, b, 0, 4, 1, 5));
  v128.store(out, v128.shuffle<i32>(a, b, 2, 6, 3, 7), 16);
}

/** The first `width` of each row as floats, one row behind another; up to seven floats behind the last are written, too. @param stride elements of a row: a multiple of 8. */
export function give(numbers: usize, rows: i32, stride: i32, width: i32, out: usize): void {
  for (let row: i32 = 0; row < rows; row++) {
    const isOther = (row & 1) != 0;
    let from = numbers + (<usize>((row & ~1) * stride) << 1);
    let to = out;
    out += <usize>width << 2;
    for (; to < out; to += 32) {
      const low = v128.load(from);
      const high = v128.load(from, 16);
      const eight = isOther ? v128.shuffle<i32>(low, high, 1, 3, 5, 7) : v128.shuffle<i32>(low, high, 0, 2, 4, 6);
      v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(eight)));
      v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(eight)), 16);
      from += 32;
    }
  }
}

/**
 * A layer: clip((x w + b) >> shift, low, high).
 *
 * @param x int16, two rows at a time. @param rows at least 1. @param inputs elements of a row: a multiple of 8.
 * @param weights int16: of each block of 16 outputs, for each pair of inputs, two for each output. @param bias int32. @param outputs a multiple of 16.
 * @param out int16, likewise.
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
  const inputBytes = <usize>inputs << 2;
  const outputBytes = <usize>outputs << 2;
  for (let block: i32 = 0; block < outputs; block += BLOCK) {
    let from = x;
    let to = out;
    for (let row: i32 = 0; row < rows; row += TOGETHER) {
      let u0 = v128.load(bias);
      let u1 = v128.load(bias, 16);
      let u2 = v128.load(bias, 32);
      let u3 = v128.load(bias, 48);
      let v0 = u0;
      let v1 = u1;
      let v2 = u2;
      let v3 = u3;
      const end = from + inputBytes;
      let w = weights;
      if (row + 1 < rows) {
        for (; from < end; from += 8) {
          const w0 = v128.load(w);
          const w1 = v128.load(w, 16);
          const w2 = v128.load(w, 32);
          const w3 = v128.load(w, 48);
          const u = v128.load32_splat(from);
          u0 = i32x4.add(u0, i32x4.dot_i16x8_s(u, w0));
          u1 = i32x4.add(u1, i32x4.dot_i16x8_s(u, w1));
          u2 = i32x4.add(u2, i32x4.dot_i16x8_s(u, w2));
          u3 = i32x4.add(u3, i32x4.dot_i16x8_s(u, w3));
          const v = v128.load32_splat(from, 4);
          v0 = i32x4.add(v0, i32x4.dot_i16x8_s(v, w0));
          v1 = i32x4.add(v1, i32x4.dot_i16x8_s(v, w1));
          v2 = i32x4.add(v2, i32x4.dot_i16x8_s(v, w2));
          v3 = i32x4.add(v3, i32x4.dot_i16x8_s(v, w3));
          w += 64;
        }
      } else {
        for (; from < end; from += 8) {
          const u = v128.load32_splat(from);
          u0 = i32x4.add(u0, i32x4.dot_i16x8_s(u, v128.load(w)));
          u1 = i32x4.add(u1, i32x4.dot_i16x8_s(u, v128.load(w, 16)));
          u2 = i32x4.add(u2, i32x4.dot_i16x8_s(u, v128.load(w, 32)));
          u3 = i32x4.add(u3, i32x4.dot_i16x8_s(u, v128.load(w, 48)));
          w += 64;
        }
      }
      const least = i16x8.splat(<i16>low);
      const most = i16x8.splat(<i16>high);
      interleave(clipped(u0, u1, shift, least, most), clipped(v0, v1, shift, least, most), to);
      interleave(clipped(u2, u3, shift, least, most), clipped(v2, v3, shift, least, most), to + 32);
      to += outputBytes;
    }
    weights += <usize>(inputs * BLOCK) << 1;
    bias += BLOCK << 2;
    out += BLOCK << 2;
  }
}
