/**
 * Layers of a network in whole numbers, whose inputs are mostly 0: AssemblyScript, which `asc` compiles and `tsc` does not. Of each row only
 * what is not 0 is multiplied, two inputs at a time, in 16 bits, and added up in 32. `../sparse-layers.ts` owns the memory.
 */

/** Outputs that are computed together, so that their weights stay in the fastest cache while all rows of a call go by. */
const BLOCK: i32 = 32;
const BLOCK_BYTES: i32 = 2 * BLOCK;
/** By which of eight numbers are not 0: where their bytes go, so that they stand side by side. */
const places = memory.data(4096, 16);

/** To be called once. @returns where memory begins that is nobody's. */
export function begin(): usize {
  memory.fill(places, 0xff, 4096);
  for (let mask: usize = 0; mask < 256; mask++) {
    let to = places + (mask << 4);
    for (let i: usize = 0; i < 8; i++) {
      if (((mask >> i) & 1) == 0) continue;
      store<u8>(to, <u8>(2 * i));
      store<u8>(to, <u8>(2 * i + 1), 1);
      to += 2;
    }
  }
  return __heap_base;
}

/** Rows of `width` whole numbers, stored as floats, less `offset`, as rows of `stride` int16: a multiple of 8. What fills them up may be anything. */
export function take(floats: usize, rows: i32, width: i32, stride: i32, offset: i32, out: usize): void {
  const less = i16x8.splat(<i16>offset);
  for (let row: i32 = 0; row < rows; row++) {
    let from = floats + (<usize>(row * width) << 2);
    for (const end = out + (<usize>stride << 1); out < end; out += 16) {
      const low = i32x4.trunc_sat_f32x4_s(v128.load(from));
      const high = i32x4.trunc_sat_f32x4_s(v128.load(from, 16));
      v128.store(out, i16x8.sub(i16x8.narrow_i32x4_s(low, high), less));
      from += 32;
    }
  }
}

/** The first `width` of each row of `stride` int16 as floats, one row behind another; up to seven floats behind the last are written, too. */
export function give(numbers: usize, rows: i32, stride: i32, width: i32, out: usize): void {
  for (let row: i32 = 0; row < rows; row++) {
    let to = out + (<usize>(row * width) << 2);
    let from = numbers + (<usize>(row * stride) << 1);
    for (const end = from + (<usize>width << 1); from < end; from += 16) {
      const eight = v128.load(from);
      v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(eight)));
      v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(eight)), 16);
      to += 32;
    }
  }
}

/**
 * A layer: clip((x w + b) >> shift, low, high).
 *
 * @param x int16, row by row. @param rows at least 1. @param inputs elements of a row, the last `padding` of which count for nothing: a multiple of 8.
 * @param weights int16: of each block of outputs, for each input, 32. @param bias int32. @param outputs a multiple of 32. @param out int16.
 * @param lists room for what is not 0: `4 * inputs + 32` bytes a row.
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
  lists: usize,
): void {
  const half = <usize>(2 * inputs + 16);
  for (let row: i32 = 0; row < rows; row++) {
    listInputs(x + (<usize>(row * inputs) << 1), inputs, lists + <usize>row * 2 * half, half);
  }
  for (let block: i32 = 0; block < outputs; block += BLOCK) {
    let list = lists;
    let to = out + (<usize>block << 1);
    for (let row: i32 = 0; row < rows; row++) {
      let a0 = v128.load(bias);
      let a1 = v128.load(bias, 16);
      let b0 = v128.load(bias, 32);
      let b1 = v128.load(bias, 48);
      let c0 = v128.load(bias, 64);
      let c1 = v128.load(bias, 80);
      let d0 = v128.load(bias, 96);
      let d1 = v128.load(bias, 112);
      const end = list + <usize>load<u32>(list);
      for (let at = list + 8; at < end; at += 4) {
        const pair = v128.load32_splat(at);
        const places = load<u32>(at + half);
        const first = weights + <usize>(places & 0xffff);
        const second = weights + <usize>(places >>> 16);
        let u = v128.load(first);
        let v = v128.load(second);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(pair, lower(u, v)));
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(pair, upper(u, v)));
        u = v128.load(first, 16);
        v = v128.load(second, 16);
        b0 = i32x4.add(b0, i32x4.dot_i16x8_s(pair, lower(u, v)));
        b1 = i32x4.add(b1, i32x4.dot_i16x8_s(pair, upper(u, v)));
        u = v128.load(first, 32);
        v = v128.load(second, 32);
        c0 = i32x4.add(c0, i32x4.dot_i16x8_s(pair, lower(u, v)));
        c1 = i32x4.add(c1, i32x4.dot_i16x8_s(pair, upper(u, v)));
        u = v128.load(first, 48);
        v = v128.load(second, 48);
        d0 = i32x4.add(d0, i32x4.dot_i16x8_s(pair, lower(u, v)));
        d1 = i32x4.add(d1, i32x4.dot_i16x8_s(pair, upper(u, v)));
      }
      const least = i16x8.splat(<i16>low);
      const most = i16x8.splat(<i16>high);
      v128.store(to, clipped(a0, a1, shift, least, most));
      v128.store(to, clipped(b0, b1, shift, least, most), 16);
      v128.store(to, clipped(c0, c1, shift, least, most), 32);
      v128.store(to, clipped(d0, d1, shift, least, most), 48);
      list += 2 * half;
      to += <usize>outputs << 1;
    }
    weights += <usize>(inputs * BLOCK_BYTES);
    bias += BLOCK << 2;
  }
}

/** Lists what of a row is not 0: bytes up to the end of the values, from 8 on the values, and `half` behind each where its weights are. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function listInputs(x: usize, inputs: i32, list: usize, half: usize): void {
  let at = list + 8;
  let weightsAt = i16x8.mul(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>BLOCK_BYTES));
  for (const end = x + (<usize>inputs << 1); x < end; x += 16) {
    const eight = v128.load(x);
    const mask = i16x8.bitmask(i16x8.ne(eight, i16x8.splat(0)));
    const order = v128.load(places + (<usize>mask << 4));
    v128.store(at, i8x16.swizzle(eight, order));
    v128.store(at + half, i8x16.swizzle(weightsAt, order));
    at += <usize>popcnt(mask) << 1;
    weightsAt = i16x8.add(weightsAt, i16x8.splat(<i16>(8 * BLOCK_BYTES)));
  }
  // Where they are odd in number, one counts for nothing.
  store<u16>(at, 0);
  store<u16>(at + half, 0);
  store<u32>(list, <u32>(at - list));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function lower(u: v128, v: v128): v128 {
  return v128.shuffle<i16>(u, v, 0, 8, 1, 9, 2, 10, 3, 11);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function upper(u: v128, v: v128): v128 {
  return v128.shuffle<i16>(u, v, 4, 12, 5, 13, 6, 14, 7, 15);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function clipped(a: v128, b: v128, shift: i32, least: v128, most: v128): v128 {
  const both = i16x8.narrow_i32x4_s(i32x4.shr_s(a, shift), i32x4.shr_s(b, shift));
  return i16x8.max_s(least, i16x8.min_s(most, both));
}
