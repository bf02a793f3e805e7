/** The planes of a picture (`models/training/pictures/pictures.md`, section 1), and what is remembered of the pixels that are coded. */

/** Kinds of planes, as they are numbered in the inputs. */
export const RGB: i32 = 0;
export const GREY: i32 = 1;
export const ALPHA: i32 = 2;

export let width: i32;
export let height: i32;
export let channels: i32;
/** Samples of three channels for every pixel, plane after plane: the alpha plane is the first where there is one. */
export let pixels: usize;
let planeBytes: usize;

/** What is remembered of a pixel: of each of four samples (alpha, green, red, blue) its error under the network's mean, and what it cost. */
const MEMORY: usize = 8;
const COST: usize = 4;
const CODED: usize = 5;
let remembered: usize;

/** Lays out the planes from `at` on. @returns where they end. */
export function openPlanes(at: usize, wide: i32, high: i32, samples: i32): usize {
  width = wide;
  height = high;
  channels = samples;
  planeBytes = <usize>(3 * wide * high);
  pixels = at;
  remembered = (at + planeBytes * planeCount() + 63) & ~63;
  return remembered + <usize>(wide * high) * MEMORY;
}

/** Nothing is known. */
export function clearPlanes(): void {
  memory.fill(pixels, 0, remembered - pixels + <usize>(width * height) * MEMORY);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function planeCount(): i32 {
  return channels == 4 ? 2 : 1;
}

/** What the plane of a number is. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function kindOfPlane(plane: i32): i32 {
  return channels == 1 ? GREY : channels == 4 && plane == 0 ? ALPHA : RGB;
}

/** Where a plane begins: three bytes a pixel. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function planeAt(plane: i32): usize {
  return pixels + planeBytes * plane;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function inside(y: i32, x: i32): bool {
  return <u32>y < <u32>height && <u32>x < <u32>width;
}

/** What is remembered of the pixel at y * width + x. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function memoryOf(position: i32): usize {
  return remembered + <usize>position * MEMORY;
}

/** Difference of a sample (0 alpha, 1 green, 2 red, 3 blue) from the network's mean, -127..127. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function errorOf(position: i32, sample: i32): i32 {
  return <i32>load<i8>(memoryOf(position) + sample);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function setError(position: i32, sample: i32, error: i32): void {
  store<i8>(memoryOf(position) + sample, <i8>max(-127, min(127, error)));
}

/** Bits that a sample of the pixel took in the mean, in 1/16, at most 255. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function costOf(position: i32): i32 {
  return <i32>load<u8>(memoryOf(position), COST);
}

/** Whether the pixel was coded, so that what is remembered of it is known. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function isCoded(position: i32): bool {
  return load<u8>(memoryOf(position), CODED) != 0;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function setCost(position: i32, cost: i32): void {
  store<u8>(memoryOf(position), <u8>min(255, cost), COST);
  store<u8>(memoryOf(position), 1, CODED);
}
