import { ByteWriter } from './byte-writer.js';
import { writeDescriptor } from './descriptor.js';
import { flagsOf, hasHeaderCrc, writeFields } from './fields.js';
import { headerCrc, setHeadCheck } from './head-check.js';
import { Kind, LENGTH_LIMIT, MAGIC_BYTE, MAGIC_NIBBLE, MAX_SEGMENTS, VERSION_CODES, type Version } from './layout.js';
import type { Fields, Segment } from './types.js';

/**
 * Assembles an archive (FORMAT.md): of version 1, or of version 2 where there are fields.
 *
 * @param segments from 1 to 65536, in the order of the file; an empty file is one empty stored segment.
 * @throws RangeError if segments or fields have no place in the format; that is a mistake of the caller.
 */
export function writeArchive(segments: readonly Segment[], fields: Fields = {}): Uint8Array {
  check(segments, fields);
  const flags = flagsOf(fields);
  const [only] = segments;
  const segmented = segments.length > 1;
  const descriptors = new ByteWriter();
  if (!segmented && only) {
    writeSegment(descriptors, only, false);
  } else {
    descriptors.u8(Kind.segmented << 6);
    descriptors.varint(segments.length);
    for (const segment of segments) writeSegment(descriptors, segment, true);
  }
  const version: Version = flags === 0 ? 1 : 2;
  const bytes = descriptors.toBytes();
  const header = new ByteWriter();
  header.append(Uint8Array.of(MAGIC_BYTE, (MAGIC_NIBBLE << 4) | VERSION_CODES[version], 0));
  header.append(bytes.subarray(0, 1));
  if (version === 2) writeFields(header, fields);
  header.append(bytes.subarray(1));
  const rest = fields.container?.file?.rest;
  const payloads = [...(rest ? [rest.payload] : []), ...segments.map(({ payload }) => payload)];
  return join(header.toBytes(), hasHeaderCrc(segmented, flags), payloads, version);
}

function writeSegment(writer: ByteWriter, segment: Segment, withCodedLength: boolean): void {
  writeDescriptor(writer, segment, withCodedLength);
  writer.u32(segment.crc);
}

/** Header and payloads; the checks are set here because the head check reads into whatever follows a short header. */
function join(fields: Uint8Array, withCrc: boolean, payloads: readonly Uint8Array[], version: Version): Uint8Array {
  let position = fields.length + (withCrc ? 4 : 0);
  const archive = new Uint8Array(payloads.reduce((sum, { length }) => sum + length, position));
  archive.set(fields);
  for (const payload of payloads) {
    archive.set(payload, position);
    position += payload.length;
  }
  // The head check of version 1 stands under the header's CRC, that of version 2 reads it.
  if (version === 1) setHeadCheck(archive, version);
  const view = new DataView(archive.buffer);
  if (withCrc) view.setUint32(fields.length, headerCrc(archive.subarray(0, fields.length), version), true);
  if (version === 2) setHeadCheck(archive, version);
  return archive;
}

function check(segments: readonly Segment[], { dictionary, container }: Fields): void {
  if (segments.length < 1 || segments.length > MAX_SEGMENTS) {
    throw new RangeError(`an archive has from 1 to ${MAX_SEGMENTS} segments, not ${segments.length}`);
  }
  const rest = container?.file?.rest;
  const parts = [...segments, ...(rest ? [rest] : [])];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length >= LENGTH_LIMIT) throw new RangeError(`an archive has no place for ${length} bytes`);
  for (const { method, length, payload } of parts) {
    if (method === 'stored' && payload.length !== length) throw new RangeError('a stored payload is its original');
  }
  if (dictionary && !segments.some(({ method }) => method === 'ardm'))
    throw new RangeError('nothing uses the dictionary');
}
