/**
 * The first layer of a context model in whole numbers, on what its look-up found: AssemblyScript, which `asc` compiles and `tsc` does not.
 * What a row of the table adds to the layer's sums is kept, because most rows that are looked up were so before. `../context-layers.ts` owns
 * the memory.
 */
export { begin, give, layer } from './sparse-layers';

import { clipped, lower, upper } from './sparse-layers';

/** Rows of the network that are looked at together, so that a column's weights stay in the fastest cache. */
const TOGETHER: i32 = 16;

/**
 * clip((x w + b) >> shift, low, high), x being the bytes that were looked up, less 128.
 *
 * @param indices int32, `columns` a row: which rows of the table. @param bytes uint8, 16 for each of them.
 * @param weights int16: of each column, for four outputs, eight pairs of inputs. @param bias int32. @param outputs a multiple of 8. @param out int16.
 * @param tags int32: which row of the table, for which column, a place keeps; 0 none. @param marks uint32: the last group of rows that needed it.
 * @param kept int16: `outputs` for each place, and behind them so many zeros. @param bits of the number of places.
 * @param seen int32: likewise, which came last of those that fall there. @param seenBits of their number.
 * @param sums room for int32, `outputs` for each of 17 rows. @param found room for `4 * columns + 16` bytes for each of 16 rows.
 * @param group number of the first group of 16 rows: one that the places' marks do not have.
 */
export function firstLayer(
  indices: usize,
  bytes: usize,
  rows: i32,
  columns: i32,
  weights: usize,
  bias: usize,
  outputs: i32,
  shift: i32,
  low: i32,
  high: i32,
  out: usize,
  tags: usize,
  marks: usize,
  kept: usize,
  bits: i32,
  seen: usize,
  seenBits: i32,
  sums: usize,
  found: usize,
  group: u32,
): void {
  const sumBytes = <usize>outputs << 2;
  const keptBytes = <usize>outputs << 1;
  const zeros = kept + (keptBytes << bits);
  const foundBytes = (<usize>columns << 2) + 16;
  for (let first: i32 = 0; first < rows; first += TOGETHER) {
    const count = min(TOGETHER, rows - first);
    for (let row: i32 = 0; row < count; row++) {
      memory.copy(sums + sumBytes * <usize>row, bias, sumBytes);
      // How far the list goes.
      store<u32>(found + foundBytes * <usize>row, 4);
    }
    for (let column: i32 = 0; column < columns; column++) {
      for (let row: i32 = 0; row < count; row++) {
        const at = <usize>((first + row) * columns + column);
        const x = v128.xor(v128.load(bytes + (at << 4)), i8x16.splat(-128));
        if (!v128.any_true(x)) continue;
        const tag = load<i32>(indices + (at << 2)) * columns + column + 1;
        const hash = <u32>(tag * 0x9e3779b1);
        const place = <usize>(hash >>> (32 - bits));
        const mark = marks + (place << 2);
        let isKept = load<i32>(tags + (place << 2)) == tag;
        if (!isKept) {
          // It is kept when it comes again: most never do. What another of these rows has found there must stay.
          const last = seen + (<usize>(hash >>> (32 - seenBits)) << 2);
          if (load<i32>(last) == tag && load<u32>(mark) != group) {
            // Added up where no row of these is.
            const alone = sums + sumBytes * TOGETHER;
            memory.fill(alone, 0, sumBytes);
            sumUp(x, weights, outputs, alone);
            isKept = keep(alone, outputs, kept + keptBytes * place);
            store<i32>(tags + (place << 2), isKept ? tag : 0);
          }
          store<i32>(last, tag);
        }
        if (isKept) {
          const list = found + foundBytes * <usize>row;
          const length = load<u32>(list);
          store<u32>(list + length, <u32>(kept + keptBytes * place));
          store<u32>(list, length + 4);
          store<u32>(mark, group);
        } else sumUp(x, weights, outputs, sums + sumBytes * <usize>row);
      }
      weights += keptBytes << 4;
    }
    weights -= (keptBytes << 4) * <usize>columns;
    for (let row: i32 = 0; row < count; row++) {
      const list = found + foundBytes * <usize>row;
      addUp(list + 4, list + <usize>load<u32>(list), zeros, sums + sumBytes * <usize>row, keptBytes);
      clip(sums + sumBytes * <usize>row, outputs, shift, low, high, out);
      out += keptBytes;
    }
    group++;
  }
}

/** Adds to sums what the 16 signed bytes of a row of the table are worth. */
function sumUp(x: v128, weights: usize, outputs: i32, sums: usize): void {
  const low = i16x8.extend_low_i8x16_s(x);
  const high = i16x8.extend_high_i8x16_s(x);
  const p0 = v128.shuffle<i32>(low, low, 0, 0, 0, 0);
  const p1 = v128.shuffle<i32>(low, low, 1, 1, 1, 1);
  const p2 = v128.shuffle<i32>(low, low, 2, 2, 2, 2);
  const p3 = v128.shuffle<i32>(low, low, 3, 3, 3, 3);
  const p4 = v128.shuffle<i32>(high, high, 0, 0, 0, 0);
  const p5 = v128.shuffle<i32>(high, high, 1, 1, 1, 1);
  const p6 = v128.shuffle<i32>(high, high, 2, 2, 2, 2);
  const p7 = v128.shuffle<i32>(high, high, 3, 3, 3, 3);
  for (const end = sums + (<usize>outputs << 2); sums < end; sums += 16) {
    let a = v128.load(sums);
    let b = i32x4.dot_i16x8_s(p0, v128.load(weights));
    a = i32x4.add(a, i32x4.dot_i16x8_s(p1, v128.load(weights, 16)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(p2, v128.load(weights, 32)));
    a = i32x4.add(a, i32x4.dot_i16x8_s(p3, v128.load(weights, 48)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(p4, v128.load(weights, 64)));
    a = i32x4.add(a, i32x4.dot_i16x8_s(p5, v128.load(weights, 80)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(p6, v128.load(weights, 96)));
    a = i32x4.add(a, i32x4.dot_i16x8_s(p7, v128.load(weights, 112)));
    v128.store(sums, i32x4.add(a, b));
    weights += 128;
  }
}

/** Keeps sums as int16. @returns whether they fit there. */
function keep(sums: usize, outputs: i32, to: usize): bool {
  let misfit = i32x4.splat(0);
  for (const end = sums + (<usize>outputs << 2); sums < end; sums += 32) {
    const a = v128.load(sums);
    const b = v128.load(sums, 16);
    const both = i16x8.narrow_i32x4_s(a, b);
    misfit = v128.or(misfit, v128.xor(a, i32x4.extend_low_i16x8_s(both)));
    misfit = v128.or(misfit, v128.xor(b, i32x4.extend_high_i16x8_s(both)));
    v128.store(to, both);
    to += 16;
  }
  return !v128.any_true(misfit);
}

/** Adds to sums what is kept at the listed places, four at a time. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function addUp(list: usize, end: usize, zeros: usize, sums: usize, keptBytes: usize): void {
  // Where there are not four, zeros stand in.
  for (let i: usize = 0; i < 12; i += 4) store<u32>(end + i, <u32>zeros);
  const ones = i16x8.splat(1);
  for (; list < end; list += 16) {
    let a = <usize>load<u32>(list);
    let b = <usize>load<u32>(list, 4);
    let c = <usize>load<u32>(list, 8);
    let d = <usize>load<u32>(list, 12);
    let to = sums;
    for (const last = a + keptBytes; a < last; a += 16) {
      const ka = v128.load(a);
      const kb = v128.load(b);
      const kc = v128.load(c);
      const kd = v128.load(d);
      const front = i32x4.add(i32x4.dot_i16x8_s(lower(ka, kb), ones), i32x4.dot_i16x8_s(lower(kc, kd), ones));
      const back = i32x4.add(i32x4.dot_i16x8_s(upper(ka, kb), ones), i32x4.dot_i16x8_s(upper(kc, kd), ones));
      v128.store(to, i32x4.add(v128.load(to), front));
      v128.store(to, i32x4.add(v128.load(to, 16), back), 16);
      to += 32;
      b += 16;
      c += 16;
      d += 16;
    }
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function clip(sums: usize, outputs: i32, shift: i32, low: i32, high: i32, out: usize): void {
  const least = i16x8.splat(<i16>low);
  const most = i16x8.splat(<i16>high);
  for (const end = sums + (<usize>outputs << 2); sums < end; sums += 32) {
    v128.store(out, clipped(v128.load(sums), v128.load(sums, 16), shift, least, most));
    out += 16;
  }
}
