/**
 * The program of pictures: features, mixing and range coder of a segment, in one memory. What is here is AssemblyScript: `asc` compiles it,
 * `tsc` does not. `../picture-program.ts` owns its memory and calls what is exported here.
 */
import { decodeBit, encodeBit } from '../../entropy/assembly/decision';
import { advance, beginDecoding, endDecoding, target } from '../../entropy/assembly/range-decoder';
import { beginEncoding, encode as encodeSymbol, endEncoding } from '../../entropy/assembly/range-encoder';
import { beginMixture, cumulative, openBlue, openGreen, openRed } from './mixture';
import { beginBits, clearMixer, endSample, learn, oddsOf, openMixer, probability } from './mixer';
import { clearPlanes, kindOfPlane, openPlanes, planeAt, planeCount, RGB, setCost, setError, width } from './planes';
import { RAISED, raisedLogs2 } from '../../mixing/assembly/tables';
import { beginSample, costLevel, expected, surround } from './surroundings';
import { activity, beginStep, blue, green, lookAround, red, ROW } from './window';

export { decoderState } from '../../entropy/assembly/range-decoder';
export { encoderState } from '../../entropy/assembly/range-encoder';
export {
  logsTable,
  nextTable,
  ratesTable,
  seenTable,
  squashTable,
  stretchTable,
} from '../../mixing/assembly/tables';
export { inverseScales, logisticSteps, logitWeights } from './mixture';
export { parameterBytes } from './mixer';
export { pixels } from './planes';
export { masks } from './window';

const OUTPUTS: usize = 200;
/** What is noted of a position between `look` and its coding: position, spacing, kind of step; per plane its bases and activity. */
const NOTE: usize = 48;
const PLANE_NOTE: usize = 16;
const HEAD: usize = 12;
/** Kind of the step that is the first pixel, which the network is not asked about. */
const FIRST: i32 = 2;
/** Bits that the first pixel is said to have cost a sample, in 1/16. */
const FIRST_COST: i32 = 64;

/** Where JavaScript writes: positions of a call (uint32), outputs of a chunk's rows (float32), coded bytes of a chunk. */
export const positions = memory.data(8192, 16);
export const outputs = memory.data(25600, 64);
export const coded = memory.data(4096, 16);
/** Where JavaScript reads the rows of features, and writes the parameters that a segment begins with. */
export let rows: usize;
export let parameters: usize;

let notes: usize;
let sizeClass: i32;

/**
 * Lays out the memory of a segment.
 *
 * @param samples 1, 3 or 4 a pixel. @param size number of the input that tells the whole picture's size, 0..4. @param bits log2 of the slots of a
 *   context. @param most positions to be noted at once.
 */
export function layOut(wide: i32, high: i32, samples: i32, size: i32, bits: i32, most: i32): void {
  sizeClass = size;
  parameters = (__heap_base + 63) & ~63;
  const tables = (openMixer(parameters, bits) + 63) & ~63;
  rows = (openPlanes(tables, wide, high, samples) + 63) & ~63;
  notes = (rows + <usize>(most * planeCount()) * ROW * 4 + 63) & ~63;
  const pages = <i32>((notes + <usize>most * NOTE + 0xffff) >>> 16);
  if (pages > memory.size()) memory.grow(pages - memory.size());
}

/** Begins the segment: nothing is known or learned. The parameters must have been written. */
export function begin(): void {
  clearMixer();
  clearPlanes();
}

/**
 * Looks at the `count` positions of a part of a step, and notes them from the `note`th place on and writes their rows from
 * the `row`th on.
 *
 * @returns how many rows they are.
 */
export function look(count: i32, spacing: i32, kind: i32, note: i32, row: i32): i32 {
  let at = notes + <usize>note * NOTE;
  let out = rows + <usize>row * ROW * 4;
  const planes = kind == FIRST ? 0 : planeCount();
  if (planes) beginStep(spacing, kind);
  for (let i: i32 = 0; i < count; i++) {
    const position = load<i32>(positions + (<usize>i << 2));
    store<i32>(at, position);
    store<i32>(at, spacing, 4);
    store<i32>(at, kind, 8);
    for (let plane: i32 = 0; plane < planes; plane++) {
      lookAround(out, planeAt(plane), position / width, position % width, sizeClass, kindOfPlane(plane));
      const noted = at + HEAD + <usize>plane * PLANE_NOTE;
      store<i32>(noted, red);
      store<i32>(noted, green, 4);
      store<i32>(noted, blue, 8);
      store<i32>(noted, activity, 12);
      out += ROW * 4;
    }
    at += NOTE;
  }
  return planes * count;
}

/** Of each bit of a sample, how likely its value was, in 1/65536: int32. */
const chances = memory.data(32, 16);
let isDecoding: bool;
let spent: i32;

/** Codes the samples of at most 64 noted positions, the outputs of whose rows have been written. @returns bytes that were put out. */
export function encode(note: i32, count: i32): i32 {
  isDecoding = false;
  beginEncoding(coded);
  codePositions(note, count);
  return endEncoding();
}

/** The inverse: fills the samples in, from `length` coded bytes. @returns coded bytes that were taken. */
export function decode(note: i32, count: i32, length: i32): i32 {
  isDecoding = true;
  beginDecoding(coded, length);
  codePositions(note, count);
  return endDecoding();
}

function codePositions(note: i32, count: i32): void {
  let at = notes + <usize>note * NOTE;
  let output: usize = outputs;
  for (let i: i32 = 0; i < count; i++) {
    if (load<i32>(at, 8) == FIRST) codeFirst(load<i32>(at));
    else output = codePixel(at, output);
    at += NOTE;
  }
}

/** @returns where the outputs of the next pixel are. */
function codePixel(at: usize, outputAt: usize): usize {
  const position = load<i32>(at);
  const kind = load<i32>(at, 8);
  let output = outputAt;
  surround(position / width, position % width, load<i32>(at, 4), kind);
  spent = 0;
  let samples: i32 = 0;
  let alpha: i32 = -1;
  const planes = planeCount();
  for (let plane: i32 = 0; plane < planes; plane++) {
    const noted = at + HEAD + <usize>plane * PLANE_NOTE;
    const baseRed = load<i32>(noted);
    const baseGreen = load<i32>(noted, 4);
    const baseBlue = load<i32>(noted, 8);
    const contrast = load<i32>(noted, 12);
    const pixel = planeAt(plane) + <usize>(3 * position);
    beginMixture(output, contrast);
    output += OUTPUTS;
    openGreen(baseGreen);
    const planeKind = kindOfPlane(plane);
    if (planeKind != RGB) {
      const sample = planeKind - 1 ? 0 : 1;
      beginSample(plane, sample, baseGreen, baseGreen, baseRed, -1, -1, -1);
      const value = codeSample(sample, position, contrast, kind, <i32>load<u8>(pixel, 1));
      storePixel(pixel, value, value, value);
      if (planes > 1) alpha = value;
      samples++;
      continue;
    }
    beginSample(plane, 1, baseGreen, baseGreen, baseRed, -1, -1, alpha);
    const g = codeSample(1, position, contrast, kind, <i32>load<u8>(pixel, 1));
    openRed(baseRed, g);
    beginSample(plane, 2, baseRed, baseGreen, baseRed, g, -1, alpha);
    const r = codeSample(2, position, contrast, kind, <i32>load<u8>(pixel));
    openBlue(baseBlue, g, r);
    beginSample(plane, 3, baseBlue, baseGreen, baseRed, g, r, alpha);
    const b = codeSample(3, position, contrast, kind, <i32>load<u8>(pixel, 2));
    storePixel(pixel, r, g, b);
    samples += 3;
  }
  setCost(position, spent / (16 * samples));
  return output;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function storePixel(at: usize, r: i32, g: i32, b: i32): void {
  store<u8>(at, <u8>r);
  store<u8>(at, <u8>g, 1);
  store<u8>(at, <u8>b, 2);
}

/** A sample as eight bits; what was coded is learned at once. @param known its value, where it is encoded. @returns its value. */
function codeSample(sample: i32, position: i32, contrast: i32, kind: i32, known: i32): i32 {
  beginBits(sample, contrast, costLevel, kind);
  let value: i32 = 0;
  let from: i32 = 0;
  let to: i32 = 65536;
  for (let shift: i32 = 7; shift >= 0; shift--) {
    const middle = cumulative((2 * value + 1) << shift);
    const one = probability(oddsOf(middle - from, to - middle));
    const bit = codeBit(one, (known >> shift) & 1);
    store<i32>(chances + (<usize>shift << 2), bit ? one : 65536 - one);
    if (bit) from = middle;
    else to = middle;
    learn(bit);
    value = 2 * value + bit;
  }
  endSample(value);
  spent += costOfBits();
  setError(position, sample, value - expected);
  return value;
}

/** What the sample's bits have cost, in 1/256 bit. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function costOfBits(): i32 {
  const logs = i32x4.add(raisedLogs2(v128.load(chances)), raisedLogs2(v128.load(chances, 16)));
  const known =
    i32x4.extract_lane(logs, 0) + i32x4.extract_lane(logs, 1) + i32x4.extract_lane(logs, 2) + i32x4.extract_lane(logs, 3);
  return 8 * (4096 + RAISED) - known;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function codeBit(one: i32, known: i32): i32 {
  if (isDecoding) return decodeBit(one);
  encodeBit(one, known);
  return known;
}

/** The first pixel, as it is. */
function codeFirst(position: i32): void {
  const planes = planeCount();
  for (let plane: i32 = 0; plane < planes; plane++) {
    const pixel = planeAt(plane) + <usize>(3 * position);
    const g = codeByte(<i32>load<u8>(pixel, 1));
    const isColour = kindOfPlane(plane) == RGB;
    const r = isColour ? codeByte(<i32>load<u8>(pixel)) : g;
    const b = isColour ? codeByte(<i32>load<u8>(pixel, 2)) : g;
    storePixel(pixel, r, g, b);
  }
  setCost(position, FIRST_COST);
}

function codeByte(known: i32): i32 {
  if (!isDecoding) {
    encodeSymbol(known << 8, 256);
    return known;
  }
  const value = <i32>(target() >>> 8);
  advance(value << 8, 256);
  return value;
}
