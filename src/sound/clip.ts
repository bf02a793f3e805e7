/** A run of sound: what its shape says (FORMAT.md, section 15). */
export interface Clip {
  /** 1..8. */
  readonly channels: number;
  /** Bits of a sample: 8, 16 or 24. */
  readonly bits: number;
  readonly encoding: Encoding;
  /** Frames a second, 0..2^32 - 1. It tells the network about the sound, and decides nothing else. */
  readonly rate: number;
}

/** How the bytes of a sample spell it. */
export const ENCODINGS = ['unsigned', 'little-endian', 'big-endian'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const CHANNELS = [1, 2, 3, 4, 5, 6, 7, 8];
const BITS = [8, 16, 24];

/** A clip from a segment's shape: channels, bits of a sample, number of its encoding, rate. @throws RangeError where it is none. */
export function clipOf([channels = 0, bits = 0, encoding = -1, rate = 0]: readonly number[] = []): Clip {
  const spelled = ENCODINGS[encoding];
  const isRate = Number.isInteger(rate) && rate >= 0 && rate < 2 ** 32;
  if (!CHANNELS.includes(channels) || !BITS.includes(bits) || !spelled || !isRate) {
    throw new RangeError(
      `a sound of ${channels} channels, ${bits} bits, encoding ${encoding}, ${rate} frames a second`,
    );
  }
  return { channels, bits, encoding: spelled, rate };
}

/** Bytes of a frame. */
export function frameLength({ channels, bits }: Clip): number {
  return (channels * bits) / 8;
}

/** Samples of bytes: each around 0. */
export function toSamples(bytes: Uint8Array, { bits, encoding }: Clip, samples: Int32Array): void {
  const width = bits / 8;
  const half = 2 ** (bits - 1);
  for (let i = 0, at = 0; i < samples.length; i++, at += width) {
    let value = 0;
    for (let b = 0; b < width; b++)
      value |= (bytes[at + b] as number) << (8 * (encoding === 'big-endian' ? width - 1 - b : b));
    samples[i] = encoding === 'unsigned' ? value - half : (value << (32 - bits)) >> (32 - bits);
  }
}

/** The inverse. */
export function toBytes(samples: Int32Array, { bits, encoding }: Clip, bytes: Uint8Array): void {
  const width = bits / 8;
  const half = encoding === 'unsigned' ? 2 ** (bits - 1) : 0;
  for (let i = 0, at = 0; i < samples.length; i++, at += width) {
    const value = (samples[i] as number) + half;
    for (let b = 0; b < width; b++) bytes[at + b] = value >> (8 * (encoding === 'big-endian' ? width - 1 - b : b));
  }
}
