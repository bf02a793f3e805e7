import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { shortCode } from '../../src/archive/dial-code.js';
import { parseArchive } from '../../src/archive/parse.js';
import { fileNameOf } from '../../src/archive/text.js';
import type { Coding, Fields, Segment, WithPayload } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import { makeArchive, type Part } from './format-2.js';
import { rewritten, takenApart } from './rewritten.js';
import { ardm, SAMPLES, SAMPLES_2, stored, utf8 } from './samples.js';

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const crcs = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const lengths = fc.oneof(fc.nat(300), fc.constantFrom(127, 128, 16_511, 16_512), fc.nat(2 ** 31 - 1));
const names = fc.string({ unit: 'grapheme', maxLength: 40 }).map(fileNameOf);
const mediaTypes = fc.constantFrom(
  undefined,
  'text/plain',
  'image/svg+xml',
  'text/csv; charset=utf-8',
  'x/y; a="\\" ;"',
);
const codings: fc.Arbitrary<Coding & WithPayload> = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((payload) => {
      return { method: 'stored' as const, length: payload.length, payload };
    }),
    fc.record(
      { method: fc.constant('brotli' as const), length: lengths.map((n) => n + 1), payload: bytes(40) },
      { noNullPrototype: true },
    ),
    fc.record({
      method: fc.constant('ardm' as const),
      length: lengths.map((n) => n + 1),
      payload: bytes(40),
      dial: fc.record(
        {
          schedule: fc.constantFrom('interleaved' as const, 'random' as const),
          calls: fc.integer({ min: 1, max: 1024 }),
        },
        { noNullPrototype: true },
      ),
      model: fc.uint8Array({ minLength: 2, maxLength: 2 }),
    }),
  )
  .map((coding) => ({ ...coding }));
const segmentLists: fc.Arbitrary<Segment[]> = fc.array(
  fc.tuple(codings, crcs).map(([coding, crc]) => ({ ...coding, crc })),
  { minLength: 1, maxLength: 5 },
);
const containers = fc.record(
  {
    number: fc.nat(63),
    geometry: bytes(255),
    file: fc.record(
      { length: lengths, crc: crcs, rest: codings },
      { requiredKeys: ['length', 'crc'], noNullPrototype: true },
    ),
  },
  { requiredKeys: ['number', 'geometry'], noNullPrototype: true },
);
const fieldSets: fc.Arbitrary<Fields> = fc
  .record({
    name: names,
    mediaType: mediaTypes,
    dictionary: fc.option(fc.uint8Array({ minLength: 4, maxLength: 32 }), { nil: undefined }),
    container: fc.option(containers, { nil: undefined }),
  })
  .map(({ name, mediaType, dictionary, container }) => ({
    ...(name !== undefined && { name }),
    ...(mediaType !== undefined && { mediaType }),
    ...(dictionary && { dictionary }),
    ...(container && { container }),
  }));

/** A dictionary is named where something uses it. */
const cases = fc.tuple(segmentLists, fieldSets).map(([segments, { dictionary, ...fields }]) => {
  const used = segments.some(({ method }) => method === 'ardm');
  return { segments, fields: { ...fields, ...(dictionary && used && { dictionary }) } as Fields };
});

describe('fields of version 2', () => {
  it('are read as they were written, and written again byte for byte', () => {
    fc.assert(
      fc.property(cases, ({ segments, fields }) => {
        const archive = writeArchive(segments, fields);
        const header = parseArchive(archive);
        assert.equal(header.version, Object.keys(fields).length > 0 ? 2 : 1);
        const read = takenApart(archive);
        assert.deepEqual(read.segments, segments);
        const dictionary = fields.dictionary?.slice(0, 4);
        assert.deepEqual(read.fields, { ...fields, ...(dictionary && { dictionary }) });
        assert.deepEqual(rewritten(archive), archive);
        const sum = segments.reduce((total, { length }) => total + length, 0);
        assert.equal(header.originalLength, fields.container?.file?.length ?? sum);
      }),
      { numRuns: 1000 },
    );
  });

  it('stand where a writer that knows the text alone puts them', () => {
    const part = ({ method, dial, model, length, payload }: Coding & WithPayload): Part => ({
      kind: ['stored', 'brotli', 'ardm'].indexOf(method),
      ...(dial && { dial: shortCode(dial) ?? 63 }),
      ...(dial && shortCode(dial) === undefined && { explicit: [dial.schedule === 'random' ? 1 : 0, dial.calls] }),
      ...(model && { model: [...model] }),
      length,
      payload: [...payload],
    });
    fc.assert(
      fc.property(cases, ({ segments, fields: { name, mediaType, dictionary, container } }) => {
        const fields = { name, mediaType, dictionary, container };
        if (Object.values(fields).every((field) => field === undefined)) return;
        const { rest, ...file } = container?.file ?? {};
        const plain = makeArchive({
          ...((name ?? mediaType) !== undefined && { names: { name: name ?? '', type: mediaType ?? '' } }),
          ...(dictionary && { dictionary: [...dictionary.slice(0, 4)] }),
          ...(container && {
            container: {
              form: container.file ? (rest ? 1 : 0) : 2,
              number: container.number,
              geometry: [...container.geometry],
              ...file,
              ...(rest && { rest: part(rest) }),
            },
          }),
          parts: segments.map((segment) => ({ ...part(segment), crc: segment.crc })),
        });
        assert.deepEqual(writeArchive(segments, fields as Fields), plain);
      }),
      { numRuns: 500 },
    );
  });

  it('leave version 1 as it is where there are none', () => {
    for (const [, segments] of SAMPLES) assert.deepEqual(writeArchive(segments, {}), writeArchive(segments));
  });

  it('cost what the format says', () => {
    const short = ardm(utf8('a short message'), Uint8Array.of(1), { schedule: 'interleaved', calls: 86 });
    const one = stored(new Uint8Array(100));
    const dictionary = new Uint8Array(32);
    const cost = (segments: readonly Segment[], fields: Fields): number =>
      writeArchive(segments, fields).length - writeArchive(segments).length;
    assert.equal(writeArchive([short], { dictionary }).length - 1, 16);
    assert.equal(cost([one, short], { dictionary }), 5);
    const kept = { name: 'name.txt', mediaType: 'text/plain' };
    assert.equal(cost([one], kept), 7 + 18);
    assert.equal(cost([one, one], kept), 3 + 18);
    const geometry = Uint8Array.of(32, 32, 3);
    assert.equal(cost([one], { container: { number: 3, geometry } }), 7 + 3);
    assert.equal(cost([one, one], { container: { number: 3, geometry } }), 3 + 3);
    assert.equal(cost([one], { container: { number: 1, geometry, file: { length: 113, crc: 0 } } }), 7 + 3 + 4 + 1);
  });

  it('are kept apart from the buffer that they were read from, which stays as it is', () => {
    for (const [, segments, fields] of SAMPLES_2) {
      // Not a plain array: `slice` of a Buffer is no copy.
      const archive = Buffer.from(writeArchive(segments, fields));
      const header = parseArchive(archive);
      assert.deepEqual(new Uint8Array(archive), writeArchive(segments, fields));
      assert.deepEqual(parseArchive(archive), header);
      const { dictionary, container } = structuredClone(header);
      archive.fill(0);
      assert.deepEqual([header.dictionary, header.container], [dictionary, container]);
    }
  });
});

describe('fields of version 2: mistakes of the caller', () => {
  const ofModel = ardm(utf8('abc'), Uint8Array.of(1), { schedule: 'interleaved', calls: 8 });
  const rest = { method: 'stored' as const, length: 1, payload: utf8('r') };
  const geometry = new Uint8Array();
  const wrong: readonly (readonly [string, Fields])[] = [
    ['a name with a folder', { name: 'a/b' }],
    ['an empty name', { name: '' }],
    ['a name that is too long', { name: 'x'.repeat(256) }],
    ['what is no media type', { mediaType: 'text' }],
    ['an empty media type', { mediaType: '' }],
    ['a dictionary of three bytes', { dictionary: new Uint8Array(3) }],
    ['a container of number 64', { container: { number: 64, geometry } }],
    ['a container of half a number', { container: { number: 0.5, geometry } }],
    ['a geometry of 256 bytes', { container: { number: 0, geometry: new Uint8Array(256) } }],
    ['a file of 2^40 bytes', { container: { number: 0, geometry, file: { length: 2 ** 40, crc: 0 } } }],
    [
      'a rest of nothing',
      {
        container: {
          number: 0,
          geometry,
          file: { length: 1, crc: 0, rest: { ...rest, length: 0, payload: utf8('') } },
        },
      },
    ],
    [
      'a stored rest of another length',
      { container: { number: 0, geometry, file: { length: 1, crc: 0, rest: { ...rest, length: 2 } } } },
    ],
  ];
  for (const [name, fields] of wrong) {
    it(`refuses ${name}`, () => assert.throws(() => writeArchive([ofModel], fields), RangeError));
  }

  it('refuses a dictionary that nothing uses', () => {
    assert.throws(() => writeArchive([stored(utf8('a'))], { dictionary: new Uint8Array(32) }), RangeError);
  });
});
