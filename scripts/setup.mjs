// Installs the dependencies and builds, each only if it was not done for what is here now. Plain Node, because it runs
// before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const BUILD_STAMP = join(root, 'dist', '.stamp');

export function setUp() {
  checkNode();
  if (!isInstalled()) install();
  const sources = hashOfSources();
  if (!existsSync(BUILD_STAMP) || readFileSync(BUILD_STAMP, 'utf8') !== sources) build(sources);
}

/** Runs a program of this project's dependencies, or npm; ends the process if it fails. */
export function run(what, command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (status === 0) return;
  console.error(`${what} failed${error ? `: ${error.message}` : ''}`);
  process.exit(status || 1);
}

/** zlib.crc32 came with 20.15 and 22.2; package.json's `engines` says the same. */
function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 2) || (major === 20 && minor >= 15)) return;
  console.error(`Node 20.15 or newer 20.x, or 22.2 or newer, is needed; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Whether node_modules is what package-lock.json asks for, by the copy of it that npm leaves there when it is done. */
function isInstalled() {
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return false;
  const wanted = readLock(join(root, 'package-lock.json'));
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    // Binaries for other platforms are optional, and left out.
    return path === '' || installed[path]?.version === version || (optional && !installed[path]);
  });
}

function readLock(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}

function install() {
  console.error('Installing dependencies ...');
  // No dependency needs its install script: onnxruntime-node's would only download what the CPU does not need. The
  // flag that this runs under (npm start, npm test) is not for the inner npm. A shell, because npm is npm.cmd on Windows.
  run('npm ci', 'npm ci --ignore-scripts --no-audit --no-fund --loglevel=error', [], {
    shell: true,
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_ENV: 'development' },
    // The standard output of `npm test` belongs to the tests.
    stdio: ['ignore', 2, 2],
  });
}

function build(stamp) {
  console.error('Building ...');
  rmSync(BUILD_STAMP, { force: true });
  removeOrphans(join(root, 'dist'));
  run('The build', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
  const assembly = join('src', 'bytes', 'assembly', 'asconfig.json');
  run('The build of WebAssembly', process.execPath, ['node_modules/assemblyscript/bin/asc.js', '--config', assembly]);
  writeFileSync(BUILD_STAMP, stamp);
}

/** What was built from a file that is gone must not be run as a test, or found by an import. */
function removeOrphans(dist) {
  for (const path of filesBelow(dist)) {
    if (!/\.js(\.map)?$/.test(path)) continue;
    const source = join(root, relative(dist, path).replace(/\.js(\.map)?$/, '.ts'));
    if (!existsSync(source)) rmSync(path);
  }
}

function hashOfSources() {
  const hash = createHash('sha256');
  const files = ['src', 'test']
    .flatMap((folder) => filesBelow(join(root, folder)))
    .filter((path) => /\.ts$|asconfig\.json$/.test(path));
  for (const path of [join(root, 'tsconfig.json'), join(root, 'package-lock.json'), ...files]) {
    hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}
