import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { headCheck, headCheckHolds, setHeadCheck } from '../../src/archive/head-check.js';
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
        assert.equal(
          headCheck(bytes),
          headCheck(
            Uint8Array.from(bytes, (old, index) => (index === 2 ? byte : old)),
            1,
          ),
        );
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

describe('head check of version 2', () => {
  const REGION = 20 * 8;
  /** Bits of the check: byte 2, and bit 7 of byte 4. */
  const isCheck = (bit: number): boolean => bit >> 3 === 2 || bit === 32;
  const zeros = new Uint8Array(20);
  /** What a flip makes of the difference between what the check should be and what stands there: it does not depend on other bits. */
  const syndromes = Array.from({ length: REGION }, (_, bit) => {
    const flipped = flipBit(zeros, bit);
    const stands = (flipped[2] as number) + ((flipped[4] as number) & 0x80 ? 0x100 : 0);
    return headCheck(flipped, 2) ^ stands;
  });

  it('is what long division by x^9 + x^4 + x^3 + x^2 + x + 1 leaves', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 5, maxLength: 30 }), (bytes) => {
        const data = [...bytes.subarray(0, 20)].filter((_, offset) => offset !== 2);
        data[3] = (data[3] as number) & 0x7f;
        let dividend = BigInt(`0x${Buffer.from(data).toString('hex')}`) << 9n;
        for (let bit = BigInt(data.length * 8); bit-- > 0n; ) {
          if ((dividend >> (bit + 9n)) & 1n) dividend ^= 0b1000011111n << bit;
        }
        assert.equal(headCheck(bytes, 2), Number(dividend));
      }),
    );
  });

  it('stands in byte 2 and bit 7 of byte 4, and changes nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 5, maxLength: 30 }), (bytes) => {
        const set = bytes.slice();
        setHeadCheck(set, 2);
        assert.ok(headCheckHolds(set, 2));
        for (const [offset, byte] of set.entries()) {
          const mask = offset === 2 ? 0 : offset === 4 ? 0x7f : 0xff;
          assert.equal(byte & mask, (bytes[offset] as number) & mask);
        }
        const again = set.slice();
        setHeadCheck(again, 2);
        assert.deepEqual(again, set);
      }),
    );
  });

  it('finds every change of one, two or three bits', () => {
    const known = new Set(syndromes);
    assert.equal(known.size, REGION);
    assert.ok(!known.has(0));
    for (let a = 0; a < REGION; a++) {
      for (let b = a + 1; b < REGION; b++) assert.ok(!known.has((syndromes[a] as number) ^ (syndromes[b] as number)));
    }
    // The syndromes are what the check itself says of a sound head.
    const head = Uint8Array.from({ length: 20 }, (_, index) => index * 37);
    setHeadCheck(head, 2);
    for (let bit = 0; bit < REGION; bit++)
      assert.ok(!headCheckHolds(flipBit(head, bit), 2), isCheck(bit) ? 'check' : 'data');
  });

  it('finds every burst of up to 8 bits, wherever it lies', () => {
    for (let length = 2; length <= 8; length++) {
      for (let start = 0; start + length <= REGION; start++) {
        for (let inner = 0; inner < 1 << (length - 2); inner++) {
          const pattern = 1 | (inner << 1) | (1 << (length - 1));
          let syndrome = 0;
          for (let bit = 0; bit < length; bit++) {
            if ((pattern >> bit) & 1) syndrome ^= syndromes[start + bit] as number;
          }
          assert.notEqual(syndrome, 0);
        }
      }
    }
  });
});
