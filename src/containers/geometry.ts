import { ByteReader } from '../archive/byte-reader.js';
import { ByteWriter } from '../archive/byte-writer.js';
import { DamagedHeaderError, TruncatedArchiveError } from '../archive/errors.js';
import type { Extent } from './types.js';

/** What the two bits of a layout say of channels; 0 is no picture. */
export const CHANNELS = [undefined, 1, 3, 4] as const;

/** Largest width and height: what PNG and BMP can say. */
const MAX_SIDE = 2 ** 31 - 1;

/** Reads a geometry to its end. @throws DamagedHeaderError if it ends too early, or goes on. */
export function readGeometry<T>(geometry: Uint8Array, read: (reader: ByteReader) => T): T {
  const reader = new ByteReader(geometry, 0);
  let value: T;
  try {
    value = read(reader);
  } catch (error) {
    if (error instanceof TruncatedArchiveError)
      throw new DamagedHeaderError('the geometry of its container ends early');
    throw error;
  }
  if (reader.remaining > 0) throw new DamagedHeaderError('the geometry of its container goes on');
  return value;
}

/** Width, height. @throws DamagedHeaderError */
export function readExtent(reader: ByteReader): Omit<Extent, 'channels'> {
  const width = reader.varint();
  const height = reader.varint();
  if (!isExtent(width, height)) throw new DamagedHeaderError(`its picture is of ${width} x ${height}`);
  return { width, height };
}

export function writeExtent(writer: ByteWriter, { width, height }: Extent): void {
  writer.varint(width);
  writer.varint(height);
}

/** Width, height, channels: the geometry of a container that has nothing else to say. */
export function plainGeometry(extent: Extent): Uint8Array {
  const writer = new ByteWriter();
  writeExtent(writer, extent);
  writer.u8(extent.channels);
  return writer.toBytes();
}

/** @throws DamagedHeaderError */
export function readPlainGeometry(geometry: Uint8Array): Extent {
  return readGeometry(geometry, (reader) => {
    const { width, height } = readExtent(reader);
    const channels = reader.u8();
    if (channels !== 1 && channels !== 3 && channels !== 4) {
      throw new DamagedHeaderError(`its picture has ${channels} channels`);
    }
    return { width, height, channels };
  });
}

/** Whether there is such a picture. Products of sides are below 2^64, which a double compares well enough. */
export function isExtent(width: number, height: number): boolean {
  return width >= 1 && height >= 1 && width <= MAX_SIDE && height <= MAX_SIDE;
}

/** Bytes of the samples. */
export function samplesOf({ width, height, channels }: Extent): number {
  return width * height * channels;
}
