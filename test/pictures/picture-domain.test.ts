import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeSegment, encodeSegment } from '../../src/ardm/segment.js';
import {
  drawnSamples,
  FakePredictor,
  fakeModel,
  LATTICE,
  NEVER,
  pictureModel,
  releasedCoding,
  TEMPERS,
} from './fakes.js';

const CODING = releasedCoding();
const picture = fc
  .record({
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 20 }),
    channels: fc.constantFrom(1, 3, 4),
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
    temper: fc.constantFrom(...TEMPERS),
  })
  .map(({ width, height, channels, seed, temper }) => {
    const shape = [width, height, channels];
    return { shape, temper, samples: drawnSamples(width, height, channels, seed) };
  });

describe('pictures in segments', () => {
  it('come back, whatever the network says', async () => {
    await fc.assert(
      fc.asyncProperty(picture, async ({ shape, temper, samples }) => {
        const model = fakeModel(CODING, shape, temper);
        const payload = await encodeSegment(model, samples, LATTICE, NEVER);
        assert.deepEqual(await decodeSegment(model, payload, samples.length, LATTICE, NEVER), samples);
      }),
      { numRuns: 30 },
    );
  });

  it('take the same bytes however many rows a call has', async () => {
    await fc.assert(
      fc.asyncProperty(picture, async ({ shape, temper, samples }) => {
        const payloads = await Promise.all(
          [1, 7, 4096].map((rows) => encodeSegment(fakeModel(CODING, shape, temper, rows), samples, LATTICE, NEVER)),
        );
        for (const payload of payloads) assert.deepEqual(payload, payloads[0]);
      }),
      { numRuns: 12 },
    );
  });

  it('of more than a part of a step come back, too', async () => {
    const shape = [150, 90, 4];
    const samples = drawnSamples(150, 90, 4, 9);
    const predictors = [0, 1].map((graph) => new FakePredictor(graph, 'certain', 100));
    const model = pictureModel(CODING, shape, predictors);
    const payload = await encodeSegment(model, samples, LATTICE, NEVER);
    assert.equal(Buffer.compare(await decodeSegment(model, payload, samples.length, LATTICE, NEVER), samples), 0);
    // Two planes, every position but the first once on the way there and once on the way back.
    const rows = predictors.flatMap(({ rowsPerCall }) => rowsPerCall).reduce((sum, count) => sum + count, 0);
    assert.equal(rows, 2 * 2 * (150 * 90 - 1));
  });

  it('that are damaged give other samples, or none, and no error', async () => {
    const damage = fc.record({ at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }), cut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(picture, damage, async ({ shape, temper, samples }, { at, bit, cut }) => {
        const model = fakeModel(CODING, shape, temper);
        const payload = await encodeSegment(model, samples, LATTICE, NEVER);
        if (payload.length === 0) return;
        const place = at % payload.length;
        const damaged = cut
          ? payload.subarray(0, place)
          : Uint8Array.from(payload, (byte, i) => (i === place ? byte ^ (1 << bit) : byte));
        const back = await decodeSegment(model, damaged, samples.length, LATTICE, NEVER);
        assert.ok(back.length === samples.length || back.length === 0);
      }),
      { numRuns: 30 },
    );
  });

  it('of noise are decoded to something', async () => {
    await fc.assert(
      fc.asyncProperty(picture, fc.uint8Array({ maxLength: 300 }), async ({ shape, temper, samples }, payload) => {
        const model = fakeModel(CODING, shape, temper);
        const back = await decodeSegment(model, payload, samples.length, LATTICE, NEVER);
        assert.ok(back.length === samples.length || back.length === 0);
      }),
      { numRuns: 30 },
    );
  });

  it('of one after another in the same program know nothing of each other', async () => {
    const [a, b] = [drawnSamples(30, 20, 3, 4), drawnSamples(9, 31, 4, 5)];
    const one = () => encodeSegment(fakeModel(CODING, [30, 20, 3], 'any'), a, LATTICE, NEVER);
    const other = () => encodeSegment(fakeModel(CODING, [9, 31, 4], 'any'), b, LATTICE, NEVER);
    const [first, second] = [await one(), await other()];
    assert.deepEqual(await Promise.all([one(), other(), one()]), [first, second, first]);
    assert.deepEqual(await other(), second);
  });
});
