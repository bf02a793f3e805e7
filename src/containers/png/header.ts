import type { Extent } from '../types.js';

/** The header chunk of a PNG file (PNG, section 11.2.1). */
export interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

export const HEADER_LENGTH = 13;

/** Samples of a pixel by colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Bit depths by colour type. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const COLOUR = { 1: 0, 3: 2, 4: 6 } as const;

/** Undefined if it is none. */
export function readHeader(data: Uint8Array): Header | undefined {
  if (data.length !== HEADER_LENGTH) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, HEADER_LENGTH);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, method, filter, interlace] = [8, 9, 10, 11, 12].map((at) => view.getUint8(at));
  if (depth === undefined || colour === undefined || !DEPTHS[colour]?.includes(depth)) return undefined;
  if (width < 1 || height < 1 || width > 2 ** 31 - 1 || height > 2 ** 31 - 1) return undefined;
  if (method !== 0 || filter !== 0 || (interlace !== 0 && interlace !== 1)) return undefined;
  return { width, height, depth, colour, interlaced: interlace === 1 };
}

/** The data of a header chunk of a picture of 8 bits that is not interlaced. */
export function headerOf({ width, height, channels }: Extent): Uint8Array {
  const data = new Uint8Array(HEADER_LENGTH);
  const view = new DataView(data.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  data.set([8, COLOUR[channels]], 8);
  return data;
}

/** The picture whose samples the rows hold one byte after another; undefined if they hold something else. */
export function extentOf({ width, height, depth, colour, interlaced }: Header): Extent | undefined {
  if (depth !== 8 || interlaced) return undefined;
  if (colour === COLOUR[1]) return { width, height, channels: 1 };
  if (colour === COLOUR[3]) return { width, height, channels: 3 };
  return colour === COLOUR[4] ? { width, height, channels: 4 } : undefined;
}

/** First column and row and their steps of the seven passes of Adam7 (PNG, section 8.2). */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Bytes of all rows, each with its filter's byte: what the zlib stream of the file holds. */
export function filteredLength({ width, height, depth, colour, interlaced }: Header): number {
  const bits = depth * (SAMPLES[colour] ?? 0);
  const rows = (columns: number, count: number): number =>
    columns > 0 && count > 0 ? count * (1 + Math.ceil((columns * bits) / 8)) : 0;
  if (!interlaced) return rows(width, height);
  return PASSES.map(([x, y, dx, dy]) => rows(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy))).reduce(
    (sum, length) => sum + length,
    0,
  );
}
