import { ArdmError } from '../errors.js';

/** What goes wrong with files, terminals and servers before or after anything is coded. */
abstract class CliError extends ArdmError {
  readonly status: number = 500;
}

/** The command was called in a way that cannot be meant: exit code 2. */
export class UsageError extends CliError {
  readonly code = 'usage';
  override readonly status = 400;
  readonly title = 'Not how it is used';
}

/** What is to be read cannot be. */
export class UnreadableFileError extends CliError {
  readonly code = 'unreadable-file';
  readonly title = 'File cannot be read';
}

/** What is to be written cannot be. */
export class UnwritableFileError extends CliError {
  readonly code = 'unwritable-file';
  readonly title = 'File cannot be written';
}

/** Nothing more can be told to whoever reads: a closed pipe, or a full disk. */
export class StandardOutputError extends UnwritableFileError {}

/** Nothing is overwritten unless that is asked for. */
export class FileExistsError extends CliError {
  readonly code = 'file-exists';
  override readonly status = 409;
  readonly title = 'File exists';

  constructor(path: string) {
    super(`${path} is there already; give -f to overwrite it, or -o for another name.`);
  }
}

/** The name of a file does not say what the name of the other one is to be. */
export class FileNameError extends CliError {
  readonly code = 'file-name';
  override readonly status = 400;
  readonly title = 'Name does not fit';
}

/** Bytes that are no text would go to a terminal. */
export class TerminalError extends CliError {
  readonly code = 'terminal';
  override readonly status = 400;
  readonly title = 'Output is a terminal';

  constructor() {
    super('An archive is not for a terminal; give -o FILE, send it through a pipe, or give -f to see it all the same.');
  }
}

/** An archive was made with a dictionary that was not given. The server has the same code for it. */
export class DictionaryNotGivenError extends CliError {
  readonly code = 'unknown-dictionary';
  override readonly status = 422;
  readonly title = 'Archive needs a dictionary';

  /** @param given the first digits of the one that was. */
  constructor(shortId: Uint8Array, given: string | undefined) {
    const hex = Buffer.from(shortId).toString('hex');
    const what = given === undefined ? 'none was given' : `the one given begins with ${given}`;
    super(
      `The archive needs the dictionary whose id begins with ${hex}, and ${what}; give its file with --dictionary.`,
    );
  }
}

/** No answer came from the server. */
export class ServerUnreachableError extends CliError {
  readonly code = 'server-unreachable';
  override readonly status = 502;
  readonly title = 'Server cannot be reached';
}

/** An answer is not whole, or not one of this service. */
export class BrokenAnswerError extends CliError {
  readonly code = 'broken-answer';
  override readonly status = 502;
  readonly title = 'Answer is broken';
}

/** What the server said went wrong, with its own code. */
export class ServerProblemError extends ArdmError {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    detail: string,
  ) {
    super(detail);
  }
}
