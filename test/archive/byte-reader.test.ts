import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteReader } from '../../src/archive/byte-reader.js';
import { ByteWriter } from '../../src/archive/byte-writer.js';
import { DamagedHeaderError, TruncatedArchiveError } from '../../src/archive/errors.js';

const reader = (...bytes: number[]): ByteReader => new ByteReader(Uint8Array.from(bytes), 0);

function write(value: number): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(value);
  return writer.toBytes();
}

/** The table of FORMAT.md, section 2. */
const EDGES: readonly [number, number[]][] = [
  [0, [0x00]],
  [127, [0x7f]],
  [128, [0x80, 0x00]],
  [16511, [0xff, 0x7f]],
  [16512, [0x80, 0x80, 0x00]],
  [2113663, [0xff, 0xff, 0x7f]],
  [2113664, [0x80, 0x80, 0x80, 0x00]],
  [270549119, [0xff, 0xff, 0xff, 0x7f]],
  [270549120, [0x80, 0x80, 0x80, 0x80, 0x00]],
  [34630287487, [0xff, 0xff, 0xff, 0xff, 0x7f]],
  [34630287488, [0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
  [2 ** 40 - 1, [0xff, 0xfe, 0xfe, 0xfe, 0xfe, 0x1e]],
];

describe('varint', () => {
  for (const [value, bytes] of EDGES) {
    it(`writes and reads ${value} as the format says`, () => {
      assert.deepEqual([...write(value)], bytes);
      assert.equal(reader(...bytes).varint(), value);
    });
  }

  it('reads what was written and stops there', () => {
    const lengths = fc.oneof(fc.nat(70_000), fc.integer({ min: 0, max: 2 ** 40 - 1 }));
    fc.assert(
      fc.property(lengths, fc.uint8Array(), (value, rest) => {
        const bytes = write(value);
        const source = new ByteReader(Uint8Array.of(...bytes, ...rest), 0);
        assert.equal(source.varint(), value);
        assert.equal(source.position, bytes.length);
      }),
    );
  });

  it('has one representation for each value: whatever is read is written the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 7 }), (bytes) => {
        const source = new ByteReader(bytes, 0);
        let value: number;
        try {
          value = source.varint();
        } catch (error) {
          assert.ok(error instanceof TruncatedArchiveError || error instanceof DamagedHeaderError);
          return;
        }
        assert.deepEqual(write(value), bytes.slice(0, source.position));
      }),
      { numRuns: 2000 },
    );
  });

  it('never takes more bytes for a smaller value', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1), (a, b) => {
        assert.ok(write(Math.min(a, b)).length <= write(Math.max(a, b)).length);
      }),
    );
  });

  it('refuses what is 2^40 or more', () => {
    assert.throws(() => reader(0x80, 0xff, 0xfe, 0xfe, 0xfe, 0x1e).varint(), DamagedHeaderError);
    assert.throws(() => reader(0xff, 0xff, 0xff, 0xff, 0xff, 0x7f).varint(), DamagedHeaderError);
  });

  it('refuses a seventh byte, there or not', () => {
    assert.throws(() => reader(0x80, 0x80, 0x80, 0x80, 0x80, 0x80).varint(), DamagedHeaderError);
    assert.throws(() => reader(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00).varint(), DamagedHeaderError);
  });

  it('says when it is cut', () => {
    for (const bytes of [[], [0x80], [0xff, 0xff], [0x80, 0x80, 0x80, 0x80, 0x80]]) {
      assert.throws(() => reader(...bytes).varint(), TruncatedArchiveError);
    }
  });

  it('does not write what it could not read', () => {
    for (const value of [-1, 0.5, 2 ** 40, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => write(value), RangeError);
    }
  });
});

describe('ByteReader', () => {
  it('reads u32 least significant byte first, unsigned', () => {
    assert.equal(reader(1, 2, 3, 4).u32(), 0x04030201);
    assert.equal(reader(0xff, 0xff, 0xff, 0xff).u32(), 0xffffffff);
  });

  it('reads u32 as written, from any place of a larger buffer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.uint8Array(), (value, before) => {
        const writer = new ByteWriter();
        writer.append(before);
        writer.u32(value);
        assert.equal(new ByteReader(writer.toBytes(), before.length).u32(), value);
        assert.equal(new ByteReader(writer.toBytes().subarray(before.length), 0).u32(), value);
      }),
    );
  });

  it('throws past the end and stays where it is', () => {
    const source = reader(1, 2, 3);
    assert.throws(() => source.u32(), TruncatedArchiveError);
    assert.equal(source.remaining, 3);
    assert.deepEqual([...source.take(3)], [1, 2, 3]);
    assert.throws(() => source.u8(), TruncatedArchiveError);
    assert.deepEqual([...source.take(0)], []);
  });
});
