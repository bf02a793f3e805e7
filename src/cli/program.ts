import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { MOST_DICTIONARY_BYTES } from '../codec/dictionary.js';
import type { CallsOption, Preset } from '../codec/models.js';
import { PCM_FORM, PIXELS_FORM, readPcm, readPixels } from '../codec/said.js';
import type { CompressOptions, DecompressOptions } from './code-files.js';
import type { DictionaryOptions, MakeOptions } from './dictionary.js';
import type { ExitCode } from './report.js';
import type { ServeOptions } from './serve.js';
import type { EstimateOptions, ShowOptions } from './show.js';

/** Where the exit code of what was asked for goes. */
type OnExit = (code: ExitCode) => void;

const MAX_CALLS = 1_024;
const CALLS_NAMES: readonly Preset[] = ['fast', 'balanced', 'small'];
const SPLITS = ['auto', 'json', 'lines', 'none'] as const;

/**
 * The command: every name, option and description, of which `--help`, docs/cli.md and the man page are made. What does the work is loaded
 * when it is asked for: each part brings libraries along that the others do not need.
 */
export function createProgram(version: string, onExit: OnExit): Command {
  const program = new Command('ardm')
    .description('Compresses files without loss with an autoregressive diffusion model, and restores them.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print how it is used')
    .helpCommand('help [command]', 'Prints how a command is used.')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'ardm:')) });
  const command = (name: string, description: string, parent = program): Command =>
    parent
      .command(name)
      .description(description)
      .version(version, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'print how it is used')
      .helpCommand(false);

  withFiles(
    command('compress', 'Makes an archive FILE.ardm of each file, which stays; standard input and output for -.'),
  )
    .addOption(callsOption())
    .addOption(modelOption('a model, or auto for whatever makes the smallest archive'))
    .addOption(pixelsOption())
    .addOption(pcmOption())
    .action(async (files: string[], options: CompressOptions) => {
      onExit(await (await import('./code-files.js')).compressFiles(files, options));
    });

  withFiles(command('decompress', 'Restores the file of each archive, which stays; standard input and output for -.'))
    .option('-t, --test', 'restore, but write nothing: whether the archives are whole')
    .action(async (files: string[], options: DecompressOptions) => {
      onExit(await (await import('./code-files.js')).decompressFiles(files, options));
    });

  withServer(command('inspect', 'Prints what the headers of archives say; nothing is decoded.'))
    .addArgument(new Argument('[files...]', 'archives, or - for standard input'))
    .addOption(jsonOption())
    .action(async (files: string[], options: ShowOptions) => {
      onExit(await (await import('./show.js')).inspectFiles(files, options));
    });

  withServer(
    command('estimate', 'Prints how small files would become, and how long it would take, for each number of calls.'),
  )
    .addArgument(new Argument('[files...]', 'files, or - for standard input'))
    .addOption(callsOption())
    .addOption(modelOption('a model, or auto for whatever makes the smallest archive'))
    .option('--dictionary <file>', 'a dictionary: its file, or its id on the server')
    .addOption(pixelsOption())
    .addOption(pcmOption())
    .addOption(jsonOption())
    .action(async (files: string[], options: EstimateOptions) => {
      onExit(await (await import('./show.js')).estimateFiles(files, options));
    });

  const dictionary = command(
    'dictionary',
    'Makes dictionaries of records that look alike, and keeps them on a server.',
  );
  withServer(command('make', 'Makes a dictionary of samples, and prints its id and what it gains.', dictionary))
    .addArgument(new Argument('[files...]', 'the samples, or - for standard input'))
    .option('-o, --output <file>', 'write the bytes of the dictionary to this file')
    .option('-f, --force', 'overwrite that file')
    .addOption(sizeOption())
    .addOption(new Option('--split <how>', 'how the samples are told apart').choices(SPLITS).default('auto'))
    .addOption(modelOption('the model that it is measured with'))
    .addOption(jsonOption())
    .action(async (files: string[], options: MakeOptions) => {
      onExit(await (await import('./dictionary.js')).makeDictionary(files, options));
    });
  withServer(command('list', 'Prints the dictionaries that a server keeps: id, bytes, model, time.', dictionary))
    .addOption(jsonOption())
    .action(async (options: DictionaryOptions & { json?: true }) => {
      onExit(await (await import('./dictionary.js')).listDictionaries(options));
    });
  withServer(command('get', 'Fetches the bytes of a dictionary from a server.', dictionary))
    .addArgument(new Argument('<id>', 'its id'))
    .option('-o, --output <file>', 'write them to this file, not to standard output')
    .option('-f, --force', 'overwrite that file')
    .action(async (id: string, options: DictionaryOptions & { output?: string; force?: true }) => {
      onExit(await (await import('./dictionary.js')).getDictionary(id, options));
    });
  withServer(command('put', 'Has a server keep dictionaries, and prints their ids.', dictionary))
    .addArgument(new Argument('<files...>', 'their bytes, or - for standard input'))
    .addOption(modelOption('the model that bare frames made with them are of'))
    .action(async (files: string[], options: DictionaryOptions & { model: string }) => {
      onExit(await (await import('./dictionary.js')).putDictionaries(files, options));
    });
  withServer(command('delete', 'Has a server forget a dictionary.', dictionary))
    .addArgument(new Argument('<id>', 'its id'))
    .option('-f, --force', 'yes: nothing is left that was made with it')
    .action(async (id: string, options: DictionaryOptions & { force?: true }) => {
      onExit(await (await import('./dictionary.js')).deleteDictionary(id, options));
    });

  withServer(
    command('models', 'Prints the models there are, and the network calls that the names of --calls stand for.'),
  )
    .addOption(jsonOption())
    .action(async (options: ShowOptions) => {
      onExit(await (await import('./show.js')).showModels(options));
    });

  command('serve', 'Starts the server, which is set up by variables of the environment.')
    .addOption(new Option('-p, --port <number>', 'the port it listens on, in place of the variable PORT'))
    .addOption(new Option('--host <address>', 'the address it listens on, in place of the variable HOST'))
    .action(async (options: ServeOptions) => {
      await (await import('./serve.js')).serve(options);
    });
  return program;
}

function withFiles(command: Command): Command {
  command
    .addArgument(new Argument('[files...]', 'files, or - for standard input, which is also meant by none'))
    .option('-o, --output <file>', 'write to this file; of one file only')
    .addOption(new Option('-c, --stdout', 'write to standard output').conflicts('output'))
    .option('-f, --force', 'overwrite files, and write archives to terminals')
    .option('-k, --keep', 'keep the files that are read, as is done anyway')
    .addOption(new Option('--rm', 'remove each file when what is made of it is on disk').conflicts(['keep', 'stdout']))
    .option('-v, --verbose', 'print sizes and times on standard error')
    .addOption(new Option('-q, --quiet', 'show no progress').conflicts('verbose'))
    .option('--dictionary <file>', 'a dictionary: its file, or its id on the server');
  return withServer(command);
}

function withServer(command: Command): Command {
  return command
    .option('--server <url>', 'have a server do it, not this process')
    .addOption(new Option('--key <key>', 'an API key of that server').env('ARDM_KEY'));
}

function jsonOption(): Option {
  return new Option('--json', 'print it as JSON');
}

function modelOption(description: string): Option {
  return new Option('--model <id>', description).default('auto');
}

function callsOption(): Option {
  const description = `network calls per 1,024 bytes, 1 to ${MAX_CALLS}, or ${CALLS_NAMES.join(', ')}: more make smaller archives, which take longer to restore`;
  return new Option('--calls <number>', description).default('balanced').argParser((text): CallsOption => {
    const name = CALLS_NAMES.find((one) => one === text);
    if (name !== undefined) return name;
    return integer(text, MAX_CALLS, `It is a number from 1 to ${MAX_CALLS}, or one of ${CALLS_NAMES.join(', ')}.`);
  });
}

function pixelsOption(): Option {
  return new Option('--pixels <size>', 'the files are samples of a picture alone, WIDTHxHEIGHTxCHANNELS')
    .conflicts('pcm')
    .argParser((text) => read(readPixels(text), PIXELS_FORM));
}

function pcmOption(): Option {
  return new Option(
    '--pcm <format>',
    'the files are samples of sound alone, FORMAT,CHANNELS,RATE, such as s16le,2,44100',
  ).argParser((text) => read(readPcm(text), PCM_FORM));
}

function read<T>(found: T | undefined, form: string): T {
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`It is ${form}.`);
}

function sizeOption(): Option {
  return new Option('--size <bytes>', `bytes of the dictionary at most, 1 to ${MOST_DICTIONARY_BYTES}`)
    .default(16_384)
    .argParser((text) =>
      integer(text, MOST_DICTIONARY_BYTES, `It is a number of bytes from 1 to ${MOST_DICTIONARY_BYTES}.`),
    );
}

function integer(text: string, most: number, otherwise: string): number {
  const value = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw new InvalidArgumentError(otherwise);
}
