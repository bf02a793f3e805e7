// Installs the dependencies and builds, each only if it was not done for what is here now, and never takes away what works
// before there is something better. Plain Node, because it runs before anything is installed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, isBuilt } from './build.mjs';
import { install } from './install.mjs';
import { root } from './run.mjs';

export { filesBelow, root, run } from './run.mjs';

/** @param toRun the server alone is wanted: where it is built, that needs no tests and no development dependencies. */
export async function setUp({ toRun = false } = {}) {
  checkNode();
  const built = isBuilt({ toRun });
  const all = missing({ dev: true });
  const wanted = toRun && built ? missing({ dev: false }) : all;
  if (wanted.length > 0) {
    const isPruned = existsSync(join(root, 'node_modules', 'express')) && all.some(({ dev }) => dev);
    if (isPruned && !built) {
      console.error(
        'The server must be built, since its sources are not those that dist was made of, and the build needs development ' +
          'dependencies, which are not installed. They are installed beside node_modules, which stays as it is until that is done.',
      );
    }
    install({ dev: !(toRun && built && isPruned) });
  }
  if (!built) await build();
}

/** zlib.crc32 came with 20.15 and 22.2; package.json's `engines` says the same. */
function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 2) || (major === 20 && minor >= 15)) return;
  console.error(`Node 20.15 or newer 20.x, or 22.2 or newer, is needed; this is ${process.versions.node}.`);
  process.exit(1);
}

/**
 * Packages of package-lock.json that node_modules does not have, by the copy of it that npm leaves there when it is done.
 *
 * @param dev whether those of development count.
 */
function missing({ dev }) {
  const installed = readLock(join(root, 'node_modules', '.package-lock.json')) ?? {};
  const wanted = readLock(join(root, 'package-lock.json'));
  return Object.entries(wanted)
    .filter(([path, { version, optional, dev: ofDevelopment }]) => {
      if (path === '' || (ofDevelopment && !dev)) return false;
      // Binaries for other platforms are optional, and left out.
      return installed[path]?.version !== version && !(optional && !installed[path]);
    })
    .map(([path, entry]) => ({ path, dev: entry.dev === true }));
}

function readLock(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}
