import { ByteReader } from './byte-reader.js';
import { interpretRest } from './container.js';
import { interpretDescriptor, type RawDescriptor, readDescriptor } from './descriptor.js';
import {
  DamagedHeaderError,
  NotAnArchiveError,
  TrailingBytesError,
  TruncatedArchiveError,
  UnsupportedFeatureError,
  UnsupportedVersionError,
} from './errors.js';
import { hasHeaderCrc, NO_FIELDS, type RawFields, readFields, unknownFlags } from './fields.js';
import { headCheckHolds, headerCrc } from './head-check.js';
import {
  DIAL_MASK,
  HEAD_LENGTH,
  Kind,
  LENGTH_LIMIT,
  MAGIC_BYTE,
  MAGIC_NIBBLE,
  MAX_SEGMENTS,
  MIN_DESCRIPTOR_LENGTH,
  MIN_SEGMENTS,
  VERSION_CODES,
  type Version,
} from './layout.js';
import { interpretNames } from './names.js';
import type { ArchiveHeader, Coding, Container, Fields, Placed } from './types.js';

/** A segment's fields, not judged. */
type RawSegment = RawDescriptor & { readonly crc: number };

/**
 * Reads and checks everything of an archive but its payloads, in the order of FORMAT.md, section 7.
 *
 * @param bytes the whole archive, from anybody: time and memory are bounded by its length.
 * @returns what the archive declares; offsets and lengths of payloads lie within `bytes`.
 * @throws NotAnArchiveError, UnsupportedVersionError, TruncatedArchiveError, DamagedHeaderError,
 *   UnsupportedFeatureError, TrailingBytesError
 */
export function parseArchive(bytes: Uint8Array): ArchiveHeader {
  const version = readSignature(bytes);
  const reader = new ByteReader(bytes, HEAD_LENGTH);
  const first = reader.u8();
  const segmented = first >>> 6 === Kind.segmented;
  const fields = version === 2 ? readFields(reader) : NO_FIELDS;
  const unknown = unknownFlags(fields.flags);
  // What follows unknown flags cannot be read, but they stand where the head check tells whether they were written so.
  const raw = unknown ? [] : segmented ? readSegments(reader) : [readSegment(reader, first, false)];
  const header = bytes.subarray(0, reader.position);
  const crc = hasHeaderCrc(segmented, fields.flags) && !unknown ? reader.u32() : undefined;
  if (!headCheckHolds(bytes, version)) throw new DamagedHeaderError('its head does not match its check');
  if (unknown) throw new UnsupportedFeatureError(`flags ${unknown}`);
  if (crc !== undefined && crc !== headerCrc(header, version)) {
    throw new DamagedHeaderError('its header does not match its checksum');
  }
  if (segmented && (first & DIAL_MASK) !== 0) {
    throw new UnsupportedFeatureError(`flags ${first & DIAL_MASK} of a segmented archive`);
  }
  if (version === 2 && fields.flags === 0) throw new DamagedHeaderError('it has nothing that version 1 has not');
  return { version, ...locate(raw, fields, reader), headerLength: reader.position };
}

function readSignature(bytes: Uint8Array): Version {
  const [magic, second] = bytes;
  if (magic !== MAGIC_BYTE) throw new NotAnArchiveError();
  if (second === undefined) throw new TruncatedArchiveError('its header is not complete');
  if (second >>> 4 !== MAGIC_NIBBLE) throw new NotAnArchiveError();
  const code = second & 0x0f;
  if (code === VERSION_CODES[1]) return 1;
  if (code === VERSION_CODES[2]) return 2;
  throw new UnsupportedVersionError(code);
}

/** The descriptors of a segmented archive, unjudged; leaves the reader at the header CRC. */
function readSegments(reader: ByteReader): RawSegment[] {
  const count = reader.varint();
  if (count < MIN_SEGMENTS || count > MAX_SEGMENTS) throw new DamagedHeaderError(`it declares ${count} segments`);
  if (count * MIN_DESCRIPTOR_LENGTH > reader.remaining) {
    throw new TruncatedArchiveError(`it declares ${count} segments`);
  }
  return Array.from({ length: count }, () => readSegment(reader, reader.u8(), true));
}

function readSegment(reader: ByteReader, first: number, withCodedLength: boolean): RawSegment {
  return { ...readDescriptor(reader, first, withCodedLength), crc: reader.u32() };
}

/** Judges fields and descriptors, and lays their payloads out over what remains after the header. */
function locate(
  raw: readonly RawSegment[],
  { names, dictionary, container }: RawFields,
  reader: ByteReader,
): Pick<ArchiveHeader, 'originalLength' | 'segments'> & Fields<Placed> {
  const infos = raw.map((segment) => ({ ...interpretDescriptor(segment), crc: segment.crc }));
  const rest = container?.file?.rest && interpretRest(container.file.rest);
  const total = infos.reduce((sum, { length }) => sum + length, 0);
  if (total + (rest?.length ?? 0) >= LENGTH_LIMIT) {
    throw new DamagedHeaderError('its segments add up to 2^40 bytes or more');
  }
  const kept = names && interpretNames(names);
  if (dictionary && !infos.some(({ method }) => method === 'ardm')) {
    throw new DamagedHeaderError('it names a dictionary that nothing uses');
  }
  const end = reader.position + reader.remaining;
  let payloadOffset = reader.position;
  const place = <C extends Coding>(coding: C, codedLength: number | undefined): C & Placed => {
    // Only the one payload of a single archive has no length of its own: it is all the rest.
    const payloadLength =
      coding.method === 'stored' ? coding.length : (codedLength ?? Math.max(0, end - payloadOffset));
    const placed = { ...coding, payloadOffset, payloadLength };
    payloadOffset += payloadLength;
    return placed;
  };
  const placedRest = rest && place(rest, container?.file?.rest?.codedLength);
  const segments = infos.map((info, index) => place(info, raw[index]?.codedLength));
  if (payloadOffset > end) throw new TruncatedArchiveError(`${payloadOffset - end} bytes are missing`);
  if (payloadOffset < end) throw new TrailingBytesError(end - payloadOffset);
  return {
    originalLength: container?.file?.length ?? total,
    segments,
    ...kept,
    ...(dictionary && { dictionary }),
    ...(container && { container: withRest(container, placedRest) }),
  };
}

function withRest(
  { number, geometry, file }: NonNullable<RawFields['container']>,
  rest: (Coding & Placed) | undefined,
): Container<Placed> {
  if (!file) return { number, geometry };
  return { number, geometry, file: { length: file.length, crc: file.crc, ...(rest && { rest }) } };
}
