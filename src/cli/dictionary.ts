import { UsageError } from './errors.js';
import { HttpClient } from './http-client.js';
import { filesOr, PIPE, readInput } from './input.js';
import { checkOutput, writeOutput, writeStandardOutput } from './output.js';
import { KeptDictionaries } from './remote.js';
import { columns, EXIT, type ExitCode } from './report.js';
import { type DictionarySetting, openService } from './service.js';

export interface DictionaryOptions {
  readonly server?: string;
  readonly key?: string;
}

export interface MakeOptions extends DictionaryOptions, DictionarySetting {
  readonly output?: string;
  readonly force?: true;
  readonly json?: true;
}

/** Makes a dictionary of samples, writes its bytes, and prints what it gains. @returns the exit code. */
export async function makeDictionary(files: readonly string[], options: MakeOptions): Promise<ExitCode> {
  const { output, server } = options;
  if (output === undefined && server === undefined) {
    throw new UsageError('Without a server a dictionary is a file; say with -o FILE which.');
  }
  const given = filesOr(files);
  const saved = { force: options.force ?? false };
  if (output !== undefined) await checkOutput(output, saved);
  const samples = await samplesOf(given);
  const service = await openService({ ...options, expectedBytes: 0 });
  try {
    const { id, content, gains } = await service.makeDictionary(samples, options);
    if (output !== undefined) await writeOutput(output, content, saved);
    const shown = options.json
      ? `${JSON.stringify({ id, size: content.length, gains })}\n`
      : inWords(id, content, gains);
    // Where the dictionary goes through a pipe, nothing may stand in it.
    if (output === PIPE) process.stderr.write(shown);
    else await writeStandardOutput(shown);
  } finally {
    await service.close();
  }
  return EXIT.done;
}

function inWords(id: string, { length }: Uint8Array, gains: Awaited<ReturnType<Made>>['gains']): string {
  const { samples, sampleBytes, bytesWithout, bytesWith, bytesBrotli, verdict } = gains;
  const held = `${samples} samples that it was not made of, ${sampleBytes} bytes: `;
  const sizes = `${bytesWithout} without it, ${bytesWith} with it, ${bytesBrotli} by brotli`;
  return `${id}\n${length} bytes; ${held}${sizes}: it ${verdict === 'helps' ? 'helps' : 'does not help'}\n`;
}
type Made = Awaited<ReturnType<typeof openService>>['makeDictionary'];

/** One file as it is; of several each ends its line, so that none runs into the next. */
async function samplesOf(files: readonly string[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    const { bytes } = await readInput(file);
    parts.push(bytes);
    if (files.length > 1 && bytes.at(-1) !== 10) parts.push(Uint8Array.of(10));
  }
  return Buffer.concat(parts);
}

/** Prints what a server keeps. @returns the exit code. */
export async function listDictionaries(options: DictionaryOptions & { readonly json?: true }): Promise<ExitCode> {
  const dictionaries = await keptBy(options).list();
  const rows = dictionaries.map(({ id, size, model, createdAt }) => [id, String(size), model, createdAt]);
  await writeStandardOutput(options.json ? `${JSON.stringify({ dictionaries })}\n` : columns(rows));
  return EXIT.done;
}

/** Writes the bytes of a dictionary. @returns the exit code. */
export async function getDictionary(
  id: string,
  options: DictionaryOptions & { readonly output?: string; readonly force?: true },
): Promise<ExitCode> {
  const { output = PIPE, force = false } = options;
  await writeOutput(output, await keptBy(options).content(id), { force });
  return EXIT.done;
}

/** Has a server keep dictionaries, and prints their ids. @returns the exit code. */
export async function putDictionaries(
  files: readonly string[],
  options: DictionaryOptions & { readonly model: string },
): Promise<ExitCode> {
  const kept = keptBy(options);
  for (const file of files) {
    const { bytes } = await readInput(file);
    await writeStandardOutput(`${await kept.put(bytes, options.model)}\n`);
  }
  return EXIT.done;
}

/** Has a server forget a dictionary. @returns the exit code. */
export async function deleteDictionary(
  id: string,
  options: DictionaryOptions & { readonly force?: true },
): Promise<ExitCode> {
  if (!options.force) {
    throw new UsageError('What was made with a dictionary is lost with it; give -f if nothing is left of that.');
  }
  await keptBy(options).remove(id);
  return EXIT.done;
}

function keptBy({ server, key }: DictionaryOptions): KeptDictionaries {
  if (server !== undefined) return new KeptDictionaries(new HttpClient(server, key));
  throw new UsageError('Servers keep dictionaries; give --server URL. Without one, a dictionary is a file.');
}
