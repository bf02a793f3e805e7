import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArchive } from '../../src/archive/parse.js';
import type { Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import { ardm, brotli, IDENTITY, SAMPLES, stored, utf8 } from './samples.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Bytes that are not payload. */
const overhead = (...segments: Segment[]): number =>
  writeArchive(segments).length - segments.reduce((sum, { payload }) => sum + payload.length, 0);

describe('writeArchive: golden archives', () => {
  const golden: Readonly<Record<string, string>> = {
    empty: 'a7d16400001cdf4421',
    stored: 'a7d112000d962d3ae468656c6c6f2c2068656c6c6f21',
    'stored, one byte': 'a7d11f000178909e7e00',
    brotli: 'a7d15a40e806c20f56cd010203',
    'brotli, no payload': 'a7d1f640037edf6c9d',
    'ardm, short dial': 'a7d116b3beef0f53d7dda509080706',
    'ardm, no payload': 'a7d18280beef0444e907cf',
    'ardm, dial bits all but one':
      'a7d109bebeefa09b00ab56231055555555555555555555555555555555555555555555555555555555555555555555555555555555',
    'ardm, explicit random': 'a7d107bf0140beef08cd1808370102',
    'ardm, explicit interleaved': 'a7d154bf00e806beefc08cb60087f3e709ffff',
    'two segments': 'a7d1e5c0020002fa91913b9fbeefac0103aeb6b924b2dff8fc6162010203',
    'all kinds, some empty':
      'a7d154c00500001cdf442140f0a103058aefd4a5bf018007beef01001eee2fa5000375ac1b084001001df722c6839f222c0000000000656e64',
  };
  for (const [name, segments] of SAMPLES) {
    const expected = golden[name];
    if (expected === undefined) continue;
    it(`writes "${name}" as it always has`, () => assert.equal(hex(writeArchive(segments)), expected));
  }

  it('writes the same bytes again', () => {
    for (const [, segments] of SAMPLES) assert.deepEqual(writeArchive(segments), writeArchive(segments));
  });
});

describe('writeArchive: overhead', () => {
  it('is 9 bytes for an empty file', () => {
    assert.equal(writeArchive([stored(new Uint8Array())]).length, 9);
  });

  it('is at most 12 bytes for ardm up to 16 KiB at every short dial', () => {
    for (const length of [1, 100, 127, 128, 1024, 16_383, 16_384, 16_511]) {
      for (let lane = 1; lane <= 1024; lane++) {
        const dial = { schedule: 'interleaved', calls: Math.ceil(1024 / lane) } as const;
        const bytes = overhead(ardm(new Uint8Array(length), Uint8Array.of(1, 2, 3), dial));
        assert.equal(bytes, length <= 127 ? 11 : 12);
      }
    }
  });

  it('is 3 bytes more at most for an explicit dial', () => {
    for (const calls of [1, 127, 128, 1024]) {
      const dial = { schedule: 'random', calls } as const;
      assert.equal(overhead(ardm(new Uint8Array(1000), Uint8Array.of(1), dial)), calls < 128 ? 14 : 15);
    }
  });

  it('is at most 10 bytes for stored and brotli up to 16 KiB', () => {
    for (const length of [0, 1, 127, 128, 10_000, 16_384, 16_511]) {
      assert.equal(overhead(stored(new Uint8Array(length))), length <= 127 ? 9 : 10);
      assert.equal(overhead(brotli(new Uint8Array(length), Uint8Array.of(1))), length <= 127 ? 9 : 10);
    }
  });

  it('is at most 11 + 8 n bytes for n stored segments: growth stays below 16 bytes + 0.1 %', () => {
    for (const [count, length] of [
      [2, 16_512],
      [16, 65_536],
      [200, 20_000],
    ] as const) {
      const segments = Array.from({ length: count }, () => stored(new Uint8Array(length)));
      const bytes = overhead(...segments);
      assert.ok(bytes <= 11 + 8 * count);
      assert.ok(bytes <= 16 + 0.001 * count * length);
    }
  });
});

describe('writeArchive: order and views', () => {
  it('puts payloads in order, without copies being needed', () => {
    const buffer = utf8('__first__second__');
    const archive = writeArchive([stored(buffer.subarray(2, 7)), stored(buffer.subarray(9, 15))]);
    const { headerLength } = parseArchive(archive);
    assert.equal(Buffer.from(archive.subarray(headerLength)).toString(), 'firstsecond');
    assert.equal(Buffer.from(buffer).toString(), '__first__second__');
  });

  it('takes the first two bytes of a longer or just as long model identity', () => {
    const whole = ardm(utf8('abc'), Uint8Array.of(1), { schedule: 'interleaved', calls: 8 });
    assert.deepEqual(writeArchive([{ ...whole, model: IDENTITY.subarray(0, 2) }]), writeArchive([whole]));
  });

  it('writes 65536 segments', () => {
    const archive = writeArchive(Array(65_536).fill(stored(Uint8Array.of(1))));
    assert.equal(parseArchive(archive).segments.length, 65_536);
  });
});

describe('writeArchive: mistakes of the caller', () => {
  const good = ardm(utf8('abc'), Uint8Array.of(1), { schedule: 'interleaved', calls: 8 });
  const { dial: _dial, ...withoutDial } = good;
  const { model: _model, ...withoutModel } = good;
  const wrong: readonly [string, readonly Segment[]][] = [
    ['no segments', []],
    ['65537 segments', Array(65_537).fill(stored(new Uint8Array()))],
    ['a stored payload of another length', [{ ...stored(utf8('abc')), length: 4 }]],
    ['an ardm segment without dial', [withoutDial]],
    ['an ardm segment without model', [withoutModel]],
    ['a model of one byte', [{ ...good, model: Uint8Array.of(1) }]],
    ['0 calls', [{ ...good, dial: { schedule: 'interleaved', calls: 0 } }]],
    ['1025 calls', [{ ...good, dial: { schedule: 'random', calls: 1025 } }]],
    ['1.5 calls', [{ ...good, dial: { schedule: 'interleaved', calls: 1.5 } }]],
    ['a length of 2^40', [{ ...good, length: 2 ** 40 }]],
    ['a negative length', [{ ...good, length: -1 }]],
    ['a fraction of a byte', [{ ...good, length: 1.5 }]],
    ['lengths that add up to 2^40', [{ ...good, length: 2 ** 40 - 1 }, stored(utf8('a'))]],
  ];
  for (const [name, segments] of wrong) {
    it(`refuses ${name}`, () => assert.throws(() => writeArchive(segments), RangeError));
  }

  it('takes the largest length there is', () => {
    const { originalLength } = parseArchive(writeArchive([{ ...good, length: 2 ** 40 - 1 }]));
    assert.equal(originalLength, 2 ** 40 - 1);
  });
});
