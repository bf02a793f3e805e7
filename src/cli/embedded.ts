import { parseArchive } from '../archive/parse.js';
import { type Dictionaries, type Dictionary, dictionaryOf } from '../codec/dictionary.js';
import { describeArchive } from '../codec/inspect.js';
import { type Config, readConfig } from '../config.js';
import { type Engine, openEngine } from '../engine.js';
import { describeModel } from '../runtime/describe-model.js';
import { KINDS } from '../runtime/kinds.js';
import { readModel } from '../runtime/model.js';
import { loadModels, type ModelRegistry } from '../runtime/registry.js';
import { DictionaryNotGivenError } from './errors.js';
import { readDictionary } from './input.js';
import { say } from './report.js';
import type { Service, ServiceOptions } from './service.js';

/** Settings of the server that are also the command's. */
const SETTINGS = [
  'MODELS_DIR',
  'DEFAULT_MODEL',
  'ARDM_PROVIDER',
  'ARDM_WORKERS',
  'ARDM_THREADS',
  'ARDM_DEVICES',
  'ARDM_WORKERS_PER_DEVICE',
  'MAX_ORIGINAL_BYTES',
] as const;

/** Where they are not set: nobody else is to be protected here, and no GPU starts within a second. */
const DEFAULTS: Readonly<Record<string, string>> = { MAX_ORIGINAL_BYTES: String(2 ** 30), ARDM_PROVIDER: 'cpu' };

/** Shorter originals are coded in one piece, by one worker. */
const SHORTEST_SHARED = 196_608;
const PIECE = 2 ** 18;

/** The engine in this process, which starts when it is first needed. */
export async function openEmbedded({ dictionary: path, expectedBytes = 0 }: ServiceOptions): Promise<Service> {
  const config = configFor(expectedBytes);
  const dictionary = path === undefined ? undefined : dictionaryOf(await readDictionary(path));
  const dictionaries = onlyGiven(dictionary);
  let opening: Promise<Engine> | undefined;
  const engine = (): Promise<Engine> => {
    opening ??= openEngine(config, (message, details) => say(`ardm: ${message} ${JSON.stringify(details)}`), {
      onDemand: true,
    });
    return opening;
  };
  const registry = (): Promise<ModelRegistry> => loadModels(config.MODELS_DIR, KINDS, undefined, readModel);
  const { signal } = new AbortController();
  return {
    async compress(input, { calls, model, pixels, pcm }, onBytes) {
      const { codec } = await engine();
      const coded = await codec.compress(input, {
        calls,
        model,
        pixels,
        pcm,
        dictionary,
        signal,
        onProgress: ({ bytes }) => onBytes(bytes, input.length),
      });
      return { archive: coded.archive, model: coded.model, calls: coded.calls ?? undefined };
    },
    async decompress(archive, onBytes) {
      // What is no archive is told without waiting for the engine.
      const { originalLength } = parseArchive(archive);
      const { codec } = await engine();
      return await codec.decompress(archive, {
        dictionaries,
        signal,
        onProgress: ({ bytes }) => onBytes(bytes, originalLength),
      });
    },
    async inspect(archive) {
      return describeArchive(parseArchive(archive), archive.length, await registry());
    },
    async estimate(input, { calls, model, pixels, pcm }) {
      const { codec } = await engine();
      return await codec.estimate(input, { calls, model, pixels, pcm, dictionary, signal });
    },
    async models() {
      return (await registry()).list().map(describeModel);
    },
    async makeDictionary(bytes, { size, split, model }) {
      const [{ makeDictionary }, { splitSamples }] = await Promise.all([
        import('../dictionaries/make.js'),
        import('../dictionaries/samples.js'),
      ]);
      const samples = splitSamples(bytes, split);
      const { codec } = await engine();
      const options = { frames: codec.frames, model: codec.modelOf(model), size, signal };
      const { dictionary: made, gains } = await makeDictionary(samples, options);
      return {
        id: made.id,
        content: made.bytes,
        gains: {
          samples: gains.samples,
          sampleBytes: gains.bytes,
          bytesWithout: gains.without,
          bytesWith: gains.with,
          bytesBrotli: gains.brotli,
          verdict: gains.verdict,
        },
      };
    },
    async close() {
      await (await opening?.catch(() => undefined))?.pool.close();
    },
  };
}

/** As many workers as the largest original keeps busy: each takes a while to start. */
function configFor(expectedBytes: number): Config {
  const env = Object.fromEntries(SETTINGS.map((name) => [name, process.env[name] || DEFAULTS[name]]));
  const config = readConfig(env);
  const busy = expectedBytes < SHORTEST_SHARED ? 1 : Math.ceil(expectedBytes / PIECE);
  return { ...config, ARDM_WORKERS: Math.min(config.ARDM_WORKERS, Math.max(busy, 1)) };
}

function onlyGiven(dictionary: Dictionary | undefined): Dictionaries {
  return {
    async byShortId(shortId) {
      const given = dictionary?.id.slice(0, 2 * shortId.length);
      if (dictionary && given === Buffer.from(shortId).toString('hex')) return [dictionary];
      throw new DictionaryNotGivenError(shortId, given);
    },
  };
}
