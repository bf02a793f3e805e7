import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { segmentCrc } from '../../src/archive/checksum.js';
import { flipBit } from './refusals.js';
import { IDENTITY, utf8 } from './samples.js';

/** CRC-32 of ISO-HDLC by its definition, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('segment checksum', () => {
  it('is the CRC-32 that the format says, of what it says', () => {
    assert.equal(crc32(utf8('123456789')), 0xcbf43926);
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(2 ** 31 - 1), fc.boolean(), (original, length, withModel) => {
        const little = [length, length >>> 8, length >>> 16, length >>> 24].map((part) => part & 0xff);
        const all = Uint8Array.of(...original, ...little, ...(withModel ? IDENTITY : []));
        assert.equal(segmentCrc(original, length, withModel ? IDENTITY : undefined), crc32(all));
      }),
    );
  });

  it('takes payload lengths modulo 2^32', () => {
    assert.equal(segmentCrc(utf8('a'), 2 ** 32 + 5), segmentCrc(utf8('a'), 5));
  });

  it('is an unsigned integer', () => {
    for (let index = 0; index < 64; index++) {
      const crc = segmentCrc(Uint8Array.of(index), 0);
      assert.ok(Number.isInteger(crc) && crc >= 0 && crc < 2 ** 32);
    }
  });

  it('changes with the bytes, the payload length and any bit of the model', () => {
    const original = utf8('some bytes');
    const crc = segmentCrc(original, 7, IDENTITY);
    assert.notEqual(segmentCrc(utf8('some bytez'), 7, IDENTITY), crc);
    assert.notEqual(segmentCrc(original, 8, IDENTITY), crc);
    assert.notEqual(segmentCrc(original, 7), crc);
    for (let bit = 0; bit < 256; bit++) assert.notEqual(segmentCrc(original, 7, flipBit(IDENTITY, bit)), crc);
  });
});
