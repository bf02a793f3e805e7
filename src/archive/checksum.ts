import { crc32 } from 'node:zlib';

/**
 * The checksum of a segment (FORMAT.md, section 6): over the original bytes, and over what would otherwise have to be
 * trusted to get them back.
 *
 * @param original the segment's bytes before coding, or after decoding.
 * @param payloadLength length of the coded bytes.
 * @param modelIdentity the 32 bytes of the model's identity; exactly for ardm segments.
 * @param dictionaryIdentity the 32 bytes of the dictionary's identity; exactly for segments that were coded with one.
 * @returns an unsigned 32-bit integer.
 */
export function segmentCrc(
  original: Uint8Array,
  payloadLength: number,
  modelIdentity?: Uint8Array,
  dictionaryIdentity?: Uint8Array,
): number {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, payloadLength, true);
  let crc = crc32(length, crc32(original));
  if (modelIdentity) crc = crc32(modelIdentity, crc);
  return dictionaryIdentity ? crc32(dictionaryIdentity, crc) : crc;
}
