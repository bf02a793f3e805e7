import { crc32 } from 'node:zlib';
import { ByteWriter } from './byte-writer.js';
import { writeDescriptor } from './descriptor.js';
import { headCheck } from './head-check.js';
import { CHECK_OFFSET, Kind, LENGTH_LIMIT, MAGIC_BYTE, MAGIC_NIBBLE, MAX_SEGMENTS, VERSION } from './layout.js';
import type { Segment } from './types.js';

/**
 * Assembles an archive of version 1 (FORMAT.md).
 *
 * @param segments from 1 to 65536, in the order of the file; an empty file is one empty stored segment.
 * @throws RangeError if the segments have no place in the format; that is a mistake of the caller.
 */
export function writeArchive(segments: readonly Segment[]): Uint8Array {
  checkSegments(segments);
  const writer = new ByteWriter();
  writer.u8(MAGIC_BYTE);
  writer.u8((MAGIC_NIBBLE << 4) | VERSION);
  writer.u8(0);
  const [only] = segments;
  if (segments.length === 1 && only) {
    writeDescriptor(writer, only, false);
  } else {
    writer.u8(Kind.segmented << 6);
    writer.varint(segments.length);
    for (const segment of segments) writeDescriptor(writer, segment, true);
  }
  return join(writer.toBytes(), segments);
}

/** Header and payloads; both checks are set here because the head check reads into whatever follows a short header. */
function join(fields: Uint8Array, segments: readonly Segment[]): Uint8Array {
  const crcLength = segments.length > 1 ? 4 : 0;
  let position = fields.length + crcLength;
  const archive = new Uint8Array(segments.reduce((sum, { payload }) => sum + payload.length, position));
  archive.set(fields);
  for (const { payload } of segments) {
    archive.set(payload, position);
    position += payload.length;
  }
  archive[CHECK_OFFSET] = headCheck(archive);
  if (crcLength) new DataView(archive.buffer).setUint32(fields.length, crc32(archive.subarray(0, fields.length)), true);
  return archive;
}

function checkSegments(segments: readonly Segment[]): void {
  if (segments.length < 1 || segments.length > MAX_SEGMENTS) {
    throw new RangeError(`an archive has from 1 to ${MAX_SEGMENTS} segments, not ${segments.length}`);
  }
  const originalLength = segments.reduce((sum, { length }) => sum + length, 0);
  if (originalLength >= LENGTH_LIMIT) throw new RangeError(`an archive has no place for ${originalLength} bytes`);
  for (const { method, length, payload } of segments) {
    if (method === 'stored' && payload.length !== length) throw new RangeError('a stored payload is its original');
  }
}
