import type { ArchiveInfo, ContainerDescription } from '../codec/inspect.js';
import { filesOr, readInput } from './input.js';
import { writeStandardOutput } from './output.js';
import {
  bytesInWords,
  columns,
  EXIT,
  type ExitCode,
  printable,
  reportFailureOf,
  timeInWords,
  worse,
} from './report.js';
import { type CompressSetting, type Estimate, openService } from './service.js';

export interface ShowOptions {
  readonly json?: true;
  readonly server?: string;
  readonly key?: string;
}

/** Prints what archives say of themselves; nothing is decoded. @returns the exit code. */
export async function inspectFiles(given: readonly string[], options: ShowOptions): Promise<ExitCode> {
  const files = filesOr(given);
  const service = await openService(options);
  let code: ExitCode = EXIT.done;
  for (const file of files) {
    try {
      const info = await service.inspect((await readInput(file)).bytes);
      await writeStandardOutput(options.json ? `${JSON.stringify({ file, ...info })}\n` : inWords(file, info));
    } catch (error) {
      code = worse(code, reportFailureOf(file, error));
    }
  }
  return code;
}

function inWords(file: string, info: ArchiveInfo): string {
  const { name, mediaType, dictionary, container } = info;
  const lines: string[][] = [
    ['format', String(info.version)],
    ['original', bytesInWords(info.originalSize)],
    ['archive', bytesInWords(info.compressedSize)],
    // Whoever made the archive must not tell the terminal anything.
    ...(name === undefined ? [] : [['name', printable(name)]]),
    ...(mediaType === undefined ? [] : [['type', printable(mediaType)]]),
    ...(dictionary === undefined ? [] : [['dictionary', dictionary]]),
    ...(container ? containerInWords(container) : []),
  ];
  const about = lines.map(([what = '', value = '']) => `  ${what.padEnd(10)}  ${value}\n`).join('');
  const head = ['  segment', 'method', 'model', 'calls', 'original', 'archive'];
  const rows = info.segments.map((segment, i) => [
    `  ${i + 1}`,
    segment.method,
    segment.model ?? segment.modelIdentity ?? '-',
    String(segment.calls ?? '-'),
    String(segment.originalSize),
    String(segment.compressedSize),
  ]);
  return `${printable(file)}\n${about}${columns([head, ...rows])}`;
}

function containerInWords({ number, kind, samplesSize, restSize, picture, sound }: ContainerDescription): string[][] {
  return [
    ['container', `${kind ?? `number ${number}`}: ${samplesSize} bytes of samples, ${restSize} of all else`],
    ...(picture ? [['picture', `${picture.width} x ${picture.height}, channels: ${picture.channels}`]] : []),
    ...(sound
      ? [['sound', `${sound.frames} frames, ${sound.rate} a second, channels: ${sound.channels}, ${sound.format}`]]
      : []),
  ];
}

export interface EstimateOptions extends ShowOptions, CompressSetting {
  readonly dictionary?: string;
}

/** Prints how small files would become, and how long that and the way back would take. @returns the exit code. */
export async function estimateFiles(given: readonly string[], options: EstimateOptions): Promise<ExitCode> {
  const files = filesOr(given);
  const service = await openService(options);
  let code: ExitCode = EXIT.done;
  try {
    for (const file of files) {
      try {
        const estimate = await service.estimate((await readInput(file)).bytes, options);
        await writeStandardOutput(
          options.json ? `${JSON.stringify({ file, ...estimate })}\n` : estimateInWords(file, estimate),
        );
      } catch (error) {
        code = worse(code, reportFailureOf(file, error));
      }
    }
  } finally {
    await service.close();
  }
  return code;
}

function estimateInWords(file: string, { originalBytes, model, exact, ladder, peers }: Estimate): string {
  const percent = (bytes: number): string =>
    originalBytes === 0 ? '-' : `${((100 * bytes) / originalBytes).toFixed(1)} %`;
  const head = ['  calls', 'bytes', ...(exact ? [] : ['from', 'to']), 'of original', 'compress', 'decompress'];
  const rungs = ladder.map(({ calls, names, bytes, lowest, highest, compressSeconds, decompressSeconds }) => [
    `  ${[calls, ...names].join(' ')}`,
    ...[bytes, ...(exact ? [] : [lowest, highest])].map(String),
    percent(bytes),
    timeInWords(compressSeconds),
    timeInWords(decompressSeconds),
  ]);
  const others = peers.map(({ name, bytes }) => [
    `  ${name}`,
    String(bytes),
    ...(exact ? [] : ['', '']),
    percent(bytes),
    '',
    '',
  ]);
  return `${printable(file)}: ${bytesInWords(originalBytes)}, ${model}, ${exact ? 'compressed' : 'from samples'}\n${columns([head, ...rungs, ...others])}`;
}

/** Prints the models there are. @returns the exit code. */
export async function showModels(options: ShowOptions): Promise<ExitCode> {
  const models = await (await openService(options)).models();
  if (options.json) await writeStandardOutput(`${JSON.stringify({ models })}\n`);
  else {
    const head = ['model', 'of', 'bytes', 'fast', 'balanced', 'small'];
    const rows = models.map(({ id, units, size, presets: { fast, balanced, small } }) =>
      [id, units, size, fast, balanced, small].map(String),
    );
    await writeStandardOutput(columns([head, ...rows]));
  }
  return EXIT.done;
}
