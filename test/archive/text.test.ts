import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fileNameOf, isFileName, isMediaType, MAX_NAME_BYTES } from '../../src/archive/text.js';

describe('names in an archive', () => {
  for (const name of [
    'a',
    'a.txt',
    '.profile',
    '...',
    'Größe — 色.txt',
    'a b',
    '\ufeffa',
    'x'.repeat(255),
    '😀'.repeat(63),
  ]) {
    it(`may be ${JSON.stringify(name.slice(0, 20))}`, () => assert.ok(isFileName(name)));
  }

  for (const name of [
    '',
    '.',
    '..',
    'a/b',
    'a\\b',
    'a\0',
    '\x1f',
    '\x7f',
    '\x9f',
    '\u2028',
    '\u2029',
    '\u202e',
    '\u2066',
    '\ud800',
  ]) {
    it(`may not be ${JSON.stringify(name)}`, () => assert.ok(!isFileName(name)));
  }

  it('have at most 255 bytes, not characters', () => {
    assert.ok(isFileName('ü'.repeat(127)));
    assert.ok(!isFileName('ü'.repeat(128)));
  });

  it('can be what is left of any name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), (given) => {
        const name = fileNameOf(given);
        if (name === undefined) return;
        assert.ok(isFileName(name));
        assert.ok(Buffer.byteLength(name) < MAX_NAME_BYTES);
        assert.equal(fileNameOf(name.trim()), name.trim());
      }),
      { numRuns: 2000 },
    );
  });

  it('are not kept where nothing is left', () => {
    for (const given of ['', '.', '..', 'a/', '/', '\\', '\u0007', ' ', '\u202e'])
      assert.equal(fileNameOf(given), undefined);
  });
});

describe('media types in an archive', () => {
  for (const type of [
    'text/plain',
    'TEXT/HTML',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'text/plain; charset=utf-8',
    'a/b; c="d; e"; f=g',
    'a/b; c="\\"\\\\"',
    `a/${'b'.repeat(125)}`,
  ]) {
    it(`may be ${type.slice(0, 40)}`, () => assert.ok(isMediaType(type)));
  }

  for (const type of [
    '',
    'text',
    '/plain',
    'text/',
    'text/plain ',
    ' text/plain',
    'text/plain;charset=utf-8',
    'text/plain ; charset=utf-8',
    'text/plain; charset',
    'text/plain; charset=',
    'text/plain; charset="utf-8',
    'text/plain; charset=utf-8;',
    'text/plain, text/html',
    'text/pläin',
    'text/plain\r\nx: y',
    'text/plain\n',
    'a/b; c="\n"',
    `a/${'b'.repeat(126)}`,
  ]) {
    it(`may not be ${JSON.stringify(type.slice(0, 40))}`, () => assert.ok(!isMediaType(type)));
  }
});
