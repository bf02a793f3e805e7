import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Clip, clipOf, ENCODINGS, frameLength, toBytes, toSamples } from '../../src/sound/clip.js';

const BITS = [8, 16, 24];

/** What a sample is, as Node's Buffer reads it. */
function sampleAt(bytes: Buffer, at: number, { bits, encoding }: Clip): number {
  if (encoding === 'unsigned') return bytes.readUIntLE(at, bits / 8) - 2 ** (bits - 1);
  return encoding === 'big-endian' ? bytes.readIntBE(at, bits / 8) : bytes.readIntLE(at, bits / 8);
}

const clips = fc.record({
  channels: fc.integer({ min: 1, max: 8 }),
  bits: fc.constantFrom(...BITS),
  encoding: fc.nat(2),
  rate: fc.nat(0xffff_ffff),
});

describe('clips', () => {
  it('are of bytes that become samples, and the bytes again', () => {
    fc.assert(
      fc.property(clips, fc.uint8Array({ maxLength: 300 }), ({ channels, bits, encoding, rate }, drawn) => {
        const clip = clipOf([channels, bits, encoding, rate]);
        assert.deepEqual(clip, { channels, bits, encoding: ENCODINGS[encoding], rate });
        assert.equal(frameLength(clip), (channels * bits) / 8);
        const bytes = drawn.subarray(0, drawn.length - (drawn.length % frameLength(clip)));
        const samples = new Int32Array((8 * bytes.length) / bits);
        toSamples(bytes, clip, samples);
        const read = Buffer.from(bytes);
        for (const [i, sample] of samples.entries()) assert.equal(sample, sampleAt(read, (i * bits) / 8, clip));
        const back = new Uint8Array(bytes.length);
        toBytes(samples, clip, back);
        assert.deepEqual(back, bytes);
      }),
      { numRuns: 300 },
    );
  });

  it('have samples from one end to the other', () => {
    for (const bits of BITS) {
      for (const encoding of [0, 1, 2]) {
        const clip = clipOf([1, bits, encoding, 8000]);
        const ends = Int32Array.of(-(2 ** (bits - 1)), -1, 0, 1, 2 ** (bits - 1) - 1);
        const bytes = new Uint8Array((ends.length * bits) / 8);
        toBytes(ends, clip, bytes);
        const samples = new Int32Array(ends.length);
        toSamples(bytes, clip, samples);
        assert.deepEqual(samples, ends);
      }
    }
  });

  it('have a shape that there is', () => {
    const refused: (readonly number[] | undefined)[] = [
      undefined,
      [],
      [0, 16, 1, 8000],
      [9, 16, 1, 8000],
      [1.5, 16, 1, 8000],
      [Number.NaN, 16, 1, 8000],
      [1, 0, 1, 8000],
      [1, 12, 1, 8000],
      [1, 32, 1, 8000],
      [1, 16],
      [1, 16, 3, 8000],
      [1, 16, -1, 8000],
      [1, 16, 0.5, 8000],
      [1, 16, 1, -1],
      [1, 16, 1, 0.5],
      [1, 16, 1, 2 ** 32],
    ];
    for (const shape of refused) assert.throws(() => clipOf(shape), RangeError, `${shape}`);
    for (const rate of [0, 1, 44_100, 2 ** 31, 2 ** 32 - 1]) assert.equal(clipOf([8, 24, 2, rate]).rate, rate);
  });
});
