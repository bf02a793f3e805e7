import { CHECK_OFFSET } from './layout.js';

/** Bytes from the start of an archive that the check covers, itself excepted: the longest header of a single archive. */
const COVERED = 15;

const POLYNOMIAL = 0x07;

/**
 * The CRC-8 that belongs into byte 2 of an archive (FORMAT.md, section 5).
 *
 * It reads a fixed region, not "the header", so that a flipped bit cannot also move what is checked.
 */
export function headCheck(archive: Uint8Array): number {
  let crc = 0;
  for (const [offset, byte] of archive.subarray(0, COVERED).entries()) {
    if (offset === CHECK_OFFSET) continue;
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x80 ? POLYNOMIAL : 0)) & 0xff;
  }
  return crc;
}
