/**
 * `ardm`: compresses and restores files, in this process or with a server.
 * Exit code 0 if all is well, 1 if a file or the whole failed, 2 for wrong usage.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { reportFailure } from './report.js';
import { runCommand } from './run.js';
import { cleanUpOnSignals } from './temporary.js';

const packageSchema = z.object({ version: z.string() });

try {
  const description = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  const { version } = packageSchema.parse(JSON.parse(description));
  if (process.argv[2] !== 'serve') cleanUpOnSignals();
  await runCommand(version, process.argv.slice(2), (code) => {
    process.exitCode = code;
  });
} catch (error) {
  process.exitCode = reportFailure(error);
}
