/** What mixing looks at around a pixel: the four nearest that are known, those of the same step that were coded before, and what they cost. */
import { log2 } from '../../mixing/assembly/tables';
import { beginMap, LEVELS } from './residual-maps';
import { costOf, errorOf, inside, isCoded, planeAt, width } from './planes';
import { meanOfChannel, sharpness } from './mixture';

/** Contexts of bit histories. */
export const CONTEXTS: usize = 12;
/** Their values for the sample that is coded: uint32. */
export const values = memory.data(64, 16);

/** Positions of the nearest four, opposite ones side by side, and of four of the same step; -1 where there is none or it is not known. */
let near0: i32;
let near1: i32;
let near2: i32;
let near3: i32;
let mate0: i32;
let mate1: i32;
let mate2: i32;
let mate3: i32;
/** Mean bits of a sample around it, in 1/16: 0..255. */
let cost: i32;
export let costLevel: i32;
/** What is known of its colour. */
let alpha: i32;
let plane: usize;

/** Looks at the surroundings of the pixel (y, x). @param kind of the step. */
export function surround(y: i32, x: i32, s: i32, kind: i32): void {
  const s2 = 2 * s;
  if (kind == 0) {
    near0 = known(y - s, x - s);
    near1 = known(y + s, x + s);
    near2 = known(y - s, x + s);
    near3 = known(y + s, x - s);
    mate0 = coded(y, x - s2);
    mate1 = coded(y - s2, x);
    mate2 = coded(y - s2, x + s2);
    mate3 = coded(y - s2, x - s2);
  } else {
    near0 = known(y - s, x);
    near1 = known(y + s, x);
    near2 = known(y, x - s);
    near3 = known(y, x + s);
    mate0 = coded(y - s, x - s);
    mate1 = coded(y - s, x + s);
    mate2 = coded(y, x - s2);
    mate3 = coded(y - s2, x);
  }
  let sum: i32 = 0;
  let weight: i32 = 0;
  if (near0 >= 0) { sum += costOf(near0); weight++; }
  if (near1 >= 0) { sum += costOf(near1); weight++; }
  if (near2 >= 0) { sum += costOf(near2); weight++; }
  if (near3 >= 0) { sum += costOf(near3); weight++; }
  if (mate0 >= 0) { sum += 3 * costOf(mate0); weight += 3; }
  if (mate1 >= 0) { sum += 3 * costOf(mate1); weight += 3; }
  if (mate2 >= 0) { sum += 2 * costOf(mate2); weight += 2; }
  if (mate3 >= 0) { sum += 2 * costOf(mate3); weight += 2; }
  cost = weight ? sum / weight : 64;
  costLevel = min(11, cost >> 3);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function known(y: i32, x: i32): i32 {
  return inside(y, x) ? y * width + x : -1;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function coded(y: i32, x: i32): i32 {
  const at = known(y, x);
  return at >= 0 && isCoded(at) ? at : -1;
}

/** How far the network was off around it, in the mean of a kind of sample: 0..23. */
function errorLevel(sample: i32): i32 {
  let sum: i32 = 0;
  let weight: i32 = 0;
  if (near0 >= 0) { sum += abs(errorOf(near0, sample)); weight++; }
  if (near1 >= 0) { sum += abs(errorOf(near1, sample)); weight++; }
  if (near2 >= 0) { sum += abs(errorOf(near2, sample)); weight++; }
  if (near3 >= 0) { sum += abs(errorOf(near3, sample)); weight++; }
  if (mate0 >= 0) { sum += 3 * abs(errorOf(mate0, sample)); weight += 3; }
  if (mate1 >= 0) { sum += 3 * abs(errorOf(mate1, sample)); weight += 3; }
  if (mate2 >= 0) { sum += 2 * abs(errorOf(mate2, sample)); weight += 2; }
  if (mate3 >= 0) { sum += 2 * abs(errorOf(mate3, sample)); weight += 2; }
  if (weight == 0) return 23;
  return min(22, (log2((16 * sum) / weight + 4) - 512) >> 7);
}

/** Half of the mean error, with its sign, of those of the same step, in 1/4 level. */
function bias(sample: i32): i32 {
  let sum: i32 = 0;
  let weight: i32 = 0;
  if (mate0 >= 0) { sum += errorOf(mate0, sample); weight++; }
  if (mate1 >= 0) { sum += errorOf(mate1, sample); weight++; }
  if (mate2 >= 0) { sum += errorOf(mate2, sample); weight++; }
  if (mate3 >= 0) { sum += errorOf(mate3, sample); weight++; }
  return weight ? (2 * sum) / weight : 0;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function sampleAt(position: i32, channel: usize, otherwise: i32): i32 {
  return position < 0 ? otherwise : <i32>load<u8>(plane + <usize>(3 * position) + channel);
}

/** All three channels; 2^24 where there is no such pixel. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function colourAt(position: i32): i32 {
  if (position < 0) return 1 << 24;
  const at = plane + <usize>(3 * position);
  return <i32>load<u16>(at) | (<i32>load<u8>(at, 2) << 16);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function mix(h: i32, value: i32): i32 {
  return ((h ^ (h >>> 15)) + value + 1) * 0x85ebca6b;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function clampByte(value: i32): i32 {
  return max(0, min(255, value));
}

/** The mean of the network, rounded: what errors are counted from. */
export let expected: i32;

/**
 * Begins a sample: contexts and maps. The channel of the mixture is open.
 *
 * @param sample 0 alpha, 1 green (and grey), 2 red, 3 blue. @param base of its channel. @param baseGreen, baseRed of the others. @param g, r what
 *   is known of the colour, -1 where it is not. @param a the pixel's alpha, or -1.
 */
export function beginSample(
  planeNumber: i32,
  sample: i32,
  base: i32,
  baseGreen: i32,
  baseRed: i32,
  g: i32,
  r: i32,
  a: i32,
): void {
  plane = planeAt(planeNumber);
  alpha = a;
  const channel: usize = sample == 2 ? 0 : sample == 3 ? 2 : 1;
  const mean = meanOfChannel();
  const net = clampByte((mean + 8) >> 4);
  expected = net;
  const n0 = sampleAt(near0, channel, base);
  const n1 = sampleAt(near1, channel, base);
  const n2 = sampleAt(near2, channel, base);
  const n3 = sampleAt(near3, channel, base);
  const m0 = sampleAt(mate0, channel, base);
  const m1 = sampleAt(mate1, channel, base);
  const pairA = (n0 + n1) >> 1;
  const pairB = (n2 + n3) >> 1;
  const gapA = near0 >= 0 && near1 >= 0 ? abs(n0 - n1) : 255;
  const gapB = near2 >= 0 && near3 >= 0 ? abs(n2 - n3) : 255;
  let trend: i32 = 0;
  let trendA: i32 = 0;
  let trendB: i32 = 0;
  let trendM: i32 = 0;
  if (sample >= 2) {
    trend = sample == 2 ? g - baseGreen : (g - baseGreen + r - baseRed) >> 1;
    trendA = g - ((sampleAt(near0, 1, baseGreen) + sampleAt(near1, 1, baseGreen)) >> 1);
    trendB = g - ((sampleAt(near2, 1, baseGreen) + sampleAt(near3, 1, baseGreen)) >> 1);
    trendM = g - sampleAt(mate0, 1, baseGreen);
    if (sample == 3) {
      trendA = (trendA + r - ((sampleAt(near0, 0, baseRed) + sampleAt(near1, 0, baseRed)) >> 1)) >> 1;
      trendB = (trendB + r - ((sampleAt(near2, 0, baseRed) + sampleAt(near3, 0, baseRed)) >> 1)) >> 1;
      trendM = (trendM + r - sampleAt(mate0, 0, baseRed)) >> 1;
    }
  }
  const better = gapA < gapB ? pairA + trendA : pairB + trendB;
  const median = max(min(pairA, pairB), min(max(pairA, pairB), net));
  const error = errorLevel(sample);
  const costs = min(23, cost >> 2);
  const gap = min(23, log2(1 + min(gapA, gapB)) >> 7);
  const sharp = max(0, min(23, (5376 - log2(sharpness())) >> 7));
  const withTrend = clampByte(base + trend);
  beginMap(0, sample, error, net);
  beginMap(1, sample, sharp, net);
  beginMap(2, sample, costs, clampByte((mean + 4 * bias(sample) + 8) >> 4));
  beginMap(3, sample, error, withTrend);
  beginMap(4, sample, gap, clampByte(better));
  beginMap(5, sample, error, clampByte(m0 + trendM));
  beginMap(6, sample, costs, median);
  beginMap(7, sample, gap, withTrend);

  const colour = mix(mix(mix((sample + 1) * 0x9e3779b1, a), g), r);
  store<i32>(values, colour);
  store<i32>(values, mix(colour, base >> 2) + 1, 4);
  const greenTrend = sample >= 2 ? g - baseGreen : 300;
  const redTrend = sample == 3 ? r - baseRed : 300;
  const start = mix((sample + 5) * 0x9e3779b1, a);
  store<i32>(values, mix(mix(mix(start, g), base >> 1), 2), 8);
  store<i32>(values, mix(mix(mix(mix(start, n2), n0), greenTrend), 3), 12);
  store<i32>(values, mix(mix(mix(start, base), greenTrend), 4), 16);
  store<i32>(values, mix(mix(mix(mix(start, m0), m1), greenTrend), 5), 20);
  store<i32>(values, mix(mix(mix(mix(start, greenTrend), redTrend), base >> 3), 6), 24);
  store<i32>(values, mix(mix(mix(mix(start, n3), n1), greenTrend), 7), 28);
  store<i32>(values, mix(mix(mix(start, net), sharp), 8), 32);
  const c0 = colourAt(near0);
  const c1 = colourAt(near1);
  const c2 = colourAt(near2);
  const c3 = colourAt(near3);
  const k0 = colourAt(mate0);
  const k1 = colourAt(mate1);
  store<i32>(values, mix(mix(mix(mix(mix(colour, c0), c1), c2), c3), 9), 36);
  store<i32>(values, mix(mix(mix(mix(colour, k0), c2), c0), 10), 40);
  store<i32>(values, mix(mix(mix(colour, k0), k1), 11), 44);
}
