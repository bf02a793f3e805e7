import type { Shape } from '../ardm/kind.js';
import { samplesOf } from '../containers/geometry.js';
import { cutTile, setTile, type Tile, tilesOf, tilingOf } from '../containers/tiles.js';
import type { Extent } from '../containers/types.js';
import type { Parts } from './parts.js';

/** Pixels of a larger picture are tried in squares of so many a side. */
const TRIAL_FREE = 2 ** 16;
const TRIAL_SIDE = 48;

/** The tiles of a picture. */
export function pictureParts(extent: Extent): Parts {
  const { channels } = extent;
  const { columns, rows } = tilingOf(extent);
  let tiles: readonly Tile[] | undefined;
  const listed = (): readonly Tile[] => {
    tiles ??= [...tilesOf(extent)];
    return tiles;
  };
  return {
    content: 'pictures',
    length: samplesOf(extent),
    count: columns * rows,
    list: () =>
      listed().map((tile) => ({
        length: tile.width * tile.height * channels,
        positions: tile.width * tile.height,
        shape: shapeOf(tile, extent),
      })),
    cut: (samples, index) => cutTile(samples, extent, listed()[index] as Tile),
    join(segments) {
      const samples = new Uint8Array(samplesOf(extent));
      for (const [i, tile] of listed().entries()) setTile(samples, extent, tile, segments[i] as Uint8Array);
      return samples;
    },
    trials: (samples) =>
      squaresOf(extent).map((square) => ({
        bytes: Uint8Array.from(cutTile(samples, extent, square)),
        shape: shapeOf(square, extent),
      })),
  };
}

function squaresOf({ width, height }: Extent): readonly Tile[] {
  if (width * height <= TRIAL_FREE) return [];
  const side = { width: Math.min(TRIAL_SIDE, width), height: Math.min(TRIAL_SIDE, height) };
  return [1, 3, 5].map((sixth) => ({
    ...side,
    x: Math.floor(((width - side.width) * sixth) / 6),
    y: Math.floor(((height - side.height) * sixth) / 6),
  }));
}

/** The shape of a tile as models of pictures need it. */
export function shapeOf({ width, height }: Pick<Tile, 'width' | 'height'>, { channels, ...whole }: Extent): Shape {
  return [width, height, channels, whole.width, whole.height];
}
