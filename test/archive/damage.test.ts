import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { segmentCrc } from '../../src/archive/checksum.js';
import { parseArchive } from '../../src/archive/parse.js';
import type { Fields } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import { xorshift32 } from '../entropy/random.js';
import { repaired } from './hand-made.js';
import { assertRefused, flipBit, outcome } from './refusals.js';
import { rewritten } from './rewritten.js';
import { ARCHIVES, IDENTITY, SAMPLES, stored } from './samples.js';

const CODES = [
  'not-an-archive',
  'unsupported-version',
  'damaged-header',
  'unsupported-feature',
  'truncated-archive',
  'trailing-bytes',
];

/** Bytes that the head check or the header CRC protects: all of a segmented header, all but the crc of a single one. */
function protectedLength(archive: Uint8Array): number {
  const { headerLength, segments, name, mediaType, container, version } = parseArchive(archive);
  const withCrc = segments.length > 1 || name !== undefined || mediaType !== undefined || container !== undefined;
  const region = Math.min(REGION[version] as number, archive.length);
  return Math.max(withCrc ? headerLength : headerLength - 4, region);
}

/** Bytes that the head check reads. */
const REGION: Readonly<Record<number, number>> = { 1: 15, 2: 20 };

describe('damage: single bits', () => {
  for (const [name, archive] of ARCHIVES) {
    it(`every flipped bit of the protected header is refused: ${name}`, () => {
      for (let bit = 0; bit < protectedLength(archive) * 8; bit++) assertRefused(flipBit(archive, bit), ...CODES);
    });

    it(`a flipped bit anywhere else leaves what was declared of lengths, model and dial: ${name}`, () => {
      const expected = parseArchive(archive);
      for (let bit = protectedLength(archive) * 8; bit < archive.length * 8; bit++) {
        const header = parseArchive(flipBit(archive, bit));
        assert.deepEqual(
          { ...header, segments: header.segments.map((segment) => ({ ...segment, crc: 0 })) },
          { ...expected, segments: expected.segments.map((segment) => ({ ...segment, crc: 0 })) },
        );
      }
    });
  }

  it('every flipped bit is refused in any single archive, two and three of them too', () => {
    const lengths = fc.oneof(fc.nat(300), fc.nat(2 ** 31 - 1));
    fc.assert(
      fc.property(
        fc.record({
          length: lengths,
          payload: fc.uint8Array({ maxLength: 30 }),
          crc: fc.nat(2 ** 31 - 1),
          model: fc.uint8Array({ minLength: 2, maxLength: 2 }),
          calls: fc.integer({ min: 1, max: 1024 }),
          method: fc.constantFrom('ardm' as const, 'brotli' as const),
        }),
        fc.constantFrom<Fields>({}, { dictionary: Uint8Array.of(1, 2, 3, 4) }, { name: 'n', mediaType: 'a/b' }),
        fc.array(fc.nat(159), { minLength: 1, maxLength: 3 }),
        ({ calls, model, method, ...rest }, fields, places) => {
          const dial = { schedule: 'interleaved', calls } as const;
          const segment = method === 'ardm' ? { method, dial, model, ...rest } : { method, ...rest };
          const archive = writeArchive([segment], method === 'ardm' || !fields.dictionary ? fields : {});
          const end = Math.min(REGION[parseArchive(archive).version] as number, archive.length) * 8;
          for (let bit = 0; bit < end; bit++) assertRefused(flipBit(archive, bit), ...CODES);
          const distinct = new Set(places.map((place) => place % end));
          assertRefused([...distinct].reduce(flipBit, archive), ...CODES);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('damage: truncation', () => {
  for (const [name, archive] of ARCHIVES) {
    it(`every truncation is refused, or declares a payload that its crc denies: ${name}`, () => {
      for (let length = 0; length < archive.length; length++) {
        const result = outcome(archive.slice(0, length));
        if (typeof result === 'string') {
          assert.ok(['truncated-archive', 'damaged-header', ...(length ? [] : ['not-an-archive'])].includes(result));
          continue;
        }
        // Only the payload of a single brotli or ardm archive may end anywhere; its length is in the checksum.
        assert.equal(result.segments.length, 1);
        assert.notEqual(result.segments[0]?.method, 'stored');
        assert.notEqual(result.segments[0]?.payloadLength, parseArchive(archive).segments[0]?.payloadLength);
      }
    });
  }

  it('is called truncation wherever the file tells: within headers and in stored and segmented payloads', () => {
    for (const [name, archive] of ARCHIVES) {
      const { headerLength, segments, version } = parseArchive(archive);
      for (let length = 1; length < headerLength; length++)
        assertRefused(archive.slice(0, length), 'truncated-archive');
      const told = segments.length > 1 || segments[0]?.method === 'stored';
      for (let length = Math.max(REGION[version] as number, headerLength); told && length < archive.length; length++) {
        assert.equal(outcome(archive.slice(0, length)), 'truncated-archive', name);
      }
    }
  });

  it('a payload of another length never has the same checksum', () => {
    const original = new Uint8Array(100).fill(1);
    const known = new Set(Array.from({ length: 5000 }, (_, length) => segmentCrc(original, length, IDENTITY)));
    assert.equal(known.size, 5000);
  });
});

describe('damage: trailing bytes', () => {
  it('are refused after stored and segmented archives', () => {
    for (const [, segments] of SAMPLES) {
      if (segments.length === 1 && segments[0]?.method !== 'stored') continue;
      const archive = writeArchive(segments);
      for (const extra of [1, 2, 100]) {
        const longer = Uint8Array.of(...archive, ...Array(extra).fill(0x20));
        // In an archive that is shorter than the region of the head check, the check finds them first.
        assertRefused(longer, ...(archive.length < 15 ? ['damaged-header', 'trailing-bytes'] : ['trailing-bytes']));
      }
    }
  });

  it('are refused if they are a second archive', () => {
    const archive = writeArchive([stored(new Uint8Array(100))]);
    assertRefused(Uint8Array.of(...archive, ...archive), 'trailing-bytes');
  });
});

describe('damage: seeded mutation', () => {
  it('gives a typed error or a header that lies within the bytes, 40,000 times', () => {
    const next = xorshift32(20260101);
    for (let round = 0; round < 40_000; round++) {
      const [, archive] = ARCHIVES[next() % ARCHIVES.length] as readonly [string, Uint8Array];
      checkOutcome(mutate(archive, next));
    }
  });

  it('does so for mutations whose checks are put right again, and many of them then parse', () => {
    const next = xorshift32(42);
    let parsed = 0;
    for (let round = 0; round < 40_000; round++) {
      const [, archive] = ARCHIVES[next() % ARCHIVES.length] as readonly [string, Uint8Array];
      const mutated = repaired(mutate(archive, next));
      checkOutcome(mutated);
      if (typeof outcome(mutated) === 'object') parsed++;
    }
    assert.ok(parsed > 4000, `${parsed} parsed`);
  });

  it('does so for random bytes behind a good signature', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(0xd1, 0xde), (rest, second) =>
        checkOutcome(Uint8Array.of(0xa7, second, ...rest)),
      ),
      { numRuns: 5000 },
    );
  });

  function checkOutcome(bytes: Uint8Array): void {
    const result = outcome(bytes);
    if (typeof result === 'string') return;
    let end = result.headerLength + (result.container?.file?.rest?.payloadLength ?? 0);
    for (const { payloadOffset, payloadLength, length, method, dial, model } of result.segments) {
      assert.equal(payloadOffset, end);
      assert.ok(Number.isSafeInteger(payloadLength) && payloadLength >= 0);
      assert.ok(Number.isSafeInteger(length) && length >= 0 && length < 2 ** 40);
      assert.equal(method === 'ardm', dial !== undefined && model?.length === 2);
      end += payloadLength;
    }
    assert.equal(end, bytes.length);
    assert.ok(result.originalLength < 2 ** 40);
    assert.deepEqual(rewritten(bytes), bytes, 'one way of writing each thing');
  }
});

/** One to four random edits: a byte changed, a stretch removed, repeated or inserted. */
function mutate(bytes: Uint8Array, next: () => number): Uint8Array {
  let mutated = [...bytes];
  for (let edits = 1 + (next() % 4); edits > 0; edits--) {
    const at = next() % (mutated.length + 1);
    const length = next() % 6;
    const kind = next() % 4;
    if (kind === 0) mutated[Math.min(at, mutated.length - 1)] = next() >>> 24;
    if (kind === 1) mutated.splice(at, length);
    if (kind === 2) mutated.splice(at, 0, ...mutated.slice(at, at + length));
    if (kind === 3)
      mutated = [...mutated.slice(0, at), ...Array.from({ length }, () => next() >>> 24), ...mutated.slice(at)];
  }
  return Uint8Array.from(mutated);
}
