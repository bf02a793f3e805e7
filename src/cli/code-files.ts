import { stat, unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { FileNameError, TerminalError, UsageError } from './errors.js';
import { filesOr, type Input, PIPE, readInput } from './input.js';
import { checkOutput, writeOutput } from './output.js';
import { ProgressBar } from './progress-bar.js';
import { bytesInWords, EXIT, type ExitCode, printable, reportFailureOf, say, worse } from './report.js';
import { type CompressSetting, type OnBytes, openService, type Service } from './service.js';

export const SUFFIX = '.ardm';

/** Archives of text have so many times fewer bytes than their files. */
const USUAL_RATIO = 4;

/** What `compress` and `decompress` take. */
export interface FileOptions {
  readonly output?: string;
  readonly stdout?: true;
  readonly force?: true;
  readonly rm?: true;
  readonly verbose?: true;
  readonly quiet?: true;
  readonly dictionary?: string;
  readonly server?: string;
  readonly key?: string;
}

export type CompressOptions = FileOptions & CompressSetting;

export interface DecompressOptions extends FileOptions {
  /** Nothing is written. */
  readonly test?: true;
}

/** What is made of a file, and with what it was coded. */
interface Coded {
  readonly bytes: Uint8Array;
  readonly original: number;
  readonly archive: number;
  readonly how?: string;
}

interface Task {
  /** Where the output of a file goes; undefined for nowhere. @throws FileNameError */
  outputOf(path: string): string | undefined;
  /** Whether its output is for a terminal, too. */
  readonly isForTerminals: boolean;
  code(input: Uint8Array, service: Service, onBytes: OnBytes): Promise<Coded>;
  /** Bytes of the original that a file of so many bytes is, or holds. */
  originalOf(bytes: number): number;
}

/** Makes archives of files. @returns the exit code: those that fail do not keep the others from being coded. */
export async function compressFiles(files: readonly string[], options: CompressOptions): Promise<ExitCode> {
  if (options.stdout && files.length > 1) {
    throw new UsageError('Archives that follow one another cannot be taken apart; leave -c out, or give one file.');
  }
  return await codeFiles(files, options, {
    outputOf: (path) => {
      const named = namedOutput(path, options);
      if (named !== undefined) return named;
      if (!path.endsWith(SUFFIX) || options.force) return path + SUFFIX;
      throw new FileNameError(`It ends in ${SUFFIX} already; give -f to compress it again.`);
    },
    isForTerminals: false,
    originalOf: (bytes) => bytes,
    async code(input, service, onBytes) {
      const coded = await service.compress(input, options, onBytes);
      const dial = coded.calls === undefined ? '' : `, ${coded.calls} calls`;
      const how = `${coded.model}${dial}`;
      return { bytes: coded.archive, original: input.length, archive: coded.archive.length, how };
    },
  });
}

/** Makes files of archives again. @returns the exit code: those that fail do not keep the others from being decoded. */
export async function decompressFiles(files: readonly string[], options: DecompressOptions): Promise<ExitCode> {
  return await codeFiles(files, options, {
    outputOf: (path) => {
      if (options.test) return undefined;
      const named = namedOutput(path, options);
      if (named !== undefined) return named;
      const name = basename(path);
      if (name.toLowerCase().endsWith(SUFFIX) && name.length > SUFFIX.length) return path.slice(0, -SUFFIX.length);
      throw new FileNameError(`It does not end in ${SUFFIX}; say with -o FILE what is to be made of it.`);
    },
    isForTerminals: true,
    originalOf: (bytes) => USUAL_RATIO * bytes,
    async code(input, service, onBytes) {
      const bytes = await service.decompress(input, onBytes);
      return { bytes, original: bytes.length, archive: input.length };
    },
  });
}

function namedOutput(path: string, { output, stdout }: FileOptions): string | undefined {
  return stdout ? PIPE : (output ?? (path === PIPE ? PIPE : undefined));
}

async function codeFiles(given: readonly string[], options: FileOptions, task: Task): Promise<ExitCode> {
  if (options.output === '') throw new UsageError('-o needs the name of a file.');
  const files = filesOr(given, options.force);
  if (options.output !== undefined && files.length > 1) {
    throw new UsageError('-o names one file; give one to make it of.');
  }
  if (files.filter((path) => path === PIPE).length > 1) {
    throw new UsageError('Standard input is read once; give - once.');
  }
  const sizes = await Promise.all(files.map(sizeOf));
  const expectedBytes = task.originalOf(Math.max(...sizes));
  // One for all of them: that it is there takes longer than to code a short file.
  const service = await openService({ ...options, expectedBytes });
  let code: ExitCode = EXIT.done;
  try {
    for (const file of files) {
      try {
        await codeFile(file, service, options, task);
      } catch (error) {
        code = worse(code, reportFailureOf(nameOf(file), error));
      }
    }
  } finally {
    await service.close();
  }
  return code;
}

async function codeFile(path: string, service: Service, options: FileOptions, task: Task): Promise<void> {
  const output = task.outputOf(path);
  const force = options.force ?? false;
  if (output === PIPE && !task.isForTerminals && process.stdout.isTTY && !force) throw new TerminalError();
  const input = await readInput(path);
  if (output !== undefined) await checkOutput(output, { force, like: input.stats });
  const started = performance.now();
  const coded = await coding(path, input, service, options, task);
  if (output !== undefined) await writeOutput(output, coded.bytes, { force, like: input.stats });
  if (options.rm && path !== PIPE && output !== undefined && output !== PIPE) await unlink(path);
  if (options.verbose) say(summary(nameOf(path), output, coded, (performance.now() - started) / 1_000));
}

async function coding(path: string, input: Input, service: Service, options: FileOptions, task: Task): Promise<Coded> {
  let bar: ProgressBar | undefined;
  try {
    return await task.code(input.bytes, service, (done, all) => {
      bar ??= new ProgressBar(printable(nameOf(path)), all, options.quiet ?? false);
      bar.tell(done);
    });
  } finally {
    bar?.end();
  }
}

function summary(name: string, output: string | undefined, { original, archive, how }: Coded, seconds: number): string {
  const ratio = original === 0 ? '' : ` (${((100 * archive) / original).toFixed(1)} %)`;
  const to = output === undefined ? 'tested' : `to ${output === PIPE ? 'standard output' : output}`;
  const by = how === undefined ? '' : `, ${how}`;
  return `${name}: ${bytesInWords(original)}, ${archive} in the archive${ratio}, ${seconds.toFixed(2)} s${by}, ${to}`;
}

function nameOf(path: string): string {
  return path === PIPE ? 'standard input' : path;
}

/** 0 of what is not there, which is told when it is its turn. */
async function sizeOf(path: string): Promise<number> {
  return path === PIPE
    ? 0
    : await stat(path).then(
        ({ size }) => size,
        () => 0,
      );
}
