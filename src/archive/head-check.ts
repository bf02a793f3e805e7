import { crc32 } from 'node:zlib';
import { CHECK_FLAG, CHECK_OFFSET, FLAGS_OFFSET, type Version } from './layout.js';

interface Check {
  /** Bytes from the start of an archive that are covered, the check itself excepted: the longest header without a CRC of its own. */
  readonly covered: number;
  readonly bits: number;
  readonly polynomial: number;
}

/** FORMAT.md, section 5. */
const CHECKS: Readonly<Record<Version, Check>> = {
  1: { covered: 15, bits: 8, polynomial: 0x07 },
  2: { covered: 20, bits: 9, polynomial: 0x1f },
};

/**
 * The CRC that belongs into the head of an archive.
 *
 * It reads a fixed region, not "the header", so that a flipped bit cannot also move what is checked.
 */
export function headCheck(archive: Uint8Array, version: Version = 1): number {
  const { covered, bits, polynomial } = CHECKS[version];
  const top = 1 << (bits - 1);
  let crc = 0;
  for (const [offset, byte] of archive.subarray(0, covered).entries()) {
    if (offset === CHECK_OFFSET) continue;
    const data = version === 2 && offset === FLAGS_OFFSET ? byte & ~CHECK_FLAG : byte;
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      const feedback = ((crc & top) !== 0) !== ((data & bit) !== 0);
      crc = ((crc << 1) & (2 * top - 1)) ^ (feedback ? polynomial : 0);
    }
  }
  return crc;
}

/** Whether an archive that has all of its head says of itself what `headCheck` does. */
export function headCheckHolds(archive: Uint8Array, version: Version): boolean {
  const ninth = version === 2 && ((archive[FLAGS_OFFSET] ?? 0) & CHECK_FLAG) !== 0 ? 0x100 : 0;
  return headCheck(archive, version) === ninth + (archive[CHECK_OFFSET] ?? 0);
}

/** Puts the check where it belongs. */
export function setHeadCheck(archive: Uint8Array, version: Version): void {
  const check = headCheck(archive, version);
  archive[CHECK_OFFSET] = check & 0xff;
  if (version === 2) {
    archive[FLAGS_OFFSET] = ((archive[FLAGS_OFFSET] ?? 0) & ~CHECK_FLAG) | (check & 0x100 ? CHECK_FLAG : 0);
  }
}

/**
 * The CRC of a header of any length (FORMAT.md, section 1). In version 2 the head check may read into it, so it takes the bits of
 * that as 0.
 *
 * @param header all bytes before the CRC.
 */
export function headerCrc(header: Uint8Array, version: Version): number {
  if (version === 1) return crc32(header);
  // A copy; `slice` of a Buffer is none.
  const head = Uint8Array.from(header.subarray(0, FLAGS_OFFSET + 1));
  head[CHECK_OFFSET] = 0;
  head[FLAGS_OFFSET] = (head[FLAGS_OFFSET] ?? 0) & ~CHECK_FLAG;
  return crc32(header.subarray(head.length), crc32(head));
}
