import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { segmentCrc } from '../../src/archive/checksum.js';
import * as errors from '../../src/archive/errors.js';
import { frameCheck, parseFrame, writeFrame } from '../../src/archive/frame.js';
import { parseArchive } from '../../src/archive/parse.js';
import { writeArchive } from '../../src/archive/write.js';
import { crc32, makeArchive, type Plan, u32 } from './format-2.js';
import { ardm, IDENTITY, stored, utf8 } from './samples.js';

const FORMAT = readFileSync(new URL('../../../src/archive/FORMAT.md', import.meta.url), 'utf8');

/** The dictionary's identity in the examples. */
const DICTIONARY = Uint8Array.from({ length: 32 }, (_, index) => [0xd1, 0xc7][index] ?? index);

/** The archives of section 9 and the frame of section 13: the hex columns of its indented blocks. */
const EXAMPLES = [...FORMAT.matchAll(/(?:^ {4}(?:[0-9A-F]{2} )+.*\n)+/gm)].map(([block]) =>
  block
    .split('\n')
    .map((line) => /^ {4}((?:[0-9A-F]{2} )+)/.exec(line)?.[1] ?? '')
    .join('')
    .replaceAll(' ', ''),
);

describe('FORMAT.md', () => {
  it('has examples of the lengths it says', () => {
    assert.deepEqual(
      EXAMPLES.map((example) => example.length / 2),
      [22, 30, 45, 19, 50, 8],
    );
    for (const length of [45, 19, 50, 8]) assert.match(FORMAT, new RegExp(`[^\n]; ${length} bytes:\n\n    (A7|C8)`));
    assert.match(FORMAT, /nothing shrank it; 22 bytes/);
    assert.match(FORMAT, /such a string\); 30 bytes/);
  });

  it('shows a stored archive that reads and writes as described', () => {
    const bytes = Buffer.from(EXAMPLES[0] as string, 'hex');
    const header = parseArchive(bytes);
    assert.equal(header.headerLength, 9);
    assert.deepEqual(utf8('hello, hello!'), new Uint8Array(bytes.subarray(9)));
    assert.deepEqual(writeArchive([stored(utf8('hello, hello!'))]), new Uint8Array(bytes));
  });

  it('shows a segmented archive that reads and writes as described', () => {
    const bytes = Buffer.from(EXAMPLES[1] as string, 'hex');
    const header = parseArchive(bytes);
    assert.equal(header.originalLength, 302);
    assert.deepEqual(header.segments[1]?.dial, { schedule: 'interleaved', calls: 32 });
    const xs = new Uint8Array(300).fill(0x78);
    const segments = [stored(utf8('ab')), ardm(xs, Uint8Array.of(1, 2, 3), { schedule: 'interleaved', calls: 32 })];
    assert.deepEqual(writeArchive(segments), new Uint8Array(bytes));
  });

  it('shows a name and a type that read and write as described', () => {
    const bytes = new Uint8Array(Buffer.from(EXAMPLES[2] as string, 'hex'));
    const fields = { name: 'hi.txt', mediaType: 'text/plain' };
    const header = parseArchive(bytes);
    assert.deepEqual({ ...header, ...fields }, header);
    assert.deepEqual(writeArchive([stored(utf8('hello, hello!'))], fields), bytes);
  });

  it('shows a dictionary that reads and writes as described, with both identities under the crc', () => {
    const bytes = new Uint8Array(Buffer.from(EXAMPLES[3] as string, 'hex'));
    assert.deepEqual(parseArchive(bytes).dictionary, DICTIONARY.slice(0, 4));
    const xs = new Uint8Array(100).fill(0x78);
    const segment = ardm(xs, Uint8Array.of(1, 2, 3), { schedule: 'interleaved', calls: 32 });
    const crc = segmentCrc(xs, 3, IDENTITY, DICTIONARY);
    assert.deepEqual(writeArchive([{ ...segment, crc }], { dictionary: DICTIONARY }), bytes);
  });

  it('shows a container with a rest that reads and writes as described', () => {
    const bytes = new Uint8Array(Buffer.from(EXAMPLES[4] as string, 'hex'));
    const header = parseArchive(bytes);
    assert.equal(header.originalLength, 30);
    const samples = new Uint8Array(12).fill(0x78);
    const head = utf8('P6 # tiny\n2 2 255\n');
    const rest = Uint8Array.of(head.length, ...head);
    const file = Uint8Array.of(...head, ...samples);
    assert.equal(header.headerLength, bytes.length - rest.length - 3);
    const container = {
      number: 1,
      geometry: Uint8Array.of(2, 2, 3),
      file: {
        length: file.length,
        crc: segmentCrc(file, rest.length),
        rest: { method: 'stored' as const, length: rest.length, payload: rest },
      },
    };
    const segment = ardm(samples, Uint8Array.of(1, 2, 3), { schedule: 'interleaved', calls: 16 });
    assert.deepEqual(writeArchive([segment], { container }), bytes);
  });

  it('shows a bare frame that reads and writes as described, with all that both sides say under the check', () => {
    const bytes = new Uint8Array(Buffer.from(EXAMPLES[5] as string, 'hex'));
    const xs = new Uint8Array(100).fill(0x78);
    const payload = Uint8Array.of(1, 2, 3);
    const check = frameCheck(xs, 3, { modelIdentity: IDENTITY, dictionaryIdentity: DICTIONARY, calls: 32 });
    assert.deepEqual(parseFrame(bytes), { length: 100, stored: false, check, payload });
    assert.deepEqual(writeFrame({ length: 100, stored: false, check, payload }), bytes);
    assert.equal(check, crc32([...xs, ...u32(3), ...IDENTITY, ...DICTIONARY, ...u32(32)]) % 2 ** 24);
  });

  it('has no example that the writer from this text alone would write otherwise', () => {
    const hex = (plan: Plan): string => Buffer.from(makeArchive(plan)).toString('hex').toUpperCase();
    const payload = [1, 2, 3];
    const ofModel = { kind: 2, model: [0xbe, 0xef], payload };
    assert.equal(
      hex({
        names: { name: 'hi.txt', type: 'text/plain' },
        parts: [{ kind: 0, length: 13, crc: 0xe43a2d96, payload: [...utf8('hello, hello!')] }],
      }),
      EXAMPLES[2],
    );
    const dictionary = [...DICTIONARY.slice(0, 4)];
    assert.equal(hex({ dictionary, parts: [{ ...ofModel, dial: 31, length: 100, crc: 0x5000735b }] }), EXAMPLES[3]);
    const rest = { kind: 0, length: 19, payload: [18, ...utf8('P6 # tiny\n2 2 255\n')] };
    const container = { form: 1, number: 1, geometry: [2, 2, 3], length: 30, crc: 0x971c7922, rest };
    assert.equal(hex({ container, parts: [{ ...ofModel, dial: 15, length: 12, crc: 0x36c6e607 }] }), EXAMPLES[4]);
  });

  it('names the code of every error', () => {
    const instances = [
      new errors.NotAnArchiveError(),
      new errors.UnsupportedVersionError(2),
      new errors.DamagedHeaderError(''),
      new errors.UnsupportedFeatureError(''),
      new errors.TruncatedArchiveError(''),
      new errors.TrailingBytesError(1),
      new errors.ChecksumMismatchError(0),
    ];
    assert.equal(instances.length, Object.keys(errors).length);
    for (const { code } of instances) assert.ok(FORMAT.includes(`\`${code}\``), code);
  });
});
