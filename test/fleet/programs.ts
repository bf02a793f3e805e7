import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from '../e2e/process.js';

/** Longer than the script's own limits, so that its message is seen rather than a timeout. */
const INSTALL_LIMIT_MS = 15 * 60_000;

/** Paths of the programs that a fleet is made of besides the service. */
export interface Programs {
  readonly nginx: string;
  readonly redis: string;
}

/** Finds nginx and redis-server, installs them where it may, or gives the reason why they cannot be had here. */
export function findPrograms(): Programs | { readonly missing: string } {
  if (process.platform === 'win32') return { missing: 'a fleet is tested on Unix only' };
  const { status, stderr, error } = spawnSync('sh', [join(ROOT, 'scripts', 'install-fleet.sh')], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_LIMIT_MS,
  });
  if (status !== 0)
    return { missing: `nginx and redis-server could not be installed: ${error?.message ?? stderr.trim()}` };
  return { nginx: pathOf('nginx'), redis: pathOf('redis-server') };
}

/** Debian keeps nginx where only root's PATH leads. */
function pathOf(program: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${program} was installed, and is not there`);
  return found;
}

const found = findPrograms();
const required = process.env.ARDM_REQUIRE_FLEET === '1';

if ('missing' in found) console.error(`\n*** NOT TESTED: a fleet behind a balancer. ${found.missing} ***\n`);

/** For `describe`: a reason to skip, or false. With ARDM_REQUIRE_FLEET=1, as in CI, nothing is skipped, and it fails. */
export const skip = 'missing' in found && !required ? `NOT TESTED: ${found.missing}` : false;

/** @throws where they are missing, and required. */
export function programs(): Programs {
  if ('missing' in found) throw new Error(found.missing);
  return found;
}
