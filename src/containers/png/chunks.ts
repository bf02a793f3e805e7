import { crc32 } from 'node:zlib';

/** What a PNG file begins with. */
export const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Bytes of a chunk besides its data: length, type, CRC. */
export const CHUNK_OVERHEAD = 12;
export const MAX_CHUNK = 2 ** 31 - 1;

export interface Chunk {
  /** Four bytes. */
  readonly type: Uint8Array;
  readonly data: Uint8Array;
}

/** The chunk at an offset of a file; undefined if there is no whole one whose CRC is right. */
export function readChunk(file: Uint8Array, at: number): Chunk | undefined {
  if (at + CHUNK_OVERHEAD > file.length) return undefined;
  const view = new DataView(file.buffer, file.byteOffset);
  const length = view.getUint32(at);
  const end = at + CHUNK_OVERHEAD + length;
  if (length > MAX_CHUNK || end > file.length) return undefined;
  if (crc32(file.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) return undefined;
  return { type: file.subarray(at + 4, at + 8), data: file.subarray(at + 8, end - 4) };
}

/** A chunk's bytes, in parts. */
export function chunkParts({ type, data }: Chunk): readonly Uint8Array[] {
  return [u32(data.length), type, data, u32(crc32(data, crc32(type)))];
}

export function isType({ type }: Chunk, name: string): boolean {
  return Buffer.compare(type, Buffer.from(name, 'latin1')) === 0;
}

/** Big-endian, as all numbers of PNG. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
