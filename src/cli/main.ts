/**
 * `ardm`: compresses and restores files, in this process or with a server.
 * Exit code 0 if all is well, 1 if a file or the whole failed, 2 for wrong usage.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UnreadableFileError } from './errors.js';
import { EXIT, reportFailure } from './report.js';
import { runCommand } from './run.js';
import { cleanUpOnSignals } from './temporary.js';

const packageSchema = z.object({ version: z.string() });

// Commander writes its help without waiting: whoever reads it may have stopped. All else that fails is told of where it is written; that the stream
// tells of it as well must not end the process.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => {
    process.exitCode = EXIT.failed;
  });
}
try {
  requireFolder();
  const description = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  const { version } = packageSchema.parse(JSON.parse(description));
  if (process.argv[2] !== 'serve') cleanUpOnSignals();
  await runCommand(version, process.argv.slice(2), (code) => {
    process.exitCode = code;
  });
} catch (error) {
  process.exitCode = reportFailure(error);
}

/** Without one, neither names of files nor the engine's threads have a place. */
function requireFolder(): void {
  try {
    process.cwd();
  } catch (error) {
    throw new UnreadableFileError('The folder that it was started in is gone; change to another.', { cause: error });
  }
}
