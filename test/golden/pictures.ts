import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Extent } from '../../src/containers/types.js';
import { bmpFile, pngFile, pnmFile, rowsOf, texture } from '../containers/files.js';

/** A committed picture, and its committed archive. */
export interface GoldenPicture {
  /** Of the file, with its extension. */
  readonly name: string;
  /** What made the file, once: what stands in the folder is what counts. */
  readonly make: () => Uint8Array;
  readonly model: string;
  /** Of samples without a file around them. */
  readonly pixels?: Extent;
}

const FOLDER = join('test', 'golden', 'pictures');

/** A slope with a disc on it, and some noise. */
function drawing({ width, height, channels }: Extent): Uint8Array {
  const noise = texture(width * height * channels, 5);
  return noise.map((n, i) => {
    const pixel = Math.floor(i / channels);
    const [y, x, c] = [Math.floor(pixel / width), pixel % width, i % channels];
    const isDisc = (3 * y - height) ** 2 + (2 * x - width) ** 2 < 120;
    if (c === 3) return isDisc ? 255 : 0;
    return isDisc ? 200 - 40 * c : 30 + 3 * y + 2 * x + 20 * c + (n % 5);
  });
}

/** Rows under one filter, Sub, of the drawing. */
function filtered(extent: Extent): Uint8Array {
  const { width, height, channels } = extent;
  const samples = drawing(extent);
  const row = width * channels;
  return Uint8Array.from({ length: height * (row + 1) }, (_, i) => {
    const [y, at] = [Math.floor(i / (row + 1)), (i % (row + 1)) - 1];
    if (at < 0) return 1;
    const left = at < channels ? 0 : (samples[y * row + at - channels] as number);
    return (samples[y * row + at] as number) - left;
  });
}

const grey: Extent = { width: 33, height: 20, channels: 1 };
const rgb: Extent = { width: 21, height: 26, channels: 3 };
const rgba: Extent = { width: 19, height: 16, channels: 4 };
const png = (extent: Extent, colour: number): Uint8Array =>
  pngFile({ ...extent, colour, filtered: filtered(extent), setting: { level: 9 } });
const pnm = (extent: Extent): Uint8Array =>
  pnmFile(`${extent.channels === 1 ? 'P5' : 'P6'}\n${extent.width} ${extent.height}\n255\n`, drawing(extent));

/** Golden archives of pictures. Entries are added, never changed or removed. */
export const GOLDEN_PICTURES: readonly GoldenPicture[] = (
  [
    { name: 'pixel.ppm', make: () => pnm({ width: 1, height: 1, channels: 3 }) },
    { name: 'row.pgm', make: () => pnm({ width: 40, height: 1, channels: 1 }) },
    { name: 'column.ppm', make: () => pnm({ width: 1, height: 37, channels: 3 }) },
    { name: 'drawing.pgm', make: () => pnm(grey) },
    { name: 'drawing.ppm', make: () => pnm(rgb) },
    { name: 'commented.ppm', make: () => pnmFile('P6 # by hand\n21 26\n255\n', drawing(rgb), 'and more') },
    { name: 'texture-24.bmp', make: () => bmpFile({ width: 15, height: 11, bits: 24 }) },
    { name: 'texture-32.bmp', make: () => bmpFile({ width: 9, height: 9, bits: 32, topDown: true }) },
    { name: 'grey.png', make: () => png(grey, 0) },
    { name: 'rgb.png', make: () => png(rgb, 2) },
    { name: 'rgba.png', make: () => png(rgba, 6) },
    {
      name: 'filters.png',
      make: () => pngFile({ width: 17, height: 13, filtered: rowsOf(13, 51, (y) => y % 5), cut: 100 }),
    },
    { name: 'grey.raw', make: () => drawing(grey), pixels: grey },
    { name: 'rgb.raw', make: () => drawing(rgb), pixels: rgb },
    { name: 'rgba.raw', make: () => drawing(rgba), pixels: rgba },
    {
      name: 'tiles.raw',
      make: () => drawing({ width: 1030, height: 2, channels: 1 }),
      pixels: { width: 1030, height: 2, channels: 1 },
    },
  ] satisfies Omit<GoldenPicture, 'model'>[]
).map((golden) => ({ model: 'pictures-1', ...golden }));

export const pictureFile = ({ name }: GoldenPicture): string => join(FOLDER, name);
export const pictureArchive = ({ name, model }: GoldenPicture): string => join(FOLDER, `${name}.${model}.ardm`);
export const pictureOf = (golden: GoldenPicture): Uint8Array => new Uint8Array(readFileSync(pictureFile(golden)));
