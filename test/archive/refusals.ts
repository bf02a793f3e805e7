import assert from 'node:assert/strict';
import { parseArchive } from '../../src/archive/parse.js';
import type { ArchiveHeader } from '../../src/archive/types.js';
import { ArdmError } from '../../src/errors.js';

/** What parsing gives: the header, or the code of the error. Any other exception fails the test. */
export function outcome(archive: Uint8Array): ArchiveHeader | string {
  try {
    return parseArchive(archive);
  } catch (error) {
    if (error instanceof ArdmError) {
      assert.equal(error.status, 422);
      assert.match(error.message, /\. [A-Z].*\.$/, 'says what is wrong, then what to do');
      return error.code;
    }
    throw error;
  }
}

export function assertRefused(archive: Uint8Array, ...codes: readonly string[]): void {
  const result = outcome(archive);
  assert.ok(typeof result === 'string', 'parsed an archive that it should refuse');
  assert.ok(codes.includes(result), `${result} is none of ${codes.join(', ')}`);
}

export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (0x80 >> (bit & 7));
  return flipped;
}
