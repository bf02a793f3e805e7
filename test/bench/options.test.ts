import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isWhole, readOptions } from './options.js';
import { GROUPS, SIZES } from './results.js';

describe('options of bench:rate', () => {
  it('are all groups and sizes unless told', () => {
    const options = readOptions(['--model', 'text-1']);
    assert.deepEqual(options, { quick: false, model: 'text-1', groups: GROUPS, sizes: SIZES });
    assert.ok(isWhole(options));
  });

  it('make a run partial that leaves anything out', () => {
    assert.deepEqual(readOptions(['--sizes', '1024,whole']).sizes, [1024, 'whole']);
    for (const args of [['--quick'], ['--groups', 'prose'], ['--sizes', '256,1024']]) {
      assert.ok(!isWhole(readOptions(args)), args.join(' '));
    }
  });

  it('are refused where they name nothing', () => {
    for (const args of [['--groups', 'prose,verse'], ['--sizes', '512'], ['--fast'], ['prose']]) {
      assert.throws(() => readOptions(args), TypeError, args.join(' '));
    }
  });
});
