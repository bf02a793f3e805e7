import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeSegment, encodeSegment } from '../../src/ardm/segment.js';
import type { Coding } from '../../src/pictures/coding.js';
import { sizeClass } from '../../src/pictures/lattice.js';
import { drawnCoding, drawnSamples, fakeModel, fakeOutputs, LATTICE, NEVER, releasedCoding, TEMPERS } from './fakes.js';
import { referenceEncode } from './reference.js';

const RELEASED = releasedCoding();
const SIZES = [
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 2],
  [1, 19],
  [19, 1],
  [3, 2],
  [5, 5],
  [9, 7],
  [8, 16],
  [17, 13],
] as const;

async function check(coding: Coding, width: number, height: number, channels: 1 | 3 | 4, seed: number): Promise<void> {
  const samples = drawnSamples(width, height, channels, seed);
  for (const temper of TEMPERS) {
    const shape = [width, height, channels];
    const model = fakeModel(coding, shape, temper);
    const payload = await encodeSegment(model, samples, LATTICE, NEVER);
    const picture = { samples, width, height, channels, size: sizeClass({ width, height }) };
    const expected = await referenceEncode(coding, picture, async (graph, rows) =>
      rows.map((row) => fakeOutputs(temper, graph, row)),
    );
    assert.equal(Buffer.compare(payload, expected), 0, `${temper}: ${payload.length} and ${expected.length} bytes`);
    const back = await decodeSegment(model, payload, samples.length, LATTICE, NEVER);
    assert.equal(Buffer.compare(back, samples), 0, temper);
  }
}

describe('the program of pictures and a plain reference of mixing.md', () => {
  for (const [i, [width, height]] of SIZES.entries()) {
    for (const channels of [1, 3, 4] as const) {
      it(`make the same bytes of ${width}x${height}x${channels}`, () =>
        check(RELEASED, width, height, channels, 101 * i + channels));
    }
  }

  for (const seed of [1, 2, 3]) {
    for (const channels of [1, 3, 4] as const) {
      it(`also from start values drawn from ${seed}, ${channels} channels`, () =>
        check(drawnCoding(seed), 12, 15, channels, 77 * seed));
    }
  }

  it('also where rows of maps are halved and histories drop', () => check(RELEASED, 28, 28, 1, 5));
});
