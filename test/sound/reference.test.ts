import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeSegment } from '../../src/ardm/segment.js';
import { type Clip, ENCODINGS, toBytes, toSamples } from '../../src/sound/clip.js';
import { codingSchema } from '../../src/sound/coding.js';
import { SoundDomain } from '../../src/sound/sound-domain.js';
import { xorshift32 } from '../entropy/random.js';
import { ReferenceSound } from './reference.js';
import { impulses, noise, type Signal, silence, square, voice } from './signals.js';

const CODING = codingSchema.parse(JSON.parse(readFileSync('models/sound-1/coding.json', 'utf8')));

/** Logits that rows decide, as a network's are: any numbers of its range. */
function answer(rows: Float32Array, count: number): Float32Array {
  const outputs = new Float32Array(count * 36);
  for (let r = 0; r < count; r++) {
    const next = xorshift32(1 + rows.slice(80 * r, 80 * r + 80).reduce((sum, value, i) => sum + value * (i + 1), 0));
    for (let j = 0; j < 36; j++) outputs[36 * r + j] = (next() % 700) - 350;
  }
  return outputs;
}

/** Holds the program to the reference: rows of every call, and every byte. */
async function compare(signal: Signal, clip: Clip, frames: number, calls: number): Promise<void> {
  const samples = Int32Array.from({ length: frames * clip.channels }, (_, i) =>
    signal(Math.floor(i / clip.channels), i % clip.channels),
  );
  const bytes = new Uint8Array((samples.length * clip.bits) / 8);
  toBytes(samples, clip, bytes);
  const asked: number[][] = [];
  const predict = async ([rows]: readonly (Float32Array | Int32Array | Uint8Array)[], count: number) => {
    const of = Float32Array.from(rows as Float32Array).subarray(0, 80 * count);
    for (let r = 0; r < count; r++) asked.push(Array.from(of.subarray(80 * r, 80 * r + 80)));
    return answer(of, count);
  };
  const payload = await encodeSegment(
    { predictors: [{ rowsAtOnce: 64, predict }], domain: (data) => new SoundDomain(CODING, data, clip, calls) },
    bytes,
    { schedule: 'consecutive', calls },
    { aborted: false },
  );

  const reference = new ReferenceSound(CODING, clip);
  const length = Math.max(1, Math.ceil(frames / calls));
  const expected: number[][] = [];
  for (let from = 0; from < frames; from += length) {
    const run = Math.min(length, frames - from);
    const rows = Array.from({ length: clip.channels }, (_, c) => reference.row(c, run));
    expected.push(...rows);
    const outputs = answer(Float32Array.from(rows.flat()), clip.channels);
    reference.code([...samples.subarray(from * clip.channels, (from + run) * clip.channels)], [...outputs]);
  }
  assert.deepEqual(asked, expected);
  assert.deepEqual(payload, reference.finish());
}

const clip = (channels: number, bits: number): Clip => ({ channels, bits, encoding: 'little-endian', rate: 16_000 });

describe('the program of sound and a plain reference of sound.md', () => {
  for (const bits of [8, 16, 24]) {
    const signals: Readonly<Record<string, Signal>> = {
      silence,
      'a square wave of full scale': square(bits, 9),
      impulses: impulses(bits, 50),
      noise: noise(bits, 3),
      'a voice': voice(bits, 7),
    };
    for (const [name, signal] of Object.entries(signals)) {
      it(`code ${name} of ${bits} bits alike`, () => compare(signal, clip(1, bits), 120, 7));
    }
    it(`code two channels of ${bits} bits alike`, () => compare(voice(bits, 8), clip(2, bits), 120, 16));
  }
  it('code eight channels alike', () => compare(voice(16, 5), clip(8, 16), 20, 4));
  it('code loud noise after silence alike, and silence after it', () => {
    const loud = noise(24, 5);
    return compare((time) => (time < 60 || time > 110 ? 0 : loud(time, 0)), clip(1, 24), 170, 1024);
  });
  it('tell the network of a rate that is not known, and of the highest', async () => {
    await compare(voice(16, 2), { ...clip(1, 16), rate: 0 }, 30, 3);
    await compare(voice(16, 2), { ...clip(1, 16), rate: 2 ** 32 - 1 }, 30, 3);
  });
  it('code any samples alike', async () => {
    const cases = fc.record({
      channels: fc.integer({ min: 1, max: 3 }),
      bits: fc.constantFrom(8, 16, 24),
      calls: fc.integer({ min: 1, max: 1024 }),
      frames: fc.integer({ min: 1, max: 25 }),
      seed: fc.integer({ min: 1, max: 1e6 }),
      quiet: fc.integer({ min: 0, max: 22 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ channels, bits, calls, frames, seed, quiet }) => {
        const loud = noise(bits, seed);
        await compare((t, c) => loud(t, c) >> Math.min(quiet, bits - 1), clip(channels, bits), frames, calls);
      }),
      { numRuns: 15 },
    );
  });
});

describe('bytes of samples', () => {
  it('are samples and bytes again', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(8, 16, 24),
        fc.constantFrom(...ENCODINGS),
        fc.uint8Array({ maxLength: 60 }),
        (bits, encoding, drawn) => {
          const bytes = drawn.subarray(0, drawn.length - (drawn.length % (bits / 8)));
          const samples = new Int32Array(bytes.length / (bits / 8));
          const of: Clip = { channels: 1, bits, encoding, rate: 8000 };
          toSamples(bytes, of, samples);
          for (const sample of samples) assert.ok(sample >= -(2 ** (bits - 1)) && sample < 2 ** (bits - 1));
          const again = new Uint8Array(bytes.length);
          toBytes(samples, of, again);
          assert.deepEqual(again, bytes);
        },
      ),
    );
  });
});
