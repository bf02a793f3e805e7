import assert from 'node:assert/strict';
import { test } from 'node:test';
import { segmentCrc } from '../../src/archive/checksum.js';
import { ChecksumMismatchError, UnsupportedFeatureError } from '../../src/archive/errors.js';
import { parseArchive } from '../../src/archive/parse.js';
import type { Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import { brotliEncode } from '../../src/codec/brotli.js';
import { Codec, type CompressOptions } from '../../src/codec/codec.js';
import {
  DeclaredSizeTooLargeError,
  InputTooLargeError,
  ModelNotFoundError,
  UnknownDictionaryError,
  UnknownModelError,
} from '../../src/codec/errors.js';
import { SEGMENT_LENGTH } from '../../src/codec/split.js';
import { RangeEncoder } from '../../src/entropy/range-encoder.js';
import { TOTAL } from '../../src/entropy/total.js';
import { content } from './content.js';
import { codecModel, FakeCoder, FakeModels } from './fakes.js';

const A = codecModel('a', [1, 2]);
const B = codecModel('b', [3, 4]);
const never = (): AbortSignal => new AbortController().signal;
const options = (o: Partial<CompressOptions> = {}): CompressOptions => {
  return { calls: 'balanced', model: 'auto', signal: never(), ...o };
};

function make(rate = 0.1, extra: { maxOriginalSize?: number; defaultModel?: string } = {}) {
  const coder = new FakeCoder(() => rate);
  const codec = new Codec({ models: new FakeModels([A, B]), coder, maxOriginalSize: 10_000_000, ...extra });
  return { codec, coder };
}

function ardm(bytes: Uint8Array, change: Partial<Segment> = {}): Segment {
  const payload = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  const crc = segmentCrc(bytes, payload.length, A.identity);
  const dial = { schedule: 'interleaved', calls: 32 } as const;
  return { method: 'ardm', length: bytes.length, payload, crc, dial, model: A.identity, ...change };
}

test('round trips through every method, and what the result says of them', async () => {
  const words = content('text', 3000);
  const cases = [
    { rate: 0.01, input: words, model: 'auto', expected: 'a' },
    { rate: 0.01, input: words, model: 'b', expected: 'b' },
    { rate: 0.99, input: words, model: 'auto', expected: 'brotli' },
    { rate: 0.99, input: words, model: 'a', expected: 'a' },
    { rate: 1.5, input: content('random', 3000), model: 'auto', expected: 'stored' },
    { rate: 1.5, input: content('random', 3000), model: 'b', expected: 'stored' },
    { rate: 0.5, input: new Uint8Array(0), model: 'b', expected: 'stored' },
    { rate: 0.5, input: content('random', 2 * SEGMENT_LENGTH + 3), model: 'b', expected: 'mixed' },
  ];
  for (const { rate, input, model, expected } of cases) {
    const { codec } = make(rate);
    const { archive, model: found, calls } = await codec.compress(input, options({ model }));
    assert.equal(found, expected);
    // A number of network calls only where some are made to decode it.
    const { networkCalls } = codec.demand(archive);
    assert.equal(calls !== null, networkCalls > 0, `${expected}: ${calls}, ${networkCalls}`);
    assert.deepEqual(Buffer.from(await codec.decompress(archive, { signal: never() })), Buffer.from(input));
  }
});

test('auto tries the default model: the first, or the one that is named', async () => {
  const input = content('text', 1000);
  assert.equal((await make(0.01).codec.compress(input, options())).model, 'a');
  assert.equal((await make(0.01, { defaultModel: 'b' }).codec.compress(input, options())).model, 'b');
  assert.throws(() => make(0.01, { defaultModel: 'c' }), ModelNotFoundError);
  assert.throws(
    () => new Codec({ models: new FakeModels([]), coder: new FakeCoder(() => 1), maxOriginalSize: 1 }),
    ModelNotFoundError,
  );
});

test('a model that is not there is refused by name', async () => {
  const { codec, coder } = make();
  for (const model of ['c', '', 'brotli', 'stored', 'mixed', '__proto__']) {
    await assert.rejects(codec.compress(content('text', 10), options({ model })), (error: unknown) => {
      assert.ok(error instanceof ModelNotFoundError);
      assert.match(error.message, /auto, or one of: a, b\./);
      return true;
    });
  }
  assert.equal(coder.calls.length, 0);
});

test('calls are numbers or names, and only canonical numbers are coded with', async () => {
  const input = content('text', 3000);
  const cases = [
    [1, 1],
    [32, 32],
    [33, 32],
    [85, 79],
    [1000, 512],
    [1024, 1024],
    ['fast', 16],
    ['balanced', 79],
    ['small', 1024],
  ] as const;
  for (const [calls, canonical] of cases) {
    const { codec, coder } = make(0.01);
    const result = await codec.compress(input, options({ calls }));
    assert.equal(result.calls, canonical, String(calls));
    assert.deepEqual(coder.calls[0]?.dial, { schedule: 'interleaved', calls: canonical });
    assert.equal(codec.inspect(result.archive).segments[0]?.calls, canonical);
  }
});

test('a file shorter than a block gets as many calls as it may use of those asked for', async () => {
  for (const [calls, dial, taken] of [
    [1000, 1024, 600],
    [600, 1024, 600],
    [599, 512, 300],
    [100, 114, 100],
  ] as const) {
    const { codec, coder } = make(0.01);
    const result = await codec.compress(content('text', 600), options({ calls }));
    assert.deepEqual(coder.calls[0]?.dial, { schedule: 'interleaved', calls: dial });
    assert.equal(result.calls, taken);
  }
});

test('input over the limit is refused before work, at the limit it is not', async () => {
  const { codec, coder } = make(0.1, { maxOriginalSize: 1000 });
  await assert.rejects(codec.compress(content('text', 1001), options()), InputTooLargeError);
  assert.equal(coder.calls.length, 0);
  const { archive } = await codec.compress(content('text', 1000), options());
  assert.equal((await codec.decompress(archive, { signal: never() })).length, 1000);
});

test('a declared gigabyte in thirty bytes is refused before any work', async () => {
  const { codec, coder } = make();
  const archive = writeArchive([ardm(new Uint8Array(0), { length: 2 ** 30 })]);
  assert.ok(archive.length <= 30);
  await assert.rejects(codec.decompress(archive, { signal: never() }), DeclaredSizeTooLargeError);
  const two = [ardm(new Uint8Array(0), { length: SEGMENT_LENGTH }), ardm(new Uint8Array(0), { length: 2 ** 39 })];
  await assert.rejects(codec.decompress(writeArchive(two), { signal: never() }), DeclaredSizeTooLargeError);
  assert.equal(coder.calls.length, 0);
});

test('an ARDM segment longer than any writer makes is refused before any work, as its tables would be large', async () => {
  const { codec, coder } = make();
  const archive = writeArchive([ardm(new Uint8Array(0), { length: SEGMENT_LENGTH + 1 })]);
  await assert.rejects(codec.decompress(archive, { signal: never() }), UnsupportedFeatureError);
  assert.equal(coder.calls.length, 0);
});

test('an ARDM payload longer than any encoder makes is refused before any work', async () => {
  const { codec, coder } = make();
  const bytes = content('text', 10);
  const of = (length: number) => {
    const crc = segmentCrc(bytes, length, A.identity);
    return writeArchive([ardm(bytes), ardm(bytes, { payload: new Uint8Array(length).fill(1), crc })]);
  };
  await assert.rejects(codec.decompress(of(165), { signal: never() }), /Segment 2 /);
  assert.equal(coder.calls.length, 0);
  await assert.rejects(codec.decompress(of(164), { signal: never() }), ChecksumMismatchError);
  assert.ok(coder.calls.length > 0);
});

test('an ARDM payload that ends in a zero, as no encoder ends one, is refused before any work', async () => {
  const { codec, coder } = make();
  const bytes = content('text', 1000);
  const crc = segmentCrc(bytes, 11, A.identity);
  const padded = ardm(bytes, { payload: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0), crc });
  await assert.rejects(codec.decompress(writeArchive([padded]), { signal: never() }), ChecksumMismatchError);
  await assert.rejects(codec.decompress(writeArchive([ardm(bytes), padded]), { signal: never() }), /Segment 2 /);
  assert.equal(coder.calls.length, 0);
});

test('a segment that was given up before its end is refused, though its checksum be that of what there is', async () => {
  const coder = new FakeCoder(() => 0.1, 100);
  const codec = new Codec({ models: new FakeModels([A]), coder, maxOriginalSize: 1e6 });
  const crc = segmentCrc(new Uint8Array(999), 10, A.identity);
  const archive = writeArchive([ardm(new Uint8Array(1000), { crc })]);
  await assert.rejects(codec.decompress(archive, { signal: never() }), ChecksumMismatchError);
  assert.equal(coder.calls.length, 1);
});

test('what an archive needs that this release does not know is refused before any work, and can be inspected', async () => {
  const { codec, coder } = make();
  const segments = [ardm(content('text', 10))];
  const container = { number: 11, geometry: Uint8Array.of(5, 2, 1) };
  for (const [fields, refusal] of [
    [{ dictionary: A.identity }, UnknownDictionaryError],
    [{ container }, UnsupportedFeatureError],
    [{ container, name: 'a' }, UnsupportedFeatureError],
  ] as const) {
    const archive = writeArchive(segments, fields);
    await assert.rejects(codec.decompress(archive, { signal: never() }), refusal);
    assert.equal(codec.inspect(archive).version, 2);
  }
  assert.equal(coder.calls.length, 0);
});

test('a name and a type are kept where they are given, and change nothing else', async () => {
  // Of the long one, brotli would take most of the time.
  for (const [rate, length, model] of [
    [0.01, 3000, 'auto'],
    [2, 3000, 'auto'],
    [0.3, 2 * SEGMENT_LENGTH + 3, 'a'],
  ] as const) {
    const { codec } = make(rate);
    const input = content('text', length);
    const plain = await codec.compress(input, options({ model }));
    const keep = { name: 'notes.txt', mediaType: 'text/plain' };
    const kept = await codec.compress(input, options({ model, keep }));
    assert.equal(parseArchive(plain.archive).version, 1);
    const header = parseArchive(kept.archive);
    assert.deepEqual([header.version, header.name, header.mediaType], [2, 'notes.txt', 'text/plain']);
    assert.deepEqual(codec.inspect(kept.archive).name, 'notes.txt');
    assert.deepEqual(Buffer.from(await codec.decompress(kept.archive, { signal: never() })), Buffer.from(input));
    assert.deepEqual({ ...kept, archive: 0 }, { ...plain, archive: 0 });
    assert.deepEqual((await codec.compress(input, options({ model, keep: {} }))).archive, plain.archive);
  }
});

test('no encoder makes a longer payload, whatever it is given', () => {
  for (const next of [() => 0, () => TOTAL - 1, (i: number) => (i * 40_503) % TOTAL, () => 1]) {
    for (const length of [1, 2, 1000]) {
      const encoder = new RangeEncoder();
      for (let i = 0; i < length; i++) encoder.encode(next(i), 1);
      assert.ok(encoder.finish().length <= 2 * length + 4);
      // Where bits are mixed, a byte takes eight such decisions.
      const mixed = new RangeEncoder();
      for (let i = 0; i < 8 * length; i++) mixed.encode(next(i), 1);
      assert.ok(mixed.finish().length <= 16 * length + 4);
    }
  }
});

test('the network calls that an archive demands are told without any work', () => {
  const { codec, coder } = make();
  const none = new Uint8Array(0);
  const most = ardm(none, { length: SEGMENT_LENGTH, payload: none, dial: { schedule: 'interleaved', calls: 1024 } });
  const tiny = writeArchive([most, most]);
  assert.ok(tiny.length < 40);
  assert.deepEqual(codec.demand(tiny), { originalSize: 2 ** 20, networkCalls: 2 ** 20 });
  const stored = writeArchive([{ method: 'stored', length: 3, payload: Uint8Array.of(1, 2, 3), crc: 0 }]);
  assert.deepEqual(codec.demand(stored), { originalSize: 3, networkCalls: 0 });
  // 32 calls for a full block, and a block of 10 bytes in as many.
  assert.equal(codec.demand(writeArchive([ardm(none, { length: 1034 })])).networkCalls, 42);
  assert.equal(coder.calls.length, 0);
});

test('an archive of a model that is not here is refused before any work, and can be inspected', async () => {
  const { codec, coder } = make();
  const identity = new Uint8Array(32).fill(0xee);
  const known = ardm(content('text', 10));
  const archive = writeArchive([known, ardm(content('text', 10), { model: identity })]);
  await assert.rejects(codec.decompress(archive, { signal: never() }), (error: unknown) => {
    assert.ok(error instanceof UnknownModelError);
    assert.match(error.message, /eeee/);
    return true;
  });
  assert.equal(coder.calls.length, 0);
  assert.deepEqual(
    codec.inspect(archive).segments.map(({ model, modelIdentity }) => [model, modelIdentity]),
    [
      ['a', '0102'],
      [null, 'eeee'],
    ],
  );
});

test('a payload that decodes to other bytes is never answered', async () => {
  const { codec } = make();
  await assert.rejects(
    codec.decompress(writeArchive([ardm(content('text', 10))]), { signal: never() }),
    ChecksumMismatchError,
  );
});

test('a model with the same short id but another identity does not pass the checksum', async () => {
  const twin = codecModel('twin', [1, 2]);
  twin.identity.fill(9, 2);
  const coder = new FakeCoder(() => 0.01);
  const writer = new Codec({ models: new FakeModels([A]), coder, maxOriginalSize: 1e6 });
  // The fake coder finds its bytes again by the model's id, so the bytes are right and only the identity differs.
  const reader = new Codec({ models: new FakeModels([{ ...twin, id: 'a' }]), coder, maxOriginalSize: 1e6 });
  const { archive } = await writer.compress(content('text', 5000), options());
  await assert.rejects(reader.decompress(archive, { signal: never() }), ChecksumMismatchError);
});

test('a stored segment whose bytes were changed does not pass the checksum', async () => {
  const { codec } = make(2);
  const { archive } = await codec.compress(content('random', 100), options());
  archive[50] = (archive[50] as number) ^ 1;
  await assert.rejects(codec.decompress(archive, { signal: never() }), ChecksumMismatchError);
});

test('the error names the segment that is damaged', async () => {
  const { codec } = make(0.5);
  const input = content('random', SEGMENT_LENGTH + 5000);
  const { archive } = await codec.compress(input, options({ model: 'a' }));
  const [, second] = parseArchive(archive).segments;
  archive[second?.payloadOffset ?? 0] = (archive[second?.payloadOffset ?? 0] as number) ^ 1;
  await assert.rejects(codec.decompress(archive, { signal: never() }), /Segment 2 /);
});

test('brotli segments must hold exactly the declared bytes', async () => {
  const { codec } = make();
  const zeros = new Uint8Array(30_000_000);
  const payload = await brotliEncode(zeros, never());
  for (const length of [0, 1000, 9_999_999]) {
    const crc = segmentCrc(zeros.subarray(0, length), payload.length);
    const bomb = writeArchive([{ method: 'brotli', length, payload, crc }]);
    await assert.rejects(codec.decompress(bomb, { signal: never() }), ChecksumMismatchError);
  }
});

test('an aborted signal stops both directions before and during work', async () => {
  const { codec, coder } = make(0.5);
  const input = content('text', 3 * SEGMENT_LENGTH);
  const { archive } = await codec.compress(input, options({ model: 'a' }));
  const before = coder.calls.length;
  const signal = AbortSignal.abort();
  await assert.rejects(codec.compress(input, options({ signal })), WorkAbandoned);
  await assert.rejects(codec.decompress(archive, { signal }), WorkAbandoned);
  assert.equal(coder.calls.length, before);
  const controller = new AbortController();
  const work = codec.compress(input, options({ signal: controller.signal }));
  controller.abort();
  await assert.rejects(work, WorkAbandoned);
});

test('when one segment fails, the signal of the others aborts', async () => {
  const { codec, coder } = make();
  const segments = [1, 2, 3].map((i) => ardm(content('text', 10 + i)));
  await assert.rejects(codec.decompress(writeArchive(segments), { signal: never() }), ChecksumMismatchError);
  assert.ok(coder.calls.length > 0);
  for (const { signal } of coder.calls) assert.equal(signal.aborted, true);
});

test('as many tiny segments as an archive can have are decoded without work for each that grows with their number', async (t) => {
  const { codec } = make();
  const segments: Segment[] = [];
  for (let i = 0; i < 65_536; i++) {
    const bytes = Uint8Array.of(i, i >> 8);
    segments.push({ method: 'stored', length: 2, payload: bytes, crc: segmentCrc(bytes, 2) });
  }
  const archive = writeArchive(segments);
  // What took seconds: a listener of the signal for each, which is found among all others, and copies of what there is so far.
  const listen = t.mock.method(EventTarget.prototype, 'addEventListener');
  const concat = t.mock.method(Buffer, 'concat');
  const bytes = await codec.decompress(archive, { signal: never() });
  t.mock.restoreAll();
  assert.ok(listen.mock.callCount() > 0 && listen.mock.callCount() < 100, `${listen.mock.callCount()} listeners`);
  const copied = concat.mock.calls.reduce((sum, { result }) => sum + (result?.length ?? 0), 0);
  assert.ok(copied >= bytes.length && copied <= 4 * archive.length, `${copied} bytes copied`);
  assert.equal(bytes.length, 131_072);
  assert.equal((bytes[2 * 300] as number) + 256 * (bytes[601] as number), 300);
});
