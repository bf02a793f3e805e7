import { setImmediate } from 'node:timers/promises';
import { segmentCrc } from '../archive/checksum.js';
import { DamagedHeaderError } from '../archive/errors.js';
import type { Container, Segment, SegmentDescriptor } from '../archive/types.js';
import type { Shape } from '../ardm/kind.js';
import { contentOf, open } from '../containers/container.js';
import { samplesOf } from '../containers/geometry.js';
import { openRaw } from '../containers/raw.js';
import { cutTile, setTile, type Tile, tilesOf, tilingOf } from '../containers/tiles.js';
import type { ContainerId, Extent, Opened, Pause } from '../containers/types.js';
import { throwIfAbandoned } from './abandon.js';
import { encodeSmallest, SEGMENTS_AT_ONCE } from './choose.js';
import { PixelsMismatchError } from './errors.js';
import { mapLimited } from './map-limited.js';
import { type CallsOption, type CodecModel, callsOf } from './models.js';
import { type ArdmSetting, ardmSegment, brotliSegment, smallest, storedSegment } from './segments.js';

export type { Extent };

/** Segments, and what makes a file of them. */
export interface Contained {
  readonly segments: Segment[];
  readonly container: Container;
  /** Network calls of the largest segment; left out where no network coded one. */
  readonly calls?: number;
}

/** Rests up to this length are tried with a model of bytes. */
const SHORT_REST = 2 ** 14;
/** A larger picture is tried on squares of so many pixels a side, so that what nothing can be won of costs no whole pass. */
const TRIAL_FREE = 2 ** 16;
const TRIAL_SIDE = 48;
/** Part of its bytes that a square must be saved for the picture to be coded. */
const WORTH = 1 / 64;

/** A pause that gives up when the signal says so. */
export function pauseOf(signal: AbortSignal): Pause {
  return async () => {
    await setImmediate();
    throwIfAbandoned(signal);
  };
}

/** What a file is besides bytes: found by looking at it, or as the caller says. @throws PixelsMismatchError */
export async function openFile(
  file: Uint8Array,
  pixels: Extent | undefined,
  maxSamples: number,
  signal: AbortSignal,
): Promise<Opened | undefined> {
  if (!pixels) return await open(file, { maxSamples, pause: pauseOf(signal) });
  const opened = openRaw(file, pixels);
  if (!opened) throw new PixelsMismatchError(pixels, file.length);
  return opened;
}

/** How the segments of a picture are coded, and its rest. */
export interface PictureSetting {
  readonly model: CodecModel;
  readonly calls: CallsOption;
  /** For what is not samples. */
  readonly ofBytes: ArdmSetting;
}

/** The tiles of a picture, each by the model of pictures, or stored where it would grow. */
export async function encodePicture(
  file: Uint8Array,
  opened: Opened,
  extent: Extent,
  { model, calls, ofBytes }: PictureSetting,
  signal: AbortSignal,
): Promise<Contained> {
  const tiles = [...tilesOf(extent)];
  const shapes = tiles.map((tile) => shapeOf(tile, extent));
  const [largest] = shapes;
  const dial = model.kind.dial(callsOf(model, calls), opened.samples.length, largest);
  const { coder, progress } = ofBytes;
  progress.expect(shapes.reduce((sum, shape) => sum + model.kind.encoderCalls(0, dial, shape), 0));
  const segments = await mapLimited(SEGMENTS_AT_ONCE, signal, tiles, async (tile, index) => {
    const samples = Uint8Array.from(cutTile(opened.samples, extent, tile));
    const setting = { coder, model, dial, progress, shape: shapes[index] as Shape };
    const counted = { length: shareOf(file.length, tiles.length, index), positions: tile.width * tile.height };
    const coded = await ardmSegment(samples, setting, signal, counted);
    return smallest([storedSegment(samples), coded]);
  });
  return {
    segments,
    container: await containerOf(file, opened, ofBytes, signal),
    calls: model.kind.callsOfBlock(0, dial, largest),
  };
}

/** Samples that are bytes (filtered ones, of a PNG that is no picture of 8-bit samples), as `auto` would code them as a file. */
export async function encodeContained(
  file: Uint8Array,
  opened: Opened,
  ofBytes: ArdmSetting,
  signal: AbortSignal,
): Promise<Contained> {
  const segments = await encodeSmallest(opened.samples, ofBytes, signal);
  return { segments, container: await containerOf(file, opened, ofBytes, signal) };
}

async function containerOf(
  file: Uint8Array,
  { number, geometry, samples, rest }: Opened,
  ofBytes: ArdmSetting,
  signal: AbortSignal,
): Promise<Container> {
  // Bare samples: their own checksums are the file's.
  if (samples === file) return { number, geometry };
  if (rest.length === 0) return { number, geometry, file: { length: file.length, crc: segmentCrc(file, 0) } };
  const byModel = rest.length <= SHORT_REST ? [await ardmSegment(rest, withoutDictionary(ofBytes), signal)] : [];
  const coded = smallest([storedSegment(rest), await brotliSegment(rest, signal), ...byModel]);
  const crc = segmentCrc(file, coded.payload.length, coded.model);
  return { number, geometry, file: { length: file.length, crc, rest: coded } };
}

/** The rest of a container continues nothing (FORMAT.md, section 11), and its progress is not told. */
function withoutDictionary(setting: ArdmSetting): ArdmSetting {
  return { ...setting, dictionary: undefined, progress: setting.progress.silent() };
}

/** What of the file's bytes is said to be coded when a tile is. */
function shareOf(length: number, tiles: number, index: number): number {
  return Math.floor(((index + 1) * length) / tiles) - Math.floor((index * length) / tiles);
}

/** Whether a large picture is worth a pass: noise is not, nor what was a picture before somebody encrypted it. */
export async function isWorthAPass(
  samples: Uint8Array,
  extent: Extent,
  { model, calls, ofBytes }: PictureSetting,
  signal: AbortSignal,
): Promise<boolean> {
  const { width, height, channels } = extent;
  if (width * height <= TRIAL_FREE) return true;
  const side = { width: Math.min(TRIAL_SIDE, width), height: Math.min(TRIAL_SIDE, height) };
  const shape = shapeOf(side, extent);
  const dial = model.kind.dial(callsOf(model, calls), 0, shape);
  const squares = [1, 3, 5].map(
    (sixth): Tile => ({
      ...side,
      x: Math.floor(((width - side.width) * sixth) / 6),
      y: Math.floor(((height - side.height) * sixth) / 6),
    }),
  );
  const lengths = await Promise.all(
    squares.map(async (square) => {
      const cut = Uint8Array.from(cutTile(samples, extent, square));
      return (await ofBytes.coder.encode(model.id, cut, dial, signal, undefined, undefined, shape)).length;
    }),
  );
  const coded = lengths.reduce((sum, length) => sum + length, 0);
  return coded < squares.length * side.width * side.height * channels * (1 - WORTH);
}

/** The shape of a tile as models of pictures need it. */
export function shapeOf({ width, height }: Pick<Tile, 'width' | 'height'>, { channels, ...whole }: Extent): Shape {
  return [width, height, channels, whole.width, whole.height];
}

/** What an archive's container makes of its segments. */
export interface Layout {
  readonly container: ContainerId;
  /** Left out where the samples are bytes. */
  readonly picture?: { readonly extent: Extent; readonly tiles: readonly Tile[]; readonly shapes: readonly Shape[] };
}

/**
 * The layout that a container says, judged against the segments before anything is decoded.
 *
 * @throws UnsupportedFeatureError, DamagedHeaderError
 */
export function layoutOf(container: ContainerId, segments: readonly Pick<SegmentDescriptor, 'length'>[]): Layout {
  const { picture: extent } = contentOf(container);
  if (!extent) return { container };
  const total = segments.reduce((sum, { length }) => sum + length, 0);
  if (total !== samplesOf(extent)) {
    throw new DamagedHeaderError(`its picture has ${samplesOf(extent)} samples, its segments ${total}`);
  }
  // Before they are made: a picture of a column may declare millions.
  const { columns, rows } = tilingOf(extent);
  if (columns * rows !== segments.length) {
    throw new DamagedHeaderError(`its picture has ${columns * rows} tiles, and there are ${segments.length} segments`);
  }
  const tiles = [...tilesOf(extent)];
  for (const [i, tile] of tiles.entries()) {
    if (segments[i]?.length !== tile.width * tile.height * extent.channels) {
      throw new DamagedHeaderError(`segment ${i} is not the tile of its picture that it should be`);
    }
  }
  return {
    container,
    picture: { extent, tiles, shapes: tiles.map((tile) => shapeOf(tile, extent)) },
  };
}

/** The samples of a container from those of its segments. */
export function samplesFrom({ picture }: Layout, parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  if (!picture) return Buffer.concat(parts);
  const samples = new Uint8Array(samplesOf(picture.extent));
  for (const [i, tile] of picture.tiles.entries()) setTile(samples, picture.extent, tile, parts[i] as Uint8Array);
  return samples;
}
