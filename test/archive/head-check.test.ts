import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { headCheck } from '../../src/archive/head-check.js';
import { flipBit } from './refusals.js';

/** Bits of the region: 15 bytes. Byte 2 is the check itself. */
const BITS = 15 * 8;

/** Whether byte 2 is what it should be. */
const holds = (bytes: Uint8Array): boolean => bytes[2] === headCheck(bytes);

function sound(seed: number): Uint8Array {
  const bytes = Uint8Array.from({ length: 15 }, (_, index) => (seed * (index + 1) * 2654435761) >>> 24);
  bytes[2] = headCheck(bytes);
  return bytes;
}

describe('head check', () => {
  it('is CRC-8 (0x07): its check value over "123456789" is 0xf4', () => {
    const [a, b, ...rest] = [...'123456789'].map((digit) => digit.charCodeAt(0));
    assert.equal(headCheck(Uint8Array.of(a as number, b as number, 0xaa, ...rest)), 0xf4);
  });

  it('reads 15 bytes, or all if there are fewer, and never byte 2', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 40 }), fc.integer({ min: 0, max: 255 }), (bytes, byte) => {
        assert.equal(headCheck(bytes), headCheck(bytes.slice(0, 15)));
        assert.equal(headCheck(bytes), headCheck(Uint8Array.from(bytes, (old, index) => (index === 2 ? byte : old))));
      }),
    );
    assert.equal(headCheck(new Uint8Array()), 0);
  });

  it('finds every change of one or two bits', () => {
    const bytes = sound(1);
    for (let a = 0; a < BITS; a++) {
      const one = flipBit(bytes, a);
      assert.ok(!holds(one));
      for (let b = a + 1; b < BITS; b++) assert.ok(!holds(flipBit(one, b)));
    }
  });

  it('finds every change of three bits: no two bits have the syndrome of a third', () => {
    // The CRC is linear, so what a flip does to it does not depend on the other bits.
    const zeros = new Uint8Array(15);
    const syndromes = Array.from({ length: BITS }, (_, bit) => {
      const flipped = flipBit(zeros, bit);
      return headCheck(flipped) ^ (flipped[2] as number);
    });
    const known = new Set(syndromes);
    assert.equal(known.size, BITS);
    for (let a = 0; a < BITS; a++) {
      for (let b = a + 1; b < BITS; b++) assert.ok(!known.has((syndromes[a] as number) ^ (syndromes[b] as number)));
    }
  });
});
