import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteProgram } from '../../src/bytes/byte-program.js';
import { RangeEncoder } from '../../src/entropy/range-encoder.js';
import { mixingCoding } from '../ardm/fake-predictor.js';

test('the last note that there is room for can be coded, wherever in a page of memory it ends', () => {
  const coding = mixingCoding();
  // What is read behind its values must be there: longer and longer segments take one program, whose memory grows by whole pages.
  for (let length = 1025; length <= 4096; length++) {
    const program = ByteProgram.take(coding, length);
    program.bytes.fill(97);
    const last = (length <= 2048 ? 2048 : 4096) - 1;
    const rows = program.look(0, Uint32Array.of(0), 0, 1, last, 0);
    assert.equal(program.encode(last, 1, new Float32Array(256), 0, new RangeEncoder()), rows);
    program.giveBack();
  }
});
