import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ByteProgram, MOST_NOTES } from '../../src/bytes/byte-program.js';
import { codingSchema } from '../../src/bytes/coding-schema.js';
import { RangeEncoder } from '../../src/entropy/range-encoder.js';

const MODELS = new URL('../../../models/', import.meta.url);

for (const model of ['text-2', 'text-3', 'text-4']) {
  test(`${model}: the last note that there is room for can be coded, wherever in a page of memory it ends`, () => {
    const coding = codingSchema.parse(JSON.parse(readFileSync(new URL(`${model}/coding.json`, MODELS), 'utf8')));
    const last = MOST_NOTES - 1;
    // Longer and longer segments take one program, whose memory grows by whole pages: what is read behind the note must be there.
    for (let length = MOST_NOTES + 1; length <= 2 * MOST_NOTES; length++) {
      const program = ByteProgram.take(coding, length);
      program.bytes.fill(97);
      const rows = program.look(0, Uint32Array.of(0), 0, 1, last, 0);
      assert.equal(program.encode(last, 1, new Float32Array(256), 0, new RangeEncoder()), rows);
      program.giveBack();
    }
  });
}
