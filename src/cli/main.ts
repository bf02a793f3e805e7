/**
 * `ardm`: compresses and restores files, in this process or with a server.
 * Exit code 0 if all is well, 1 if a file or the whole failed, 2 for wrong usage.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { CommanderError } from 'commander';
import { z } from 'zod';
import { createProgram } from './program.js';
import { EXIT, reportFailure } from './report.js';
import { cleanUpOnSignals } from './temporary.js';

const packageSchema = z.object({ version: z.string() });

try {
  const description = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  const { version } = packageSchema.parse(JSON.parse(description));
  const program = createProgram(version, (code) => {
    process.exitCode = code;
  });
  if (process.argv[2] !== 'serve') cleanUpOnSignals();
  await program.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? usageCode(error) : reportFailure(error);
}

/** Help and version are no failures; whatever else the arguments are has been told. */
function usageCode({ exitCode }: CommanderError): number {
  return exitCode === 0 ? EXIT.done : EXIT.usage;
}
