import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LIMIT, SQUASH } from '../../src/mixing/tables.js';
import { ProbabilityMap } from './probability-map.js';

const squash = (odds: number): number => SQUASH[Math.min(8191, odds + LIMIT + 1)] as number;

describe('ProbabilityMap', () => {
  it('is the identity at first, at its 33 odds, in every context', () => {
    const map = new ProbabilityMap(8);
    for (let context = 0; context < 8; context++) {
      for (let odds = -3840; odds <= LIMIT; odds += 256) assert.equal(map.refine(context, odds), squash(odds));
    }
  });

  it('lies on the straight line between them, rounded down', () => {
    const map = new ProbabilityMap(1);
    for (let odds = -LIMIT; odds <= LIMIT; odds++) {
      const left = Math.floor(odds / 256) * 256;
      const [a, b] = [squash(left), squash(left + 256)];
      assert.equal(map.refine(0, odds), Math.floor((a * (left + 256 - odds) + b * (odds - left)) / 256));
    }
  });

  it('learns from what the bits were at such odds, each nearer neighbour for itself', () => {
    const map = new ProbabilityMap(4);
    for (let i = 0; i < 2000; i++) {
      map.refine(2, 20);
      map.learn(1);
    }
    assert.ok(map.refine(2, 0) > 65_500);
    // The other contexts, and other odds of this one, are as they were.
    assert.equal(map.refine(1, 0), 32768);
    assert.equal(map.refine(3, 0), 32768);
    assert.equal(map.refine(2, 256), squash(256));
    assert.equal(map.refine(2, -256), squash(-256));
  });

  it('moves the entry above from halfway on', () => {
    for (const [odds, moved, left] of [
      [127, 0, 256],
      [128, 256, 0],
    ] as const) {
      const map = new ProbabilityMap(1);
      map.refine(0, odds);
      map.learn(0);
      assert.equal(map.refine(0, left), squash(left));
      assert.equal(map.refine(0, moved), squash(moved) - Math.ceil(squash(moved) / 32));
    }
  });

  it('goes a 32nd of the way, rounded down', () => {
    const map = new ProbabilityMap(1);
    let expected = 32768;
    for (let i = 0; i < 300; i++) {
      const bit = i % 7 === 0 ? 0 : 1;
      assert.equal(map.refine(0, 0), expected);
      map.learn(bit);
      expected += Math.floor((bit * 65536 - expected) / 32);
    }
  });

  it('stays in 0..65535 however long one bit goes on, at either end', () => {
    const map = new ProbabilityMap(1);
    for (const odds of [-LIMIT, 0, LIMIT]) {
      for (const bit of [0, 1]) {
        for (let i = 0; i < 3000; i++) {
          const p = map.refine(0, odds);
          assert.ok(p >= 0 && p <= 65535);
          map.learn(bit);
        }
      }
    }
  });
});
