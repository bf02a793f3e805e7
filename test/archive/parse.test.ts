import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseArchive } from '../../src/archive/parse.js';
import type { Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import { checked, checkedSegmented } from './hand-made.js';
import { assertRefused, outcome } from './refusals.js';
import { IDENTITY, SAMPLES, utf8 } from './samples.js';

const lengths = fc.oneof(fc.nat(300), fc.constantFrom(127, 128, 16_383, 16_511, 16_512), fc.nat(2 ** 31 - 1));
const crcs = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const dials = fc
  .tuple(
    fc.constantFrom('interleaved' as const, 'random' as const),
    fc.oneof(fc.integer({ min: 1, max: 1024 }), fc.constantFrom(1, 2, 64, 342, 512, 1024)),
  )
  .map(([schedule, calls]) => ({ schedule, calls }));
const anySegment: fc.Arbitrary<Segment> = fc.oneof(
  fc.record({ payload: fc.uint8Array({ maxLength: 200 }), crc: crcs }).map(({ payload, crc }) => ({
    method: 'stored' as const,
    length: payload.length,
    payload,
    crc,
  })),
  fc.record({ method: fc.constant('brotli' as const), length: lengths, payload: fc.uint8Array(), crc: crcs }),
  fc.record({
    method: fc.constant('ardm' as const),
    length: lengths,
    payload: fc.uint8Array(),
    crc: crcs,
    dial: dials,
    model: fc.uint8Array({ minLength: 2, maxLength: 32 }),
  }),
);

/** What was written is what is read: all fields, the payloads in place, nothing else. */
function checkRoundTrip(segments: readonly Segment[]): void {
  const archive = writeArchive(segments);
  const header = parseArchive(archive);
  assert.equal(header.version, 1);
  assert.equal(
    header.originalLength,
    segments.reduce((sum, { length }) => sum + length, 0),
  );
  const read = header.segments.map(({ payloadOffset, payloadLength, ...info }) => ({
    ...info,
    payload: archive.slice(payloadOffset, payloadOffset + payloadLength),
  }));
  const expected = segments.map((segment) => ({
    ...segment,
    ...(segment.model && { model: segment.model.slice(0, 2) }),
  }));
  assert.deepEqual(read, expected);
  assert.equal(header.segments[0]?.payloadOffset, header.headerLength);
  assert.deepEqual(writeArchive(read), archive, 'one way of writing each thing');
}

describe('parseArchive: what was written', () => {
  for (const [name, segments] of SAMPLES) it(`reads "${name}"`, () => checkRoundTrip(segments));

  it('reads any single segment', () => {
    fc.assert(
      fc.property(anySegment, (segment) => checkRoundTrip([segment])),
      { numRuns: 1000 },
    );
  });

  it('reads any list of segments', () => {
    fc.assert(fc.property(fc.array(anySegment, { minLength: 1, maxLength: 20 }), checkRoundTrip), { numRuns: 300 });
  });

  it('reads stored segments of 0, 1, 2, 3, 255 .. 70000 bytes', () => {
    for (const length of [0, 1, 2, 3, 255, 256, 16_511, 16_512, 65_535, 65_536, 70_000]) {
      checkRoundTrip([{ method: 'stored', length, payload: new Uint8Array(length).fill(0xa7), crc: length }]);
    }
  });

  it('reads every number of calls of both schedules', () => {
    for (let calls = 1; calls <= 1024; calls++) {
      for (const schedule of ['interleaved', 'random'] as const) {
        const dial = { schedule, calls };
        checkRoundTrip([{ method: 'ardm', length: 9, payload: Uint8Array.of(1), crc: 5, dial, model: IDENTITY }]);
      }
    }
  });

  it('reads an archive that is a view of a larger buffer', () => {
    for (const [, segments] of SAMPLES) {
      const archive = writeArchive(segments);
      const buffer = new Uint8Array(archive.length + 20).fill(0xee);
      buffer.set(archive, 7);
      assert.deepEqual(parseArchive(buffer.subarray(7, 7 + archive.length)), parseArchive(archive));
    }
  });

  it('keeps nothing of the buffer in the header', () => {
    const dial = { schedule: 'random', calls: 3 } as const;
    const archive = writeArchive([{ method: 'ardm', length: 1, payload: utf8('x'), crc: 1, dial, model: IDENTITY }]);
    const header = parseArchive(archive);
    archive.fill(0);
    assert.deepEqual(header.segments[0]?.model, IDENTITY.slice(0, 2));
  });
});

describe('parseArchive: not an archive', () => {
  it('says so of nothing, of text, of other formats', () => {
    for (const bytes of [
      [],
      [0],
      [0x1f, 0x8b, 8, 0],
      [0x50, 0x4b, 3, 4],
      [0x28, 0xb5, 0x2f, 0xfd],
      [0xa7, 0x00],
      [0xa7, 0xc1, 0, 0],
      [0xd1, 0xa7, 0, 0],
    ]) {
      assertRefused(Uint8Array.from(bytes), 'not-an-archive');
    }
    assertRefused(utf8('hello, hello!'), 'not-an-archive');
  });

  it('says so whatever follows, and parses nothing that does not start right', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 60 }), (bytes) => {
        if (bytes[0] === 0xa7 && (bytes[1] as number) >>> 4 === 0xd) return;
        assertRefused(bytes, 'not-an-archive');
      }),
    );
  });
});

describe('parseArchive: other versions', () => {
  it('says so for every other version, whatever follows', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 0, max: 15 }), (rest, version) => {
        if (version === 1 || version === 14) return;
        assertRefused(Uint8Array.of(0xa7, 0xd0 | version, ...rest), 'unsupported-version');
      }),
    );
  });
});

describe('parseArchive: sound checks, unknown meaning', () => {
  const crc = [0, 0, 0, 0];
  const refusals: readonly [string, string, Uint8Array][] = [
    ['dial bits of a stored segment', 'unsupported-feature', checked(0xa7, 0xd1, 0, 0x01, 0, ...crc)],
    ['all dial bits of a brotli segment', 'unsupported-feature', checked(0xa7, 0xd1, 0, 0x7f, 0, ...crc, 1)],
    ['schedule 4', 'unsupported-feature', checked(0xa7, 0xd1, 0, 0xbf, 4, 5, 1, 2, 0, ...crc)],
    ['schedule 255', 'unsupported-feature', checked(0xa7, 0xd1, 0, 0xbf, 255, 5, 1, 2, 0, ...crc)],
    ['0 calls', 'unsupported-feature', checked(0xa7, 0xd1, 0, 0xbf, 1, 0, 1, 2, 0, ...crc)],
    ['1025 calls', 'unsupported-feature', checked(0xa7, 0xd1, 0, 0xbf, 1, 0x81, 0x07, 1, 2, 0, ...crc)],
    ['64 interleaved calls, explicitly', 'damaged-header', checked(0xa7, 0xd1, 0, 0xbf, 0, 64, 1, 2, 0, ...crc)],
    ['dial bits of the segmented mark', 'unsupported-feature', checkedSegmented([0xc1, 2, 0, 0, ...crc, 0, 0, ...crc])],
    ['segments in a segment', 'unsupported-feature', checkedSegmented([0xc0, 2, 0, 0, ...crc, 0xc0, 0, ...crc])],
    ['dial bits in the second segment', 'unsupported-feature', checkedSegmented([0xc0, 2, 0, 0, ...crc, 1, 0, ...crc])],
    ['no segments', 'damaged-header', checkedSegmented([0xc0, 0])],
    ['one segment in the form of several', 'damaged-header', checkedSegmented([0xc0, 1, 0, 0, ...crc])],
    [
      'lengths that add up to 2^40',
      'damaged-header',
      checkedSegmented([0xc0, 2, 0x40, 0xff, 0xfe, 0xfe, 0xfe, 0xfe, 0x1e, 0, ...crc, 0x40, 1, 0, ...crc]),
    ],
    ['a length of 2^40', 'damaged-header', checked(0xa7, 0xd1, 0, 0x40, 0x80, 0xff, 0xfe, 0xfe, 0xfe, 0x1e, ...crc)],
    [
      'a length without end',
      'damaged-header',
      checked(0xa7, 0xd1, 0, 0x40, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, ...crc),
    ],
  ];
  for (const [name, code, archive] of refusals) it(`refuses ${name}`, () => assertRefused(archive, code));

  it('would read the same bytes if only the meaning were right', () => {
    assert.equal(typeof outcome(checked(0xa7, 0xd1, 0, 0x00, 0, ...crc)), 'object');
    assert.equal(typeof outcome(checked(0xa7, 0xd1, 0, 0xbf, 1, 5, 1, 2, 0, ...crc)), 'object');
    assert.equal(typeof outcome(checkedSegmented([0xc0, 2, 0, 0, ...crc, 0, 0, ...crc])), 'object');
  });
});

describe('parseArchive: payloads', () => {
  const crc = [0, 0, 0, 0];

  it('refuses a stored archive whose bytes are too few or too many', () => {
    assertRefused(checked(0xa7, 0xd1, 0, 0, 3, ...crc, 1, 2), 'truncated-archive');
    assertRefused(checked(0xa7, 0xd1, 0, 0, 3, ...crc, 1, 2, 3, 4), 'trailing-bytes');
  });

  it('refuses segments whose payloads do not add up', () => {
    const fields = [0xc0, 2, 0, 3, ...crc, 0x40, 100, 2, ...crc];
    assert.equal(typeof outcome(checkedSegmented(fields, [1, 2, 3, 4, 5])), 'object');
    for (let count = 0; count < 5; count++) {
      assertRefused(checkedSegmented(fields, Array(count).fill(1)), 'truncated-archive');
    }
    assertRefused(checkedSegmented(fields, Array(6).fill(1)), 'trailing-bytes');
  });

  it('is not fooled by coded lengths that are far beyond the file, or by many of them', () => {
    const huge = [0x40, 0, 0xff, 0xfe, 0xfe, 0xfe, 0xfe, 0x1e, ...crc];
    const fields = [0xc0, 100, ...Array(100).fill(huge).flat()];
    assertRefused(checkedSegmented(fields, [1, 2, 3]), 'truncated-archive');
  });

  it('gives the offset and length of a payload that is all the rest', () => {
    const header = parseArchive(checked(0xa7, 0xd1, 0, 0x40, 100, ...crc, 7, 7, 7));
    assert.equal(header.segments[0]?.payloadOffset, 9);
    assert.equal(header.segments[0]?.payloadLength, 3);
  });
});

describe('parseArchive: bounded work', () => {
  it('refuses a count that the bytes cannot hold before it reserves anything', () => {
    // 65536 descriptors declared, none there: any allocation by count would show in a thousand rounds.
    const archive = checkedSegmented([0xc0, 0x80, 0xff, 0x02]);
    const started = process.hrtime.bigint();
    for (let round = 0; round < 1000; round++) assertRefused(archive, 'truncated-archive');
    assert.ok(process.hrtime.bigint() - started < 2_000_000_000n);
  });

  it('refuses more segments than the format has, though their bytes be there', () => {
    const fields = [0xc0, 0x81, 0xff, 0x02, ...Array(65_537 * 6).fill(0)];
    assertRefused(checkedSegmented(fields), 'damaged-header');
  });
});
