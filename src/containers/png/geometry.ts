import { ByteWriter } from '../../archive/byte-writer.js';
import { DamagedHeaderError, UnsupportedFeatureError } from '../../archive/errors.js';
import { ENGINE, type Setting } from '../deflate.js';
import { CHANNELS, readExtent, readGeometry, writeExtent } from '../geometry.js';
import type { Extent } from '../types.js';

/** What the header of an archive says of a PNG file (FORMAT.md, section 14). */
export interface PngGeometry {
  readonly setting: Setting;
  /** Left out where the samples are filtered bytes. */
  readonly picture?: Extent;
}

const LEAST_WINDOW = 9;
const STRATEGIES = [0, 1, 2, 3, 4] as const;

/** @throws DamagedHeaderError, UnsupportedFeatureError */
export function readPngGeometry(geometry: Uint8Array): PngGeometry {
  const [engine] = geometry;
  if (engine !== undefined && engine !== ENGINE) throw new UnsupportedFeatureError(`deflate engine ${engine}`);
  return readGeometry(geometry, (reader) => {
    reader.u8();
    const [first, second] = [reader.u8(), reader.u8()];
    const strategy = STRATEGIES[(second >>> 2) & 7];
    const setting = { level: first >>> 4, memLevel: first & 15, windowBits: (second >>> 5) + LEAST_WINDOW };
    if (strategy === undefined || !isLevel(setting.level) || !isLevel(setting.memLevel) || setting.windowBits > 15) {
      throw new DamagedHeaderError('its container was deflated with settings that there are not');
    }
    const channels = CHANNELS[second & 3];
    return {
      setting: { ...setting, strategy },
      ...(channels !== undefined && { picture: { ...readExtent(reader), channels } }),
    };
  });
}

export function writePngGeometry({ setting, picture }: PngGeometry): Uint8Array {
  const { level, memLevel, strategy, windowBits } = setting;
  const writer = new ByteWriter();
  writer.u8(ENGINE);
  writer.u8((level << 4) | memLevel);
  writer.u8(((windowBits - LEAST_WINDOW) << 5) | (strategy << 2) | CHANNELS.indexOf(picture?.channels));
  if (picture) writeExtent(writer, picture);
  return writer.toBytes();
}

function isLevel(level: number): boolean {
  return level >= 1 && level <= 9;
}
