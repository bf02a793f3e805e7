import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { InvalidSamplesError } from '../../src/dictionaries/errors.js';
import { type Split, splitSamples } from '../../src/dictionaries/samples.js';

function split(text: string, how: Split = 'auto'): string[] {
  return splitSamples(Buffer.from(text), how).map((sample) => Buffer.from(sample).toString());
}

describe('samples', () => {
  it('are the lines of a text, NDJSON too, whatever ends them', () => {
    assert.deepEqual(split('one\ntwo\n\n  \nthree'), ['one', 'two', 'three']);
    assert.deepEqual(split('{"a":1}\n{"a":[2,3]}\n'), ['{"a":1}', '{"a":[2,3]}']);
    assert.deepEqual(split('one\r\ntwo\r\n'), ['one\r', 'two\r']);
    assert.deepEqual(split('[1,2]', 'lines'), ['[1,2]']);
  });

  it('are the elements of a JSON array as they stand there', () => {
    const text = ' [ {"a": "x,]}\\"y\\\\"} ,\n[1, [2]], "s,t" ,  3.50e1,null,\ttrue ]\n';
    assert.deepEqual(split(text), ['{"a": "x,]}\\"y\\\\"}', '[1, [2]]', '"s,t"', '3.50e1', 'null', 'true']);
    assert.deepEqual(split(text, 'json'), split(text));
    assert.deepEqual(split('[]', 'json'), []);
  });

  it('are pieces of 1,024 bytes of what has no parts', () => {
    const text = 'x'.repeat(2500);
    assert.deepEqual(
      split(text).map(({ length }) => length),
      [1024, 1024, 452],
    );
    assert.deepEqual(split('a\nb\n', 'none'), ['a\nb\n']);
    assert.deepEqual(splitSamples(new Uint8Array(0), 'auto'), []);
  });

  it('must be JSON where that is asked for', () => {
    for (const text of ['{"a":1}\nnot json\n', 'plain', '[1,2']) {
      assert.throws(() => split(text, 'json'), InvalidSamplesError, text);
    }
    // Not an array: lines.
    assert.deepEqual(split('[1,2\n3]'), ['[1,2', '3]']);
  });

  it('of any JSON array, however it is written, are its elements', () => {
    const spaces = fc.constantFrom('', ' ', '\n', '\t \r\n');
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), spaces, fc.constantFrom(undefined, 1, '\t'), (values, space, indent) => {
        const written = values.map((value) => JSON.stringify(value, null, indent));
        const text = `${space}[${space}${written.join(`${space},${space}`)}${space}]${space}`;
        assert.deepEqual(split(text, 'json'), written);
      }),
    );
  });

  it('hold all bytes of a body but line feeds and empty lines, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.constantFrom<Split>('lines', 'none'), (bytes, how) => {
        const joined = Buffer.concat(splitSamples(bytes, how));
        const kept = how === 'none' ? Buffer.from(bytes) : joined;
        assert.ok(kept.equals(joined));
        assert.ok(joined.length <= bytes.length);
      }),
    );
  });
});
