import type { Shape } from '../ardm/kind.js';
import { samplesOf } from '../containers/geometry.js';
import { cutTile, setTile, type Tile, tilesOf, tilingOf } from '../containers/tiles.js';
import type { Extent } from '../containers/types.js';
import { entropy } from './dense.js';
import type { Parts } from './parts.js';

/** Pixels of a larger picture are tried in squares of so many a side. */
const TRIAL_FREE = 2 ** 16;
const TRIAL_SIDE = 48;
/** Bits a step. */
const SMOOTH = 7;

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
    trials(samples) {
      const squares = squaresOf(extent).map((square) => ({
        bytes: Uint8Array.from(cutTile(samples, extent, square)),
        shape: shapeOf(square, extent),
      }));
      return areSmooth(squares.map(({ bytes }) => stepsOf(bytes, channels))) ? [] : squares;
    },
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

/** From sample to sample of a channel, row by row: each less the one to its left, modulo 256. */
function stepsOf(samples: Uint8Array, channels: number): Uint8Array {
  return samples.map((sample, i) => sample - (samples[i - channels] ?? 0));
}

/**
 * Whether it is plain from the frequencies of steps that a picture is no noise, so that it need not be tried. Photographs had 2 to 6.5 bits, of which
 * the model made 1.5 to 5 without fail; noise has 8.
 */
function areSmooth(steps: readonly Uint8Array[]): boolean {
  return steps.length > 0 && entropy(Buffer.concat(steps)) < SMOOTH;
}

/** The shape of a tile as models of pictures need it. */
export function shapeOf({ width, height }: Pick<Tile, 'width' | 'height'>, { channels, ...whole }: Extent): Shape {
  return [width, height, channels, whole.width, whole.height];
}
