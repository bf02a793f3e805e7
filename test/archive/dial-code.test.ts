import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dialOfShortCode, EXPLICIT, shortCode } from '../../src/archive/dial-code.js';

describe('dial code', () => {
  it('has 63 short codes, so that all fit beside the explicit one in 6 bits', () => {
    assert.equal(EXPLICIT, 63);
    assert.equal(dialOfShortCode(63), undefined);
  });

  it('lists the calls that the interleaved schedule can make, rising', () => {
    const calls = Array.from({ length: EXPLICIT }, (_, code) => dialOfShortCode(code)?.calls);
    const expected = new Set<number>();
    for (let lane = 1024; lane >= 1; lane--) expected.add(Math.ceil(1024 / lane));
    assert.deepEqual(calls, [...expected]);
    assert.deepEqual(
      calls.slice(0, 32),
      Array.from({ length: 32 }, (_, index) => index + 1),
    );
    assert.deepEqual(
      calls.slice(32),
      [
        34, 35, 36, 37, 38, 40, 41, 43, 45, 47, 49, 52, 54, 57, 61, 64, 69, 74, 79, 86, 94, 103, 114, 128, 147, 171,
        205, 256, 342, 512, 1024,
      ],
    );
  });

  it('gives each of them its code, and no other number of calls one', () => {
    const withCode = new Set<number>();
    for (let code = 0; code < EXPLICIT; code++) {
      const dial = dialOfShortCode(code);
      assert.ok(dial);
      assert.equal(dial.schedule, 'interleaved');
      assert.equal(shortCode(dial), code);
      withCode.add(dial.calls);
    }
    for (let calls = 0; calls <= 1025; calls++) {
      assert.equal(shortCode({ schedule: 'interleaved', calls }) !== undefined, withCode.has(calls));
      assert.equal(shortCode({ schedule: 'random', calls }), undefined);
    }
  });

  it('has a code for every canonical number of calls', () => {
    for (let calls = 1; calls <= 1024; calls++) {
      const canonical = Math.ceil(1024 / Math.ceil(1024 / calls));
      assert.notEqual(shortCode({ schedule: 'interleaved', calls: canonical }), undefined);
    }
  });
});
