import assert from 'node:assert/strict';
import { test } from 'node:test';
import { segmentCrc } from '../../src/archive/checksum.js';
import { ChecksumMismatchError } from '../../src/archive/errors.js';
import { parseArchive } from '../../src/archive/parse.js';
import type { Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import { Codec } from '../../src/codec/codec.js';
import { type Dictionaries, dictionaryOf, MOST_DICTIONARY_BYTES, onlyDictionary } from '../../src/codec/dictionary.js';
import { DictionaryNotForModelError, InvalidDictionaryError, UnknownDictionaryError } from '../../src/codec/errors.js';
import type { CodecModel } from '../../src/codec/models.js';
import { SEGMENT_LENGTH } from '../../src/codec/split.js';
import { content } from './content.js';
import { codecModel, FakeCoder, FakeModels } from './fakes.js';

const BYTES = codecModel('bytes', [1, 2]);
const OTHER_KIND: CodecModel = {
  ...codecModel('other-kind', [3, 4]),
  kind: { ...BYTES.kind, takesConditions: false },
};
const DICTIONARY = dictionaryOf(content('text', 900));
const OTHER = dictionaryOf(content('text', 901));
const never = (): AbortSignal => new AbortController().signal;
const found = (...dictionaries: (typeof DICTIONARY)[]): Dictionaries => ({ byShortId: async () => dictionaries });

function make(rate: number) {
  const coder = new FakeCoder(() => rate);
  const codec = new Codec({ models: new FakeModels([BYTES, OTHER_KIND]), coder, maxOriginalSize: 10_000_000 });
  return { codec, coder };
}

test('a dictionary has from 1 to 131,072 bytes, and is its bytes alone', () => {
  for (const length of [0, MOST_DICTIONARY_BYTES + 1]) {
    assert.throws(() => dictionaryOf(new Uint8Array(length)), InvalidDictionaryError);
  }
  for (const length of [1, MOST_DICTIONARY_BYTES])
    assert.equal(dictionaryOf(new Uint8Array(length)).bytes.length, length);
  const content = Buffer.from('abc');
  const dictionary = dictionaryOf(content);
  assert.equal(dictionary.id, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(Buffer.from(dictionary.identity).toString('hex'), dictionary.id);
  content[0] = 0;
  assert.equal(Buffer.from(dictionary.bytes).toString(), 'abc');
});

test('every ARDM segment continues the dictionary, which the archive names, and comes back with it alone', async () => {
  for (const length of [300, 2 * SEGMENT_LENGTH + 3]) {
    const { codec, coder } = make(0.1);
    const input = content('text', length);
    const options = { model: 'bytes', calls: 64, dictionary: DICTIONARY, signal: never() };
    const { archive } = await codec.compress(input, options);
    const header = parseArchive(archive);
    assert.deepEqual(header.dictionary, DICTIONARY.identity.slice(0, 4));
    assert.equal(codec.inspect(archive).dictionary, DICTIONARY.id.slice(0, 8));
    assert.deepEqual(new Set(coder.calls.map(({ condition }) => condition)), new Set([DICTIONARY.id]));
    const before = coder.calls.length;
    await assert.rejects(codec.decompress(archive, { signal: never() }), UnknownDictionaryError);
    const lacking = codec.decompress(archive, { dictionaries: onlyDictionary(OTHER), signal: never() });
    await assert.rejects(lacking, (error: Error) => error.message.includes(DICTIONARY.id.slice(0, 8)));
    assert.equal(coder.calls.length, before, 'no work is done for an archive whose dictionary is not here');
    for (const dictionaries of [onlyDictionary(DICTIONARY), found(OTHER, DICTIONARY), found(DICTIONARY, OTHER)]) {
      const back = await codec.decompress(archive, { dictionaries, signal: never() });
      assert.ok(Buffer.from(back).equals(input));
    }
    const foreign = codec.decompress(archive, { dictionaries: found(OTHER, OTHER), signal: never() });
    await assert.rejects(foreign, ChecksumMismatchError);
  }
});

test('the whole identity is under the checksum: right bytes under another dictionary are not answered', async () => {
  const coder = new FakeCoder(() => 0.1);
  const codec = new Codec({ models: new FakeModels([BYTES]), coder, maxOriginalSize: 1e6 });
  const input = content('text', 500);
  const { archive } = await codec.compress(input, {
    model: 'bytes',
    calls: 64,
    dictionary: DICTIONARY,
    signal: never(),
  });
  // The fake coder finds bytes again by the condition's id, so only the identity differs.
  const twin = {
    ...DICTIONARY,
    identity: Uint8Array.from(DICTIONARY.identity, (byte, i) => (i === 31 ? byte ^ 1 : byte)),
  };
  await assert.rejects(
    codec.decompress(archive, { dictionaries: found(twin), signal: never() }),
    ChecksumMismatchError,
  );
});

test('where brotli or storing wins, no dictionary is named, and none is needed', async () => {
  for (const [rate, input, expected] of [
    [5, content('text', 3000), 'brotli'],
    [5, content('random', 3000), 'stored'],
  ] as const) {
    const { codec } = make(rate);
    const result = await codec.compress(input, { model: 'auto', calls: 64, dictionary: DICTIONARY, signal: never() });
    assert.equal(result.model, expected);
    assert.equal(parseArchive(result.archive).version, 1);
    assert.ok(Buffer.from(await codec.decompress(result.archive, { signal: never() })).equals(input));
  }
});

test('a model of another kind takes none', async () => {
  const { codec, coder } = make(0.1);
  const options = { model: 'other-kind', calls: 64, dictionary: DICTIONARY, signal: never() };
  await assert.rejects(codec.compress(content('text', 100), options), DictionaryNotForModelError);
  assert.equal(coder.calls.length, 0);
});

test('a segment of another kind beside one that uses the dictionary is coded without it', async () => {
  const { codec, coder } = make(0.1);
  const dial = { schedule: 'interleaved', calls: 64 } as const;
  const bytes = content('text', 400);
  const segment = async (model: CodecModel, dictionary?: typeof DICTIONARY): Promise<Segment> => {
    const payload = await coder.encode(model.id, bytes, dial, never(), undefined, dictionary);
    const crc = segmentCrc(bytes, payload.length, model.identity, dictionary?.identity);
    return { method: 'ardm', length: bytes.length, payload, crc, dial, model: model.identity };
  };
  const segments = [await segment(OTHER_KIND), await segment(BYTES, DICTIONARY)];
  const archive = writeArchive(segments, { dictionary: DICTIONARY.identity.subarray(0, 4) });
  const back = await codec.decompress(archive, { dictionaries: found(OTHER, DICTIONARY), signal: never() });
  assert.ok(Buffer.from(back).equals(Buffer.concat([bytes, bytes])));
});
