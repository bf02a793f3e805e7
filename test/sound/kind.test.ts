import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Dial } from '../../src/ardm/schedule.js';
import { clipOf, frameLength } from '../../src/sound/clip.js';
import { SOUND_MODELS } from '../../src/sound/kind.js';
import { SoundDomain } from '../../src/sound/sound-domain.js';
import { releasedCoding } from './fakes.js';

const CODING = releasedCoding();

describe('the kind of model that codes sound', () => {
  it('knows one schedule', () => {
    const all: Dial['schedule'][] = ['random', 'interleaved', 'lattice', 'consecutive'];
    const known = all.filter((schedule) => SOUND_MODELS.knows({ schedule, calls: 64 }));
    assert.deepEqual(known, ['consecutive']);
    for (const calls of [1, 64, 1024]) {
      assert.deepEqual(SOUND_MODELS.dial(calls, 1000, [1, 16, 1, 8000]), { schedule: 'consecutive', calls });
    }
  });

  it('counts the calls that a segment is coded in, at most as many as the dial says', () => {
    const frames = fc.oneof(fc.nat(40), fc.nat(5000));
    const shapes = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.constantFrom(8, 16, 24), fc.nat(2), fc.constant(8000));
    fc.assert(
      fc.property(frames, shapes, fc.integer({ min: 1, max: 1024 }), (count, shape, calls) => {
        const clip = clipOf(shape);
        const length = count * frameLength(clip);
        const dial = SOUND_MODELS.dial(calls, length, shape);
        const domain = new SoundDomain(CODING, new Uint8Array(length), clip, calls);
        const blocks = domain.blocks();
        domain.close();
        const taken = blocks.reduce((sum, { starts }) => sum + starts.length - 1, 0);
        for (const counted of [SOUND_MODELS.callsOfBlock, SOUND_MODELS.totalCalls, SOUND_MODELS.encoderCalls]) {
          assert.equal(counted(length, dial, shape), taken);
        }
        assert.ok(taken <= Math.min(calls, count));
        for (const { starts, positions } of blocks) {
          assert.deepEqual([starts[0], starts.at(-1), positions.length], [0, count, count]);
          assert.ok(starts.every((start, i) => i === 0 || start > (starts[i - 1] as number)));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('has segments of up to 2^18 samples of any format', () => {
    for (const bits of [8, 16, 24]) assert.ok(2 ** 18 * (bits / 8) <= SOUND_MODELS.longestSegment);
  });

  it('has a domain of whole frames in a shape that there is', () => {
    const { domain } = SOUND_MODELS.open(CODING);
    const dial = { schedule: 'consecutive', calls: 4 } as const;
    assert.throws(() => domain(new Uint8Array(7), dial, [2, 16, 1, 8000]), RangeError);
    assert.throws(() => domain(new Uint8Array(8), dial, [2, 20, 1, 8000]), RangeError);
    assert.throws(() => domain(new Uint8Array(8), dial), RangeError);
  });
});
