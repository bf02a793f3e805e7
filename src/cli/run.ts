import { CommanderError } from 'commander';
import { createProgram } from './program.js';
import { EXIT, type ExitCode, reportFailure } from './report.js';

/**
 * Does what the arguments ask for, and says on standard error what went wrong.
 *
 * @param args without the names of Node and the script.
 * @param onExit told the exit code, unless what was asked for goes on (`serve`).
 */
export async function runCommand(
  version: string,
  args: readonly string[],
  onExit: (code: ExitCode) => void,
): Promise<void> {
  try {
    await createProgram(version, onExit).parseAsync(args, { from: 'user' });
  } catch (error) {
    onExit(error instanceof CommanderError ? usageCode(error) : reportFailure(error));
  }
}

/** Help and version are no failures; whatever else the arguments are has been told. */
function usageCode({ exitCode }: CommanderError): ExitCode {
  return exitCode === 0 ? EXIT.done : EXIT.usage;
}
