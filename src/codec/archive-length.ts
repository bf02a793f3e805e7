import { ByteWriter } from '../archive/byte-writer.js';
import { writeDescriptor } from '../archive/descriptor.js';
import { HEAD_LENGTH } from '../archive/layout.js';
import type { Segment } from '../archive/types.js';

const CRC = 4;
/** Kind of a segmented archive, and its header's checksum. */
const SEGMENTED_FRAME = 1 + CRC;

/** Bytes of the archive that `writeArchive` would make of the segments, without copying their payloads. */
export function archiveLength(segments: readonly Segment[]): number {
  const segmented = segments.length > 1;
  const fields = new ByteWriter();
  if (segmented) fields.varint(segments.length);
  for (const segment of segments) writeDescriptor(fields, segment, segmented);
  const header = HEAD_LENGTH + (segmented ? SEGMENTED_FRAME : 0) + fields.toBytes().length + segments.length * CRC;
  return segments.reduce((sum, { payload }) => sum + payload.length, header);
}
