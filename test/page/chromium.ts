import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from '../e2e/process.js';

/** Longer than the script's own limits, so that its message is seen rather than a timeout. */
const INSTALL_LIMIT_MS = 15 * 60_000;

const required = process.env.ARDM_REQUIRE_BROWSER === '1';
const found = find();

if ('missing' in found) console.error(`\n*** NOT TESTED: the pages in a browser. ${found.missing} ***\n`);

/** For `describe`: a reason to skip, or false. With ARDM_REQUIRE_BROWSER=1, as in CI, nothing is skipped, and it fails. */
export const skip = 'missing' in found && !required ? `NOT TESTED: ${found.missing}` : false;

/** Path of Chromium. @throws where it is missing, and required. */
export function chromiumPath(): string {
  if ('missing' in found) throw new Error(found.missing);
  return found.path;
}

/** Finds Chromium, installs it where it may, or gives the reason why it cannot be had here. */
function find(): { readonly path: string } | { readonly missing: string } {
  if (process.platform === 'win32') return { missing: 'Chromium is looked for on Unix only' };
  const { status, stderr, error } = spawnSync('sh', [join(ROOT, 'scripts', 'install-browser.sh')], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_LIMIT_MS,
  });
  if (status !== 0) return { missing: `Chromium could not be installed: ${error?.message ?? stderr.trim()}` };
  const folders = (process.env.PATH ?? '').split(delimiter);
  const path = folders.map((folder) => join(folder, 'chromium')).find((candidate) => existsSync(candidate));
  return path === undefined ? { missing: 'Chromium was installed, and is not there' } : { path };
}
