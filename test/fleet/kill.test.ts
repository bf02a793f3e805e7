import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { killRun } from './kill-run.js';
import { skip } from './programs.js';

/** One seed and few jobs; `npm run bench:kill` does more. ARDM_KILL_SEED repeats what another run has found. */
const SEED = Number(process.env.ARDM_KILL_SEED ?? 1 + Math.floor(Math.random() * 1_000_000));

describe('a fleet whose processes are killed', { skip }, () => {
  it('loses no acknowledged job, does none twice, gives right bytes, and leaves nothing behind', async () => {
    console.error(`kill test: ARDM_KILL_SEED=${SEED}`);
    const report = await killRun({ seed: SEED, jobs: 40, pause: 1_000 });
    console.error(`kill test: ${JSON.stringify(report)}`);
    const { lost, duplicated, wrong, leftBehind } = report;
    const none = { lost: [], duplicated: [], wrong: [], leftBehind: [] };
    assert.deepEqual({ lost, duplicated, wrong, leftBehind }, none, `seed ${SEED}`);
    // Three of four are posted until they are acknowledged.
    assert.ok(report.acknowledged >= 30, `${report.acknowledged} acknowledged`);
    const struck = Object.values(report.strikes).reduce((sum, strike) => sum + strike.struck, 0);
    assert.ok(struck >= 4, `${struck} strikes`);
  });
});
