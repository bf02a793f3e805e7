import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseFrame } from '../../src/archive/frame.js';
import { parseArchive } from '../../src/archive/parse.js';
import { Codec } from '../../src/codec/codec.js';
import { type Dictionaries, dictionaryOf, onlyDictionary } from '../../src/codec/dictionary.js';
import type { CodecModel } from '../../src/codec/models.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels, type ModelRegistry } from '../../src/runtime/registry.js';
import {
  DICTIONARIES,
  DICTIONARY_GOLDEN,
  type DictionaryGolden,
  makeGolden,
  pathOfDictionary,
  RECORDS,
  refusedFrames,
} from './dictionaries.js';

const { signal } = new AbortController();
const OTHER = dictionaryOf(Buffer.from('{"id":1000,"level":"info"}\n'));

describe('golden archives and frames of dictionaries', () => {
  let registry: ModelRegistry;
  let pool: WorkerPool;
  let codec: Codec;

  before(async () => {
    registry = await loadModels('models', KINDS);
    pool = await WorkerPool.start({ models: registry.list(), provider: 'cpu', workers: 1 });
    codec = new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 30 });
  });
  after(() => pool.close());

  const optionsOf = (golden: DictionaryGolden) => ({
    model: registry.byId(golden.model) as CodecModel,
    calls: golden.calls,
    dictionary: golden.dictionary && DICTIONARIES[golden.dictionary],
    signal,
  });

  async function decoded(golden: DictionaryGolden, bytes: Uint8Array): Promise<Uint8Array> {
    const { dictionary, ...options } = optionsOf(golden);
    if (golden.form === 'frame') return await codec.frames.decompress(bytes, { ...options, dictionary });
    return await codec.decompress(bytes, { dictionaries: dictionary && onlyDictionary(dictionary), signal });
  }

  it('are all listed', () => {
    const listed = new Set([...DICTIONARY_GOLDEN.map(pathOfDictionary), ...refusedFrames().keys()]);
    for (const folder of new Set([...listed].map((path) => dirname(path)))) {
      for (const name of readdirSync(folder)) assert.ok(listed.has(join(folder, name)), name);
    }
  });

  for (const golden of DICTIONARY_GOLDEN) {
    const path = pathOfDictionary(golden);

    it(`decodes ${path}, and makes the same again`, async () => {
      const bytes = new Uint8Array(readFileSync(path));
      assert.equal(Buffer.compare(await decoded(golden, bytes), RECORDS[golden.input]), 0);
      assert.equal(Buffer.compare(await makeGolden(golden, { codec, coder: pool, registry, signal }), bytes), 0);
    });

    it(`refuses ${path} when a byte is missing, follows, or has changed`, async () => {
      const bytes = new Uint8Array(readFileSync(path));
      // The first byte of the payload: of the last one, not every bit decides.
      const start =
        golden.form === 'frame' ? bytes.length - parseFrame(bytes).payload.length : parseArchive(bytes).headerLength;
      const place = Math.min(start, bytes.length - 1);
      const changed = Uint8Array.from(bytes, (byte, index) => (index === place ? byte ^ 1 : byte));
      for (const damaged of [bytes.subarray(0, -1), Uint8Array.of(...bytes, 7), Uint8Array.of(...bytes, 0), changed]) {
        const codes = /^(truncated-archive|trailing-bytes|checksum-mismatch|damaged-header)$/;
        await assert.rejects(decoded(golden, damaged), { code: codes });
      }
    });
  }

  it('are refused with another dictionary of the same four bytes, and found among several', async () => {
    for (const golden of DICTIONARY_GOLDEN.filter(({ form }) => form !== 'frame')) {
      const bytes = new Uint8Array(readFileSync(pathOfDictionary(golden)));
      const own = DICTIONARIES[golden.dictionary as keyof typeof DICTIONARIES];
      assert.deepEqual(parseArchive(bytes).dictionary, own.identity.slice(0, 4));
      const source = (...found: (typeof own)[]): Dictionaries => ({ byShortId: async () => found });
      await assert.rejects(codec.decompress(bytes, { signal }), { code: 'unknown-dictionary' });
      await assert.rejects(codec.decompress(bytes, { dictionaries: source(), signal }), { code: 'unknown-dictionary' });
      const foreign = codec.decompress(bytes, { dictionaries: source(OTHER), signal });
      await assert.rejects(foreign, { code: 'checksum-mismatch' });
      const record = Buffer.from(RECORDS[golden.input]);
      for (const dictionaries of [source(OTHER, own), source(own, OTHER)]) {
        assert.equal(record.compare(await codec.decompress(bytes, { dictionaries, signal })), 0);
      }
    }
  });

  it('are frames that anything said otherwise refuses', async () => {
    for (const golden of DICTIONARY_GOLDEN.filter(({ form }) => form === 'frame')) {
      const bytes = new Uint8Array(readFileSync(pathOfDictionary(golden)));
      const right = optionsOf(golden);
      const model = registry.byId(golden.model === 'text-1' ? 'text-2' : 'text-1') as CodecModel;
      for (const wrong of [
        { ...right, dictionary: OTHER },
        { ...right, dictionary: right.dictionary ? undefined : DICTIONARIES.records },
        { ...right, calls: golden.calls === 1 ? 2 : golden.calls - 1 },
        { ...right, model },
      ]) {
        await assert.rejects(codec.frames.decompress(bytes, wrong), { code: 'checksum-mismatch' });
      }
    }
  });

  for (const [path, { code }] of refusedFrames()) {
    it(`refuses ${path}: ${code}`, async () => {
      const bytes = new Uint8Array(readFileSync(path));
      assert.deepEqual(bytes, refusedFrames().get(path)?.bytes);
      const model = registry.byId('text-2') as CodecModel;
      for (const dictionary of [undefined, DICTIONARIES.records]) {
        await assert.rejects(codec.frames.decompress(bytes, { model, calls: 128, dictionary, signal }), { code });
      }
    });
  }
});
