import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { evenly, piecesOf, samplesOf, shares } from './pieces.js';

const file = (name: string, length: number) => ({ name, bytes: Uint8Array.from({ length }, (_, i) => i) });

describe('evenly', () => {
  it('takes from the middle of equal parts, and all where there are no more', () => {
    assert.deepEqual(evenly([0, 1, 2, 3, 4, 5, 6, 7, 8], 3), [1, 4, 7]);
    assert.deepEqual(evenly([0, 1], 3), [0, 1]);
  });
});

describe('shares', () => {
  it('are alike as far as there is room, and as many as asked for', () => {
    assert.deepEqual(shares([100, 1, 0, 5], 10), [4, 1, 0, 5]);
    assert.deepEqual(shares([1, 2], 10), [1, 2]);
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.nat(100), (rooms, count) => {
        const given = shares(rooms, count);
        const room = rooms.reduce((a, b) => a + b, 0);
        assert.equal(
          given.reduce((a, b) => a + b, 0),
          Math.min(count, room),
        );
        const most = Math.max(0, ...given);
        for (const [i, share] of given.entries()) assert.ok(share === rooms[i] || share >= most - 1);
        for (const [i, share] of given.entries()) assert.ok(share <= (rooms[i] as number));
      }),
    );
  });
});

describe('pieces', () => {
  it('lie inside their file, evenly spaced', () => {
    const pieces = piecesOf(file('a', 100).bytes, 10, 3);
    assert.deepEqual(
      pieces.map((piece) => [piece[0], piece.length]),
      [
        [15, 10],
        [45, 10],
        [75, 10],
      ],
    );
    assert.deepEqual(piecesOf(file('a', 9).bytes, 10, 3), []);
  });

  it('of files that weigh alike do not overlap; a file that is too short gives none', () => {
    const samples = samplesOf([file('long', 250), file('short', 31), file('exact', 10), file('none', 9)], 10, 12);
    const starts = (name: string) => samples.filter((one) => one.name === name).map(({ bytes }) => bytes[0] as number);
    assert.deepEqual(
      ['long', 'short', 'exact', 'none'].map((name) => starts(name).length),
      [9, 2, 1, 0],
    );
    for (const name of ['long', 'short']) {
      const found = starts(name);
      for (const [i, start] of found.entries()) if (i > 0) assert.ok(start - (found[i - 1] as number) >= 10);
    }
  });
});
