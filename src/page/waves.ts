import type { SoundDetail } from './api.js';

/** Lowest and highest sample of each of `count` stretches of equal length, of all channels, from -1 to 1. */
export interface Waves {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** The waves of sound in a WAV or AIFF file, or of samples alone; undefined if the samples are not found. */
export function wavesOf(bytes: Uint8Array, sound: SoundDetail, count: number): Waves | undefined {
  const { format, channels, bits, frames } = sound;
  const width = bits / 8;
  const start = startOf(bytes, frames * channels * width);
  if (start === undefined) return undefined;
  const isBig = format.endsWith('be');
  const top = 2 ** (bits - 1);
  const sampleAt = (index: number): number => {
    let value = 0;
    for (let i = 0; i < width; i++) {
      value = value * 256 + (bytes[start + index * width + (isBig ? i : width - 1 - i)] ?? 0);
    }
    return (format.startsWith('u') ? value - top : value >= top ? value - 2 * top : value) / top;
  };
  const [low, high] = [new Float32Array(count), new Float32Array(count)];
  for (let column = 0; column < count; column++) {
    const [from, to] = stretch(column, count, frames);
    let [least, most] = [1, -1];
    for (let i = from * channels; i < to * channels; i++) {
      const value = sampleAt(i);
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    low[column] = least;
    high[column] = most;
  }
  return { low, high };
}

/** The frames of one of `count` stretches: at least one. */
export function stretch(index: number, count: number, frames: number): readonly [from: number, to: number] {
  const from = Math.min(frames - 1, Math.floor((index * frames) / count));
  return [from, Math.max(from + 1, Math.min(frames, Math.floor(((index + 1) * frames) / count)))];
}

/** Where the samples begin: in the chunk that has them, or at once where the file is nothing else. */
function startOf(bytes: Uint8Array, length: number): number | undefined {
  if (bytes.length === length) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  const isAiff = word(0) === 'FORM';
  for (let at = 12; at + 8 <= bytes.length; ) {
    if (word(at) === 'data' && !isAiff) return at + 8;
    if (word(at) === 'SSND' && isAiff) return at + 16;
    const size = view.getUint32(at + 4, !isAiff);
    at += 8 + size + (size % 2);
  }
  return undefined;
}
