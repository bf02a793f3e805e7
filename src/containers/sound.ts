import { ByteWriter } from '../archive/byte-writer.js';
import { DamagedHeaderError } from '../archive/errors.js';
import { readGeometry } from './geometry.js';
import type { SampleFormat, Sound } from './types.js';

/** FORMAT.md, section 15: a format's number is its place. */
export const SAMPLE_FORMATS = [
  'u8',
  's8',
  's16le',
  's16be',
  's24le',
  's24be',
] as const satisfies readonly SampleFormat[];

export const MOST_CHANNELS = 8;
export const MOST_RATE = 2 ** 32 - 1;

const CHANNELS_SHIFT = 5;
const FORMAT_MASK = 7;
const NOTHING_MASK = 0x18;

export function bitsOf(format: SampleFormat): 8 | 16 | 24 {
  return format.endsWith('8') ? 8 : format.includes('16') ? 16 : 24;
}

export function bytesOfFrame({ format, channels }: Pick<Sound, 'format' | 'channels'>): number {
  return (bitsOf(format) / 8) * channels;
}

/** Bytes of the samples. */
export function bytesOfSound(sound: Sound): number {
  return sound.frames * bytesOfFrame(sound);
}

/** What all containers of sound say. */
export function soundGeometry({ format, channels, rate, frames }: Sound): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(((channels - 1) << CHANNELS_SHIFT) | SAMPLE_FORMATS.indexOf(format));
  writer.varint(rate);
  writer.varint(frames);
  return writer.toBytes();
}

/** @throws DamagedHeaderError */
export function readSoundGeometry(geometry: Uint8Array): Sound {
  return readGeometry(geometry, (reader) => {
    const first = reader.u8();
    const format = SAMPLE_FORMATS[first & FORMAT_MASK];
    if (!format || first & NOTHING_MASK) throw new DamagedHeaderError('its samples are of a format that there is not');
    const rate = reader.varint();
    const frames = reader.varint();
    if (rate > MOST_RATE || frames < 1) {
      throw new DamagedHeaderError(`its sound has ${frames} frames, ${rate} a second`);
    }
    return { format, channels: (first >> CHANNELS_SHIFT) + 1, rate, frames };
  });
}
