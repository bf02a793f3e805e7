import assert from 'node:assert/strict';
import { it } from 'node:test';
import { elementsOf } from './records.js';

it('a record is an element of a collection, without white space', () => {
  assert.deepEqual(elementsOf('[ {"a": 1}, "\\u00e9" ]'), ['{"a":1}', '"é"']);
  assert.deepEqual(elementsOf('{ "x": [1, 2], "y": {} }'), ['[1,2]', '{}']);
  assert.deepEqual(elementsOf('{ "n": 0, "all": [ {"b": 2} ] }', 'all'), ['{"b":2}']);
});
