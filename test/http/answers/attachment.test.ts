import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { archiveName, attachment, originalName } from '../../../src/http/answers/attachment.js';

describe('names of answers', () => {
  for (const [given, archive] of [
    [undefined, 'data.ardm'],
    ['', 'data.ardm'],
    ['.', 'data.ardm'],
    ['..', 'data.ardm'],
    ['a.txt', 'a.txt.ardm'],
    ['a.ardm', 'a.ardm.ardm'],
    ['/etc/passwd', 'passwd.ardm'],
    ['..\\..\\boot.ini', 'boot.ini.ardm'],
    ['folder/', 'data.ardm'],
    ['a\r\nSet-Cookie: b', 'aSet-Cookie: b.ardm'],
    ['exe\u202Etxt.a', 'exetxt.a.ardm'],
    ['\u0000\u0007', 'data.ardm'],
    ['\ud800', '\ufffd.ardm'],
    [' spaced ', 'spaced.ardm'],
    ['日本語.txt', '日本語.txt.ardm'],
  ] as const) {
    it(`${JSON.stringify(given)} gives ${archive}`, () => assert.equal(archiveName(given), archive));
  }

  for (const [archive, original] of [
    [undefined, 'data'],
    ['a.txt.ardm', 'a.txt'],
    ['A.TXT.ARDM', 'A.TXT'],
    ['a.txt', 'a.txt'],
    ['.ardm', 'data'],
    ['...ardm', 'data'],
    ['a/b.ardm', 'b'],
  ] as const) {
    it(`${JSON.stringify(archive)} held ${original}`, () => assert.equal(originalName(archive), original));
  }

  it('fit into file systems, in whole characters', () => {
    for (const character of ['x', 'ü', '語', '😀']) {
      const name = archiveName(character.repeat(500));
      assert.ok(Buffer.byteLength(name) <= 255 && Buffer.byteLength(name) > 230);
      assert.doesNotMatch(name, /\ufffd/);
    }
  });

  it('are written so that every header parser reads them', () => {
    assert.equal(attachment('a b.txt'), 'attachment; filename="a b.txt"');
    assert.equal(
      attachment('a"b\\c%41.txt'),
      `attachment; filename="a_b_c_41.txt"; filename*=UTF-8''a%22b%5Cc%2541.txt`,
    );
    assert.equal(
      attachment("ü(1)'*.txt"),
      `attachment; filename="_(1)'*.txt"; filename*=UTF-8''%C3%BC%281%29%27%2A.txt`,
    );
  });

  it('come back from their header as they were, and cannot leave it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), (given) => {
        const name = archiveName(given);
        const header = attachment(name);
        assert.match(
          header,
          /^attachment; filename="[\x20-\x21\x23-\x5b\x5d-\x7e]+"(; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+)?$/,
        );
        const extended = /filename\*=UTF-8''(.*)$/.exec(header)?.[1];
        const plain = /filename="(.*?)"/.exec(header)?.[1];
        assert.equal(extended === undefined ? plain : decodeURIComponent(extended), name);
        assert.equal(originalName(name), name.slice(0, -'.ardm'.length));
        assert.doesNotMatch(name, /[/\\\p{Cc}]/u);
      }),
      { numRuns: 500, seed: 3 },
    );
  });
});
