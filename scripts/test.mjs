// `npm test`: installs, builds, lints, and runs every test; `npm test -- http` runs those whose path has `http` in it.
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { lint } from './lint.mjs';
import { filesBelow, root, run, setUp } from './setup.mjs';

await setUp();
const wanted = process.argv[2] ?? '';
if (wanted === '') lint();
const files = filesBelow(join(root, 'dist', 'test'))
  .map((path) => relative(root, path))
  .filter((path) => path.endsWith('.test.js') && path.includes(wanted));
if (files.length === 0) {
  console.error(`No test's path has "${wanted}" in it.`);
  process.exit(1);
}
// Node would run one less than there are cores, and leave one of two idle; and many files wait for programs and for time to pass.
const atOnce = availableParallelism() + 1;
// To people one line per test, to programs the protocol that ends in a summary.
const reporter = process.stdout.isTTY ? 'spec' : 'tap';
const options = ['--enable-source-maps', '--test', `--test-concurrency=${atOnce}`, `--test-reporter=${reporter}`];
run('A test', process.execPath, [...options, ...files], {
  // As src/engine.ts does: ONNX Runtime is not to report on its use.
  env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
});
