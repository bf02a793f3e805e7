import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as errors from '../../src/archive/errors.js';
import { parseArchive } from '../../src/archive/parse.js';
import { writeArchive } from '../../src/archive/write.js';
import { ardm, stored, utf8 } from './samples.js';

const FORMAT = readFileSync(new URL('../../../src/archive/FORMAT.md', import.meta.url), 'utf8');

/** The archives of section 9: the hex columns of its indented blocks. */
const EXAMPLES = [...FORMAT.matchAll(/(?:^ {4}(?:[0-9A-F]{2} )+.*\n)+/gm)].map(([block]) =>
  block
    .split('\n')
    .map((line) => /^ {4}((?:[0-9A-F]{2} )+)/.exec(line)?.[1] ?? '')
    .join('')
    .replaceAll(' ', ''),
);

describe('FORMAT.md', () => {
  it('has two examples of the lengths it says', () => {
    assert.deepEqual(
      EXAMPLES.map((example) => example.length / 2),
      [22, 30],
    );
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
