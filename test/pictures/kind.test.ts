import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PICTURE_MODELS } from '../../src/pictures/kind.js';
import { LATTICE, releasedCoding } from './fakes.js';

describe('the kind of models of pictures', () => {
  it('knows one dial', () => {
    assert.ok(PICTURE_MODELS.knows(LATTICE));
    assert.ok(!PICTURE_MODELS.knows({ schedule: 'lattice', calls: 4 }));
    assert.ok(!PICTURE_MODELS.knows({ schedule: 'interleaved', calls: 2 }));
    assert.ok(!PICTURE_MODELS.knows({ schedule: 'random', calls: 2 }));
    for (const calls of [1, 18, 1024]) assert.deepEqual(PICTURE_MODELS.dial(calls, 100, [10, 10, 1]), LATTICE);
  });

  it('counts calls by the shape of a segment', () => {
    const shape = [512, 512, 3, 2048, 2048];
    assert.equal(PICTURE_MODELS.totalCalls(0, LATTICE, shape), 18);
    assert.equal(PICTURE_MODELS.callsOfBlock(0, LATTICE, shape), 18);
    assert.equal(PICTURE_MODELS.encoderCalls(0, LATTICE, [1, 1, 4]), 0);
  });

  it('refuses what is no shape of a picture', () => {
    const { domain } = PICTURE_MODELS.open(releasedCoding());
    for (const shape of [undefined, [], [4, 4], [4, 4, 2], [0, 4, 1], [4, 0, 3]]) {
      assert.throws(() => domain(new Uint8Array(48), LATTICE, shape), RangeError);
    }
  });
});
