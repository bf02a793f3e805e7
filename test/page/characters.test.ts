import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { charactersOf, HEAT, heatOf, textOf } from '../../src/page/characters.js';

describe('characters', () => {
  it('have the bits of all of their bytes, and are known with the last of them', () => {
    const bytes = Buffer.from('aé😀');
    assert.deepEqual(charactersOf(bytes, [1, 2, 3, 4, 5, 6, 7], [0, 5, 2, 1, 9, 3, 4]), [
      { shown: 'a', bits: 1, call: 0 },
      { shown: 'é', bits: 5, call: 5 },
      { shown: '😀', bits: 22, call: 9 },
    ]);
  });

  it('lose no bit and no byte, whatever the file is', () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 80 }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(any, (bytes) => {
        const characters = charactersOf(
          bytes,
          Array.from(bytes, (_, index) => index),
          Array.from(bytes, () => 3),
        );
        const sum = characters.reduce((all, { bits }) => all + bits, 0);
        assert.equal(
          sum,
          bytes.reduce((all, _, index) => all + index, 0),
        );
        const shown = characters.map((character) => character.shown).join('');
        if (textOf(bytes) === undefined) assert.equal(shown.replaceAll(' ', ''), Buffer.from(bytes).toString('hex'));
        else assert.deepEqual(Buffer.from(shown), Buffer.from(bytes));
      }),
    );
  });

  it('are bytes where a browser has no text to show', () => {
    assert.equal(textOf(Buffer.from([0xff, 0xfe])), undefined);
    assert.equal(textOf(Buffer.from('a\0b')), undefined);
    assert.equal(textOf(Buffer.from('a\tb\r\n')), 'a\tb\r\n');
    assert.equal(textOf(Buffer.from('\u{feff}a')), '\u{feff}a');
    assert.deepEqual(charactersOf(Uint8Array.of(0, 255), [8, 1], [0, 1]), [
      { shown: '00 ', bits: 8, call: 0 },
      { shown: 'ff ', bits: 1, call: 1 },
    ]);
  });

  it('are hotter the more they take', () => {
    assert.equal(heatOf(0), 0);
    assert.equal(heatOf(100), HEAT.length);
    for (const [index, from] of HEAT.entries())
      assert.deepEqual([heatOf(from - 0.01), heatOf(from)], [index, index + 1]);
  });
});
