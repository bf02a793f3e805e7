import { SAMPLE_FORMATS } from '../containers/sound.js';
import type { Extent } from '../containers/types.js';
import type { Pcm } from './contained.js';

/** How it is written that a file is samples alone, for whoever wrote something else. */
export const PIXELS_FORM = 'width x height x channels, such as 640x480x3, with 1 (grey), 3 (RGB) or 4 (RGBA) channels';
export const PCM_FORM =
  'format, channels and rate, such as s16le,2,44100: u8, s8, s16le, s16be, s24le or s24be; 1 to 8 channels; frames a second';

const PIXELS = /^([1-9]\d{0,8})x([1-9]\d{0,8})x([134])$/;
const PCM = /^(\w+),([1-8]),([1-9]\d{0,8})$/;

/** A picture's samples, from what is written as PIXELS_FORM says; undefined of anything else. */
export function readPixels(text: string): Extent | undefined {
  const [, width, height, channels] = (PIXELS.exec(text) ?? []).map(Number);
  return width && height && (channels === 1 || channels === 3 || channels === 4)
    ? { width, height, channels }
    : undefined;
}

/** Sound's samples, from what is written as PCM_FORM says; undefined of anything else. */
export function readPcm(text: string): Pcm | undefined {
  const [, name, channels, rate] = PCM.exec(text) ?? [];
  const format = SAMPLE_FORMATS.find((each) => each === name);
  return format ? { format, channels: Number(channels), rate: Number(rate) } : undefined;
}

export function writePixels({ width, height, channels }: Extent): string {
  return `${width}x${height}x${channels}`;
}

export function writePcm({ format, channels, rate }: Pcm): string {
  return `${format},${channels},${rate}`;
}
