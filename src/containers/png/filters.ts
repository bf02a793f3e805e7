import type { Extent, Pause } from '../types.js';

/** The filters of PNG, section 9.2; their numbers are their bytes. */
const NONE = 0;
const SUB = 1;
const UP = 2;
const AVERAGE = 3;
const PAETH = 4;
export const FILTERS = 5;

/** Samples that are filtered between two pauses, about: some milliseconds. */
const SLICE = 2 ** 16;

/** Rows of samples, and the filter of each row. */
export interface Rows {
  readonly samples: Uint8Array;
  /** One for each row, 0..4. */
  readonly filters: Uint8Array;
}

/** The samples in filtered rows, each with its filter's byte; undefined if one of those is no filter. */
export async function unfilter(filtered: Uint8Array, extent: Extent, pause: Pause): Promise<Rows | undefined> {
  const { height, channels } = extent;
  const length = extent.width * channels;
  const samples = new Uint8Array(height * length);
  const filters = new Uint8Array(height);
  for (let y = 0; y < height; y++) {
    if (isPause(y, length)) await pause();
    const filter = filtered[y * (length + 1)] as number;
    if (filter >= FILTERS) return undefined;
    filters[y] = filter;
    const row = filtered.subarray(y * (length + 1) + 1, (y + 1) * (length + 1));
    for (let i = 0, at = y * length; i < length; i++, at++) {
      const left = i < channels ? 0 : (samples[at - channels] as number);
      const above = y === 0 ? 0 : (samples[at - length] as number);
      const corner = i < channels || y === 0 ? 0 : (samples[at - length - channels] as number);
      samples[at] = (row[i] as number) + predict(filter, left, above, corner);
    }
  }
  return { samples, filters };
}

/** What `unfilter` undoes. */
export async function filter({ samples, filters }: Rows, extent: Extent, pause: Pause): Promise<Uint8Array> {
  const { height } = extent;
  const length = extent.width * extent.channels;
  const filtered = new Uint8Array(height * (length + 1));
  for (let y = 0; y < height; y++) {
    if (isPause(y, length)) await pause();
    const at = y * (length + 1);
    filtered[at] = filters[y] as number;
    filterRow(samples, y, extent, filters[y] as number, filtered.subarray(at + 1, at + 1 + length));
  }
  return filtered;
}

/**
 * The filters that libpng chooses unless it is told otherwise (PNG, section 12.7): of each row the one whose bytes, as signed numbers, have the
 * least sum of magnitudes; of equals the first. A single column has neighbours only above, a single row only at the left.
 */
export async function leastSums(samples: Uint8Array, extent: Extent, pause: Pause): Promise<Uint8Array> {
  const { width, height } = extent;
  const length = width * extent.channels;
  const row = new Uint8Array(length);
  const tried = [NONE, ...(width > 1 ? [SUB] : []), ...(height > 1 ? [UP] : [])];
  if (width > 1 && height > 1) tried.push(AVERAGE, PAETH);
  const filters = new Uint8Array(height);
  for (let y = 0; y < height; y++) {
    if (isPause(y, length / 4)) await pause();
    let least = Number.POSITIVE_INFINITY;
    for (const filter of tried) {
      filterRow(samples, y, extent, filter, row);
      const sum = magnitudes(row, least);
      if (sum < least) {
        least = sum;
        filters[y] = filter;
      }
    }
  }
  return filters;
}

/** Whether the work of a slice lies between this row and the one before. */
function isPause(y: number, length: number): boolean {
  return y === 0 || Math.floor((y * length) / SLICE) > Math.floor(((y - 1) * length) / SLICE);
}

function filterRow(samples: Uint8Array, y: number, { width, channels }: Extent, filter: number, row: Uint8Array): void {
  const length = width * channels;
  for (let i = 0, at = y * length; i < length; i++, at++) {
    const left = i < channels ? 0 : (samples[at - channels] as number);
    const above = y === 0 ? 0 : (samples[at - length] as number);
    const corner = i < channels || y === 0 ? 0 : (samples[at - length - channels] as number);
    row[i] = (samples[at] as number) - predict(filter, left, above, corner);
  }
}

/** The sum, or some number above `most`. */
function magnitudes(row: Uint8Array, most: number): number {
  let sum = 0;
  for (const byte of row) {
    sum += byte < 128 ? byte : 256 - byte;
    if (sum > most) break;
  }
  return sum;
}

function predict(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case SUB:
      return left;
    case UP:
      return above;
    case AVERAGE:
      return (left + above) >> 1;
    case PAETH:
      return paeth(left, above, corner);
    default:
      return 0;
  }
}

function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
