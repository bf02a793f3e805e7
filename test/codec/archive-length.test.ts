import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import { archiveLength } from '../../src/codec/archive-length.js';

const length = fc.oneof(
  fc.constantFrom(0, 127, 128, 129, 16_511, 16_512, 16_513, 2_113_663, 2_113_664),
  fc.integer({ min: 0, max: 2 ** 33 }),
);
const payload = fc.oneof(fc.constantFrom(0, 127, 128, 16_511, 16_512), fc.integer({ min: 0, max: 20_000 }));
const dial = fc.record({
  schedule: fc.constantFrom('interleaved' as const, 'random' as const),
  calls: fc.integer({ min: 1, max: 1024 }),
});
const segment: fc.Arbitrary<Segment> = fc
  .tuple(fc.constantFrom('stored' as const, 'brotli' as const, 'ardm' as const), length, payload, dial)
  .map(([method, original, coded, setting]) => {
    const common = { method, length: method === 'stored' ? coded : original, payload: new Uint8Array(coded), crc: 1 };
    return method === 'ardm' ? { ...common, dial: setting, model: new Uint8Array(32) } : common;
  });

test('it is the length of what writeArchive makes', () => {
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), (segments) => {
      assert.equal(archiveLength(segments), writeArchive(segments).length);
    }),
    { numRuns: 1000, seed: 11 },
  );
});

test('the number of segments counts', () => {
  const one: Segment = { method: 'stored', length: 1, payload: new Uint8Array(1), crc: 1 };
  for (const count of [1, 2, 127, 128, 129, 16_511, 16_512, 65_536]) {
    const segments = new Array<Segment>(count).fill(one);
    assert.equal(archiveLength(segments), writeArchive(segments).length);
  }
});
