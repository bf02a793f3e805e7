import { crc32 } from 'node:zlib';
import { ByteReader } from '../../src/archive/byte-reader.js';
import { readDescriptor } from '../../src/archive/descriptor.js';
import { headCheck } from '../../src/archive/head-check.js';

/** Archives that no writer makes, but with sound checks: `bytes` with byte 2 set to the head check. */
export function checked(...bytes: readonly number[]): Uint8Array {
  const archive = Uint8Array.from(bytes);
  archive[2] = headCheck(archive);
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
  archive.set([0xa7, 0xd1, 0].slice(0, archive.length));
  if (archive.length > 2) setChecks(archive, headerCrcOffset(archive));
  return archive;
}

function setChecks(archive: Uint8Array, crcOffset: number | undefined): void {
  archive[2] = headCheck(archive);
  if (crcOffset === undefined || crcOffset + 4 > archive.length) return;
  new DataView(archive.buffer).setUint32(crcOffset, crc32(archive.subarray(0, crcOffset)), true);
}

/** Where the header CRC of what looks like a segmented archive stands. */
function headerCrcOffset(archive: Uint8Array): number | undefined {
  if ((archive[3] ?? 0) >>> 6 !== 3) return undefined;
  const reader = new ByteReader(archive, 4);
  try {
    for (let count = reader.varint(); count > 0; count--) readDescriptor(reader, true);
    return reader.position;
  } catch {
    return undefined;
  }
}
