/**
 * `npm run bench:kill -- [--seed N,N...] [--jobs 200] [--everysec]`: processes of a fleet are killed while jobs are posted, and what was
 * lost, duplicated or wrong is counted. Exit code 1 unless all are 0.
 */
import { parseArgs } from 'node:util';
import { killRun } from '../fleet/kill-run.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1,2,3,4,5' },
    jobs: { type: 'string', default: '200' },
    everysec: { type: 'boolean' },
  },
});
for (const seed of values.seed.split(',').map(Number)) {
  const report = await killRun({
    seed,
    jobs: Number(values.jobs),
    pause: 1_000,
    fsync: values.everysec ? 'everysec' : 'always',
  });
  const { lost, duplicated, wrong, leftBehind, strikes, refusals, ...rest } = report;
  console.log(JSON.stringify(rest));
  console.log(
    `  lost ${lost.length}, duplicated ${duplicated.length}, wrong ${wrong.length}, left ${leftBehind.length}`,
  );
  for (const [moment, { struck, hit }] of Object.entries(strikes)) {
    console.log(`  ${moment.padEnd(40)} struck ${struck}, within it ${moment.endsWith('any moment') ? '-' : hit}`);
  }
  console.log(`  answers other than 202: ${JSON.stringify(refusals)}`);
  const faults = [...lost, ...duplicated, ...wrong, ...leftBehind];
  if (faults.length > 0) {
    console.log(`  ${faults.join('\n  ')}`);
    process.exitCode = 1;
  }
}
