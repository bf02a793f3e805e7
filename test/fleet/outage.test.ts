import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outageRun } from './outage-run.js';
import { skip } from './programs.js';

describe('an outage of Redis', { skip }, () => {
  it('stops jobs with 503 and a Retry-After, nothing else, and is over by itself', async () => {
    // `npm run bench:outage` does 30 s.
    const report = await outageRun(4);
    console.error(`outage of Redis: ${JSON.stringify(report)}`);
    assert.ok(report.synchronous > 10);
    assert.equal(report.synchronousFailed, 0);
    assert.deepEqual(report.jobAnswers, ['503 jobs-unavailable true']);
    assert.ok(report.accepted < 10_000 && report.done < 10_000, 'it takes 10 s to recover');
    assert.equal(report.earlier, 'done');
  });
});
