import { deflate } from 'pako';
import type { Extent } from '../types.js';
import { chunkParts, SIGNATURE, u32 } from './chunks.js';

/** Colour types of PNG, by channels. */
const COLOUR = { 1: 0, 3: 2, 4: 6 } as const;

/**
 * A PNG file (W3C PNG, third edition) of a picture of 8-bit samples, row after row: rows are not filtered. The same picture gives the same bytes
 * everywhere, and they are made again (`deflate.ts`).
 */
export function writePng(samples: Uint8Array, { width, height, channels }: Extent): Uint8Array {
  const row = width * channels;
  const filtered = new Uint8Array(height * (1 + row));
  for (let y = 0; y < height; y++) filtered.set(samples.subarray(y * row, (y + 1) * row), y * (1 + row) + 1);
  const head = Buffer.concat([u32(width), u32(height), Uint8Array.of(8, COLOUR[channels], 0, 0, 0)]);
  const chunk = (name: string, data: Uint8Array) => chunkParts({ type: Buffer.from(name, 'latin1'), data });
  return Buffer.concat([
    SIGNATURE,
    ...chunk('IHDR', head),
    ...chunk('IDAT', deflate(filtered, { legacyHash: true })),
    ...chunk('IEND', new Uint8Array()),
  ]);
}
