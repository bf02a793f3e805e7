import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { parseArchive } from '../archive/parse.js';
import { writePcm, writePixels } from '../codec/said.js';
import { type Answer, HttpClient, type Request } from './http-client.js';
import { readDictionary } from './input.js';
import { codeAsJob, SHORTEST_JOB } from './remote-job.js';
import type { CompressSetting, OnBytes, Service, ServiceOptions } from './service.js';

const DICTIONARY_ID = /^[0-9a-f]{64}$/;

const segmentSchema = z.object({
  method: z.enum(['stored', 'ardm', 'brotli']),
  model: z.string().nullable(),
  modelIdentity: z.string().nullable(),
  schedule: z.enum(['interleaved', 'random', 'lattice', 'consecutive']).nullable(),
  calls: z.number().nullable(),
  originalSize: z.number(),
  compressedSize: z.number(),
});

const pictureSchema = z.object({ width: z.number(), height: z.number(), channels: z.number() });

const soundSchema = z.object({
  format: z.string(),
  channels: z.number(),
  bits: z.number(),
  rate: z.number(),
  frames: z.number(),
});

const containerSchema = z.object({
  number: z.number(),
  kind: z.string().optional(),
  samplesSize: z.number(),
  restSize: z.number(),
  picture: pictureSchema.optional(),
  sound: soundSchema.optional(),
});

const archiveSchema = z.object({
  version: z.number(),
  originalSize: z.number(),
  compressedSize: z.number(),
  name: z.string().optional(),
  mediaType: z.string().optional(),
  dictionary: z.string().optional(),
  container: containerSchema.optional(),
  segments: z.array(segmentSchema),
});

const estimateSchema = z.object({
  originalBytes: z.number(),
  model: z.string(),
  kind: z.string(),
  exact: z.boolean(),
  ladder: z.array(
    z.object({
      calls: z.number(),
      names: z.array(z.enum(['fast', 'balanced', 'small'])),
      model: z.string(),
      networkCalls: z.number(),
      bytes: z.number(),
      lowest: z.number(),
      highest: z.number(),
      compressSeconds: z.number(),
      decompressSeconds: z.number(),
    }),
  ),
  peers: z.array(z.object({ name: z.string(), bytes: z.number() })),
});

const modelsSchema = z.object({
  models: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      units: z.string(),
      hash: z.string(),
      blockLength: z.number(),
      size: z.number(),
      rate: z.array(z.object({ calls: z.number(), bitsPerByte: z.number() })),
      presets: z.object({ fast: z.number(), balanced: z.number(), small: z.number() }),
      default: z.enum(['fast', 'balanced', 'small']),
      trainedOn: z.string(),
    }),
  ),
});

const dictionarySchema = z.object({ id: z.string(), size: z.number(), model: z.string(), createdAt: z.string() });
export type KeptDictionary = z.output<typeof dictionarySchema>;

const madeSchema = z.object({
  id: z.string(),
  gains: z.object({
    samples: z.number(),
    sampleBytes: z.number(),
    bytesWithout: z.number(),
    bytesWith: z.number(),
    bytesBrotli: z.number(),
    verdict: z.string(),
  }),
});

/** A server. Nothing is sent before something is asked of it. */
export async function openRemote({
  server,
  key,
  dictionary,
}: ServiceOptions & { readonly server: string }): Promise<Service> {
  const client = new HttpClient(server, key);
  const using = dictionary === undefined ? {} : await dictionaryOf(dictionary);
  /** A file and its dictionary: as a form where that is sent along, too. */
  const sent = (bytes: Uint8Array, query: Readonly<Record<string, string>>): Request => {
    if (!using.content) return { method: 'POST', query: { ...query, ...using.query }, body: bytes };
    const body = new FormData();
    body.append('dictionaryContent', new Blob([using.content]));
    body.append('file', new Blob([bytes]));
    return { method: 'POST', query, body };
  };
  /** Of what takes long, unless a dictionary is sent along, which jobs do not take. */
  const asJob = async (
    query: Readonly<Record<string, string>>,
    bytes: Uint8Array,
    length: number,
    onBytes: OnBytes,
  ): Promise<Answer | undefined> =>
    length < SHORTEST_JOB || using.content
      ? undefined
      : await codeAsJob(client, { ...query, ...using.query }, bytes, { length, onBytes });
  return {
    async compress(input, setting, onBytes) {
      const query = queryOf(setting);
      const { headers, body } =
        (await asJob({ operation: 'compress', ...query }, input, input.length, onBytes)) ??
        (await client.send('v1/compress', sent(input, query)));
      const said = headers.get('ardm-calls');
      return { archive: body, model: headers.get('ardm-model') ?? '', ...(said !== null && { calls: Number(said) }) };
    },
    async decompress(archive, onBytes) {
      // What is no archive is told without sending it.
      const { originalLength } = parseArchive(archive);
      const answer =
        (await asJob({ operation: 'decompress' }, archive, originalLength, onBytes)) ??
        (await client.send('v1/decompress', sent(archive, {})));
      return answer.body;
    },
    async inspect(archive) {
      return await client.json(archiveSchema, 'v1/inspect', { method: 'POST', body: archive });
    },
    async estimate(input, setting) {
      return await client.json(estimateSchema, 'v1/estimate', sent(input, queryOf(setting)));
    },
    async models() {
      return (await client.json(modelsSchema, 'v1/models')).models;
    },
    async makeDictionary(samples, { size, split, model }) {
      const query = { size: String(size), split, model };
      const made = await client.json(madeSchema, 'v1/dictionaries', { method: 'POST', query, body: samples });
      return { ...made, content: await new KeptDictionaries(client).content(made.id) };
    },
    async close() {},
  };
}

function queryOf({ calls, model, pixels, pcm }: CompressSetting): Record<string, string> {
  return {
    calls: String(calls),
    model,
    ...(pixels && { pixels: writePixels(pixels) }),
    ...(pcm && { pcm: writePcm(pcm) }),
  };
}

/** The dictionaries that a server keeps for whoever asks. */
export class KeptDictionaries {
  constructor(private readonly client: HttpClient) {}

  async list(): Promise<KeptDictionary[]> {
    const { dictionaries } = await this.client.json(
      z.object({ dictionaries: z.array(dictionarySchema) }),
      'v1/dictionaries',
    );
    return dictionaries;
  }

  async content(id: string): Promise<Uint8Array> {
    return (await this.client.send(`v1/dictionaries/${encodeURIComponent(id)}/content`)).body;
  }

  /** @param model that bare frames of it are of. @returns its id. */
  async put(content: Uint8Array, model: string): Promise<string> {
    const id = createHash('sha256').update(content).digest('hex');
    await this.client.send(`v1/dictionaries/${id}`, { method: 'PUT', query: { model }, body: content });
    return id;
  }

  async remove(id: string): Promise<void> {
    await this.client.send(`v1/dictionaries/${encodeURIComponent(id)}`, {
      method: 'DELETE',
      query: { confirm: 'true' },
    });
  }
}

/** The bytes of a file, or what looks like an id and is no file. */
async function dictionaryOf(
  given: string,
): Promise<{ readonly content?: Uint8Array; readonly query?: Readonly<Record<string, string>> }> {
  if (DICTIONARY_ID.test(given) && !existsSync(given)) return { query: { dictionary: given } };
  return { content: await readDictionary(given) };
}
