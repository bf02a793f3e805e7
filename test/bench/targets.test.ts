import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byPeer, GROUPS, type GroupId, type Results, type Row, SIZES } from './results.js';
import { judge, type Verdict } from './targets.js';

const row = (group: GroupId, size: Row['size'], auto: number): Row => ({
  group,
  size,
  inputs: 1,
  bytes: 4000,
  auto,
  models: { m: auto },
  peers: byPeer(() => 1000),
});

/** Archives of `auto` bytes where every peer needs 1,000. */
function results(auto: number, changed: Partial<Results> = {}): Results {
  return {
    quick: false,
    autoModel: 'm',
    models: [{ id: 'm', balanced: 85 }],
    titles: {},
    peers: byPeer(() => '1'),
    rows: GROUPS.flatMap((group) => SIZES.map((size) => row(group, size, auto))),
    files: [],
    ladder: [85, 1024].map((calls) => ({
      group: 'prose',
      size: 1024,
      model: 'm',
      calls,
      inputs: 1,
      bytes: 4000,
      archives: calls === 85 ? 1020 : 1000,
    })),
    limits: { empty: 9, random: 16, files: 1, bytes: 1, auto: 1, brotli: 1, worst: { file: 'f', over: 13 } },
    ...changed,
  };
}

const find = (verdicts: readonly Verdict[], what: string): Verdict => {
  const found = verdicts.find((verdict) => verdict.what.startsWith(what));
  assert.ok(found, what);
  return found;
};

describe('targets', () => {
  it('are met at their limit and missed above it', () => {
    const at = judge(results(550));
    assert.deepEqual(find(at, '1 KiB of prose'), {
      what: '1 KiB of prose',
      figure: '0.550 x brotli 11',
      target: '<= 0.6',
      met: true,
      stretch: '<= 0.55',
      stretchMet: true,
    });
    assert.equal(find(at, '256 B').met, true);
    assert.equal(find(at, '256 B').stretchMet, false);
    assert.equal(find(judge(results(551)), '256 B').met, false);
    assert.equal(find(judge(results(601)), '1 KiB of docs').met, false);
    assert.equal(find(judge(results(751)), '1 KiB of eight').met, false);
    assert.equal(find(judge(results(801)), 'whole files of prose').met, false);
    assert.equal(find(judge(results(951)), 'whole files of JSON').met, false);
  });

  it('are of total bytes, and the stretch of every group too', () => {
    const rows = results(400).rows.map((one) =>
      one.group === 'csv' && one.size === 1024 ? row('csv', 1024, 760) : one,
    );
    const verdict = find(judge(results(400, { rows })), '1 KiB of docs');
    assert.match(verdict.figure, /^0\.460 x brotli 11 \(.*csv 0\.760\)$/);
    assert.equal(verdict.met, true);
    assert.equal(verdict.stretchMet, false);
  });

  it('compare with zpaq where they say so, and are open where it is missing', () => {
    const whole = find(judge(results(960)), 'whole files of prose');
    assert.equal(whole.stretchMet, false);
    assert.match(whole.figure, /0\.960 x zpaq -m5$/);
    const rows = results(700).rows.map((one) => ({ ...one, peers: { ...one.peers, zpaq: null } }));
    const open = find(judge(results(700, { rows })), 'whole files of prose');
    assert.equal(open.met, true);
    assert.equal(open.stretchMet, undefined);
  });

  it('are of the dial and of the limits', () => {
    const verdicts = judge(results(500));
    assert.equal(find(verdicts, '85 calls').met, true);
    assert.equal(find(verdicts, '85 calls').stretchMet, false);
    assert.equal(find(verdicts, 'empty file').met, true);
    assert.equal(find(verdicts, '10,000').met, true);
    assert.equal(find(verdicts, 'any of 1').met, false);
  });

  it('are open where a group was not measured', () => {
    for (const verdict of judge(results(500, { rows: [], ladder: [], limits: null }))) {
      assert.equal(verdict.met, undefined, verdict.what);
      assert.equal(verdict.figure, 'not measured');
    }
  });
});
