import { crc32 } from 'node:zlib';
import { ByteReader } from './byte-reader.js';
import { interpretDescriptor, type RawDescriptor, readDescriptor } from './descriptor.js';
import {
  DamagedHeaderError,
  NotAnArchiveError,
  TrailingBytesError,
  TruncatedArchiveError,
  UnsupportedFeatureError,
  UnsupportedVersionError,
} from './errors.js';
import { headCheck } from './head-check.js';
import {
  CHECK_OFFSET,
  DIAL_MASK,
  HEAD_LENGTH,
  Kind,
  LENGTH_LIMIT,
  MAGIC_BYTE,
  MAGIC_NIBBLE,
  MAX_SEGMENTS,
  MIN_DESCRIPTOR_LENGTH,
  MIN_SEGMENTS,
  VERSION,
} from './layout.js';
import type { ArchiveHeader, SegmentDescriptor } from './types.js';

/**
 * Reads and checks everything of an archive but its payloads, in the order of FORMAT.md, section 7.
 *
 * @param bytes the whole archive, from anybody: time and memory are bounded by its length.
 * @returns what the archive declares; offsets and lengths of payloads lie within `bytes`.
 * @throws NotAnArchiveError, UnsupportedVersionError, TruncatedArchiveError, DamagedHeaderError,
 *   UnsupportedFeatureError, TrailingBytesError
 */
export function parseArchive(bytes: Uint8Array): ArchiveHeader {
  checkSignature(bytes);
  const reader = new ByteReader(bytes, HEAD_LENGTH);
  const segmented = isSegmented(bytes);
  const raw = segmented ? readDescriptors(reader) : [readDescriptor(reader, false)];
  if (bytes[CHECK_OFFSET] !== headCheck(bytes)) throw new DamagedHeaderError('its head does not match its check');
  if (segmented) checkSegmentedHeader(bytes, reader);
  const segments = locate(raw, reader);
  const originalLength = segments.reduce((sum, { length }) => sum + length, 0);
  return { version: VERSION, originalLength, segments, headerLength: reader.position };
}

function checkSignature(bytes: Uint8Array): void {
  const [magic, second] = bytes;
  if (magic !== MAGIC_BYTE) throw new NotAnArchiveError();
  if (second === undefined) throw new TruncatedArchiveError('its header is not complete');
  if (second >>> 4 !== MAGIC_NIBBLE) throw new NotAnArchiveError();
  const version = second & 0x0f;
  if (version !== VERSION) throw new UnsupportedVersionError(version);
}

function isSegmented(bytes: Uint8Array): boolean {
  const kind = bytes[HEAD_LENGTH];
  return kind !== undefined && kind >>> 6 === Kind.segmented;
}

/** The descriptors of a segmented archive, unjudged; leaves the reader at the header CRC. */
function readDescriptors(reader: ByteReader): RawDescriptor[] {
  reader.u8();
  const count = reader.varint();
  if (count < MIN_SEGMENTS || count > MAX_SEGMENTS) throw new DamagedHeaderError(`it declares ${count} segments`);
  if (count * MIN_DESCRIPTOR_LENGTH > reader.remaining) {
    throw new TruncatedArchiveError(`it declares ${count} segments`);
  }
  return Array.from({ length: count }, () => readDescriptor(reader, true));
}

function checkSegmentedHeader(bytes: Uint8Array, reader: ByteReader): void {
  const expected = crc32(bytes.subarray(0, reader.position));
  if (reader.u32() !== expected) throw new DamagedHeaderError('its header does not match its checksum');
  const flags = (bytes[HEAD_LENGTH] as number) & DIAL_MASK;
  if (flags !== 0) throw new UnsupportedFeatureError(`flags ${flags} of a segmented archive`);
}

/** Judges the descriptors and lays their payloads out over what remains after the header. */
function locate(raw: readonly RawDescriptor[], reader: ByteReader): SegmentDescriptor[] {
  const infos = raw.map(interpretDescriptor);
  if (infos.reduce((sum, { length }) => sum + length, 0) >= LENGTH_LIMIT) {
    throw new DamagedHeaderError('its segments add up to 2^40 bytes or more');
  }
  let payloadOffset = reader.position;
  const segments = infos.map((info, index) => {
    // Only the one payload of a single archive has no length of its own: it is all the rest.
    const payloadLength = info.method === 'stored' ? info.length : (raw[index]?.codedLength ?? reader.remaining);
    const segment = { ...info, payloadOffset, payloadLength };
    payloadOffset += payloadLength;
    return segment;
  });
  const surplus = reader.position + reader.remaining - payloadOffset;
  if (surplus < 0) throw new TruncatedArchiveError(`${-surplus} bytes are missing`);
  if (surplus > 0) throw new TrailingBytesError(surplus);
  return segments;
}
