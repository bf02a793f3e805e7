import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

const MODULES = 'node_modules';

/**
 * Installs what package-lock.json says, in a folder of its own, and puts it in place when all of it is there: `npm ci` begins
 * by removing what is installed, and without a registry nothing would be left.
 *
 * @param dev with the development dependencies.
 */
export function install({ dev }) {
  console.error('Installing dependencies ...');
  mkdirSync(join(root, '.work'), { recursive: true });
  const stage = mkdtempSync(join(root, '.work', 'install-'));
  let status;
  try {
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      copyFileSync(join(root, name), join(stage, name));
    // No dependency needs its install script: onnxruntime-node's would only download what the CPU does not need. The
    // flag that this runs under (npm start, npm test) is not for the inner npm. A shell, because npm is npm.cmd on Windows.
    const which = dev ? '--include=dev' : '--omit=dev';
    ({ status } = spawnSync(`npm ci ${which} --ignore-scripts --no-audit --no-fund --loglevel=error`, [], {
      cwd: stage,
      shell: true,
      env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_ENV: dev ? 'development' : 'production' },
      // The standard output of `npm test` belongs to the tests.
      stdio: ['ignore', 2, 2],
    }));
    if (status === 0) putInPlace(stage);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  if (status === 0) return;
  const kept = existsSync(join(root, MODULES)) ? ' node_modules is as it was.' : '';
  console.error(
    `npm ci failed.${kept} Where no registry can be reached, run \`npm ci && npm run build\` where one can, and bring ` +
      'node_modules and dist along.',
  );
  process.exit(status || 1);
}

function putInPlace(stage) {
  const [installed, target, old] = [join(stage, MODULES), join(root, MODULES), join(stage, 'old')];
  if (!existsSync(target)) {
    renameSync(installed, target);
    return;
  }
  try {
    renameSync(target, old);
  } catch {
    // A file system of its own, as a volume of a container: only what is in it can be replaced.
    for (const name of readdirSync(target)) rmSync(join(target, name), { recursive: true, force: true });
    cpSync(installed, target, { recursive: true, verbatimSymlinks: true });
    return;
  }
  try {
    renameSync(installed, target);
  } catch (error) {
    renameSync(old, target);
    throw error;
  }
}
