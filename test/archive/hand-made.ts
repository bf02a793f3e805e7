import { ByteReader } from '../../src/archive/byte-reader.js';
import { readDescriptor } from '../../src/archive/descriptor.js';
import { readFields, unknownFlags } from '../../src/archive/fields.js';
import { headerCrc, setHeadCheck } from '../../src/archive/head-check.js';
import { VERSION_CODES, type Version } from '../../src/archive/layout.js';

/** Archives that no writer makes, but with sound checks: `bytes` with byte 2 set to the head check. */
export function checked(...bytes: readonly number[]): Uint8Array {
  const archive = Uint8Array.from(bytes);
  setHeadCheck(archive, versionOf(archive));
  return archive;
}

/**
 * A segmented archive from the bytes between head and header CRC (from byte 3 on), and payloads.
 *
 * With fewer than 12 bytes of fields, less than any two descriptors have, the head check is not sound: it reads 15 bytes.
 */
export function checkedSegmented(fields: readonly number[], payloads: readonly number[] = []): Uint8Array {
  const crcOffset = 3 + fields.length;
  const archive = new Uint8Array(crcOffset + 4 + payloads.length);
  archive.set([0xa7, 0xd1]);
  archive.set(fields, 3);
  archive.set(payloads, crcOffset + 4);
  setChecks(archive, crcOffset);
  return archive;
}

/** The bytes with a good signature and, as far as they can be read as a header, sound checks. */
export function repaired(bytes: Uint8Array): Uint8Array {
  const archive = bytes.slice();
  archive.set([0xa7, (bytes[1] ?? 0) & 0x08 ? 0xde : 0xd1, 0].slice(0, archive.length));
  if (archive.length > 2) setChecks(archive, headerCrcOffset(archive));
  return archive;
}

function setChecks(archive: Uint8Array, crcOffset: number | undefined): void {
  const version = versionOf(archive);
  const setCrc = (): void => {
    if (crcOffset === undefined || crcOffset + 4 > archive.length) return;
    new DataView(archive.buffer).setUint32(crcOffset, headerCrc(archive.subarray(0, crcOffset), version), true);
  };
  // The head check of version 2 may read the header CRC, which reads that of version 1.
  if (version === 2) setCrc();
  setHeadCheck(archive, version);
  if (version === 1) setCrc();
}

function versionOf(archive: Uint8Array): Version {
  return ((archive[1] ?? 0) & 0x0f) === VERSION_CODES[2] ? 2 : 1;
}

/** Where the header CRC of what looks like an archive with one stands. */
function headerCrcOffset(archive: Uint8Array): number | undefined {
  const first = archive[3] ?? 0;
  const segmented = first >>> 6 === 3;
  const reader = new ByteReader(archive, 4);
  try {
    const flags = versionOf(archive) === 2 ? readFields(reader).flags : 0;
    if (unknownFlags(flags) || (!segmented && (flags & 5) === 0)) return undefined;
    if (segmented) {
      for (let count = reader.varint(); count > 0; count--) skipSegment(reader, reader.u8(), true);
    } else {
      skipSegment(reader, first, false);
    }
    return reader.position;
  } catch {
    return undefined;
  }
}

function skipSegment(reader: ByteReader, first: number, withCodedLength: boolean): void {
  readDescriptor(reader, first, withCodedLength);
  reader.u32();
}
