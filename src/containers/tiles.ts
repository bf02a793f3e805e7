import type { Extent } from './types.js';

/** FORMAT.md, section 14: the most columns or rows of a tile, and pixels. */
const MAX_SIDE = 1024;
const MAX_PIXELS = 2 ** 18;

/** A part of a picture that is a segment of its own. */
export interface Tile {
  /** First column, first row. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How a picture of this extent is cut: rows of tiles, all alike but for one pixel. */
export interface Tiling {
  readonly columns: number;
  readonly rows: number;
}

export function tilingOf({ width, height }: Extent): Tiling {
  const columns = Math.ceil(width / MAX_SIDE);
  const widest = Math.ceil(width / columns);
  const rows = Math.ceil(height / Math.min(MAX_SIDE, Math.floor(MAX_PIXELS / widest)));
  return { columns, rows };
}

/** The tiles of a picture, row after row of them, the order of its segments. */
export function* tilesOf(extent: Extent): Generator<Tile> {
  const { columns, rows } = tilingOf(extent);
  const start = (index: number, count: number, length: number): number => Math.floor((index * length) / count);
  for (let row = 0; row < rows; row++) {
    const y = start(row, rows, extent.height);
    const height = start(row + 1, rows, extent.height) - y;
    for (let column = 0; column < columns; column++) {
      const x = start(column, columns, extent.width);
      yield { x, y, width: start(column + 1, columns, extent.width) - x, height };
    }
  }
}

/** The samples of a tile: a copy, or a view where it has whole rows. */
export function cutTile(samples: Uint8Array, { width, channels }: Extent, tile: Tile): Uint8Array {
  const row = width * channels;
  if (tile.width === width) return samples.subarray(tile.y * row, (tile.y + tile.height) * row);
  const length = tile.width * channels;
  const cut = new Uint8Array(tile.height * length);
  for (let y = 0; y < tile.height; y++) {
    const from = (tile.y + y) * row + tile.x * channels;
    cut.set(samples.subarray(from, from + length), y * length);
  }
  return cut;
}

/** Puts a tile's samples where they belong in `samples`, those of the whole picture. */
export function setTile(samples: Uint8Array, { width, channels }: Extent, tile: Tile, cut: Uint8Array): void {
  const length = tile.width * channels;
  for (let y = 0; y < tile.height; y++) {
    samples.set(cut.subarray(y * length, (y + 1) * length), ((tile.y + y) * width + tile.x) * channels);
  }
}
