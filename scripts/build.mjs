// `npm run build`: compiles src and, where they are, the tests. `npm start` and `npm test` do it themselves where it is needed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPages } from './build-pages.mjs';
import { filesBelow, root, run } from './run.mjs';

const dist = join(root, 'dist');
/** What dist was made of: a hash of the sources, and one with the tests. */
const STAMP = join(dist, '.stamp');

/** Whether dist is what the sources make. @param toRun the server alone. */
export function isBuilt({ toRun }) {
  // Where the server was copied without its sources, it cannot be built, and is what it is.
  if (toRun && !existsSync(join(root, 'src'))) return existsSync(join(dist, 'src', 'main.js'));
  const stamp = readStamp();
  return toRun ? stamp?.src === hashOf(['src']) : stamp?.all === hashOf(['src', 'test']);
}

export async function build() {
  console.error('Building ...');
  const stamp = { src: hashOf(['src']), all: hashOf(['src', 'test']) };
  rmSync(STAMP, { force: true });
  removeOrphans();
  run('The build', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
  for (const path of filesBelow(join(root, 'src')).filter((path) => /asconfig\.json$/.test(path))) {
    const assembly = relative(root, path);
    run('The build of WebAssembly', process.execPath, ['node_modules/assemblyscript/bin/asc.js', '--config', assembly]);
  }
  await buildPages();
  writeFileSync(STAMP, JSON.stringify(stamp));
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return undefined;
  }
}

/** What was built from a file that is gone must not be run as a test, or found by an import. */
function removeOrphans() {
  for (const path of filesBelow(dist)) {
    if (!/\.js(\.map)?$/.test(path)) continue;
    const source = join(root, relative(dist, path).replace(/\.js(\.map)?$/, '.ts'));
    if (!existsSync(source)) rmSync(path);
  }
}

function hashOf(folders) {
  const hash = createHash('sha256');
  const files = folders
    .flatMap((folder) => filesBelow(join(root, folder)))
    .filter((path) => /\.(ts|html|css)$|(as|ts)config\.json$/.test(path));
  for (const path of [join(root, 'tsconfig.json'), join(root, 'package-lock.json'), ...files]) {
    hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
