/** What is known around a position, as the network sees it: `models/training/pictures/pictures.md`, sections 3 and 4. */
import { height, inside, width } from './planes';

/** Columns of a row. */
export const ROW: usize = 221;
const NEIGHBOURS: usize = 48;
const MASK: usize = 144;
const BASE: usize = 192;
const CHANNEL_ACTIVITY: usize = 195;
const FINE_ACTIVITY: usize = 198;
const ACTIVITY: usize = 199;
const LEVEL: usize = 208;
const SIZE: usize = 214;
const PLANE: usize = 219;
const LOWEST: i32 = 3;
const HIGHEST: i32 = 11;
const REACH: i32 = 3;

/** The places of the window that are known before the call: of each dy, dx (in pixels), its number in the window, and its weight in the base. int32. */
const places = memory.data(384, 64);
let placeCount: i32;
/** What JavaScript writes once: uint8 per kind of step and place of the window, 1 where it is known, borders apart. */
export const masks = memory.data(96, 16);
let spacing: i32;
let reach: i32;

/** The values of the known places of one position, at most 24: int32 of three channels and one more; their numbers, their weights. */
const values = memory.data(384, 16);
const numbers = memory.data(96, 16);
const weights = memory.data(96, 16);

/** Of the position that was looked at last: base of red, green, blue, and activity. */
export let red: i32;
export let green: i32;
export let blue: i32;
export let activity: i32;

/** Begins a call. @param kind of its step. */
export function beginStep(s: i32, kind: i32): void {
  spacing = s;
  reach = REACH * s;
  placeCount = 0;
  let out = places;
  for (let o: usize = 0; o < NEIGHBOURS; o++) {
    if (load<u8>(masks + <usize>kind * NEIGHBOURS + o) == 0) continue;
    const place = <i32>(o < 24 ? o : o + 1);
    const dy = place / 7 - REACH;
    const dx = (place % 7) - REACH;
    store<i32>(out, dy * s);
    store<i32>(out, dx * s, 4);
    store<i32>(out, <i32>o, 8);
    store<i32>(out, max(abs(dy), abs(dx)) > 1 ? 0 : dy == 0 || dx == 0 ? 2 : 1, 12);
    out += 16;
    placeCount++;
  }
}

/** Number of binary digits. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function bits(n: i32): i32 {
  return 32 - clz(n);
}

/** The input of a number that is not negative. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function asByte(n: i32): f32 {
  return <f32>min(255, 128 + n);
}

/**
 * Writes the row of position (y, x) of a plane.
 *
 * @param out float32. @param size number of the size's column. @param plane kind of the plane.
 */
export function lookAround(out: usize, plane: usize, y: i32, x: i32, size: i32, kind: i32): void {
  const blank = v128.splat<f32>(128);
  for (let i: usize = 0; i < 880; i += 16) v128.store(out + i, blank);
  store<f32>(out, 128, 880);
  const whole = y >= reach && x >= reach && y + reach < height && x + reach < width;
  let count: usize = 0;
  let ring: i32 = 0;
  let weight: i32 = 0;
  let total = i32x4(0, 0, 0, 0);
  let every = i32x4(0, 0, 0, 0);
  for (let i: i32 = 0; i < placeCount; i++) {
    const place = places + (<usize>i << 4);
    const qy = y + load<i32>(place);
    const qx = x + load<i32>(place, 4);
    if (!whole && !inside(qy, qx)) continue;
    const at = plane + <usize>(3 * (qy * width + qx));
    const o = load<i32>(place, 8);
    const w = load<i32>(place, 12);
    const value = i32x4(load<u8>(at), load<u8>(at, 1), load<u8>(at, 2), 0);
    v128.store(values + (count << 4), value);
    store<i32>(numbers + (count << 2), o);
    store<i32>(weights + (count << 2), w);
    store<f32>(out + (<usize>o << 2), 192, MASK << 2);
    count++;
    every = i32x4.add(every, value);
    if (w) {
      ring++;
      weight += w;
      total = i32x4.add(total, i32x4.shl(value, w - 1));
    }
  }
  red = green = blue = 128;
  activity = LOWEST;
  let mantissa: i32 = 0;
  if (count > 0) {
    if (weight == 0) {
      weight = <i32>count;
      total = every;
    }
    red = (2 * i32x4.extract_lane(total, 0) + weight) / (2 * weight);
    green = (2 * i32x4.extract_lane(total, 1) + weight) / (2 * weight);
    blue = (2 * i32x4.extract_lane(total, 2) + weight) / (2 * weight);
    const base = i32x4(red, green, blue, 0);
    let spread = i32x4(0, 0, 0, 0);
    for (let i: usize = 0; i < count; i++) {
      const rel = i32x4.sub(v128.load(values + (i << 4)), base);
      v128.store(values + (i << 4), rel);
      const far = i32x4.abs(rel);
      spread = i32x4.add(spread, far);
      if (load<i32>(weights + (i << 2))) spread = i32x4.add(spread, i32x4.add(far, far));
    }
    const counted = <i32>count + 2 * ring;
    const spread0 = i32x4.extract_lane(spread, 0);
    const spread1 = i32x4.extract_lane(spread, 1);
    const spread2 = i32x4.extract_lane(spread, 2);
    const q = (4 * (spread0 + spread1 + spread2)) / counted;
    activity = max(LOWEST, min(HIGHEST, bits(q) - 1));
    mantissa = (q << 6) >> activity;
    const unit = counted << activity;
    store<f32>(out, asByte((spread0 << 9) / unit), CHANNEL_ACTIVITY << 2);
    store<f32>(out, asByte((spread1 << 9) / unit), (CHANNEL_ACTIVITY + 1) << 2);
    store<f32>(out, asByte((spread2 << 9) / unit), (CHANNEL_ACTIVITY + 2) << 2);
    const least = i32x4.splat(-127);
    const most = i32x4.splat(127);
    const one = i32x4.splat(1);
    const zero = i32x4.splat(128);
    for (let i: usize = 0; i < count; i++) {
      const rel = v128.load(values + (i << 4));
      const rounded = i32x4.shr_s(i32x4.add(i32x4.shr_s(i32x4.shl(rel, 8), activity), one), 1);
      const byte = f32x4.convert_i32x4_s(i32x4.add(zero, i32x4.min_s(most, i32x4.max_s(least, rounded))));
      const to = out + (<usize>load<i32>(numbers + (i << 2)) << 2);
      store<f32>(to, f32x4.extract_lane(byte, 0));
      store<f32>(to, f32x4.extract_lane(byte, 1), NEIGHBOURS << 2);
      store<f32>(to, f32x4.extract_lane(byte, 2), NEIGHBOURS << 3);
    }
  }
  store<f32>(out, <f32>red, BASE << 2);
  store<f32>(out, <f32>green, (BASE + 1) << 2);
  store<f32>(out, <f32>blue, (BASE + 2) << 2);
  store<f32>(out, asByte(mantissa), FINE_ACTIVITY << 2);
  store<f32>(out + (<usize>(activity - LOWEST) << 2), 192, ACTIVITY << 2);
  store<f32>(out + (<usize>min(5, bits(spacing) - 1) << 2), 192, LEVEL << 2);
  store<f32>(out + (<usize>size << 2), 192, SIZE << 2);
  if (kind) store<f32>(out + (<usize>(kind - 1) << 2), 192, PLANE << 2);
}
