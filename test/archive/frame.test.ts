import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DamagedHeaderError, TruncatedArchiveError } from '../../src/archive/errors.js';
import { frameCheck, parseFrame, writeFrame } from '../../src/archive/frame.js';
import { ArdmError } from '../../src/errors.js';

const MODEL = new Uint8Array(32).fill(7);
const DICTIONARY = new Uint8Array(32).fill(9);
const setting = { modelIdentity: MODEL, dictionaryIdentity: DICTIONARY, calls: 128 };

describe('a bare frame', () => {
  it('has the bytes that the format says', () => {
    const payload = Uint8Array.of(1, 2, 3);
    assert.deepEqual([...writeFrame({ length: 40, stored: false, check: 0x030201, payload })], [80, 1, 2, 3, 1, 2, 3]);
    assert.deepEqual(
      [...writeFrame({ length: 3, stored: true, check: 0xffeedd, payload })],
      [7, 0xdd, 0xee, 0xff, 1, 2, 3],
    );
    assert.deepEqual(
      [...writeFrame({ length: 100, stored: false, check: 0, payload })],
      [0xc8, 0x00, 0, 0, 0, 1, 2, 3],
    );
  });

  it('is read as it was written, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 19),
        fc.boolean(),
        fc.nat(0xffffff),
        fc.uint8Array({ maxLength: 50 }),
        (length, stored, check, payload) => {
          const frame = { length, stored, check, payload };
          assert.deepEqual(parseFrame(writeFrame(frame)), frame);
        },
      ),
    );
  });

  it('of any bytes is one that would be written so, or refused with an error of its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        try {
          assert.deepEqual(writeFrame(parseFrame(bytes)), bytes);
        } catch (error) {
          assert.ok(error instanceof ArdmError, String(error));
        }
      }),
    );
    for (const bytes of [[], [80], [80, 1, 2], [0x80]]) {
      assert.throws(() => parseFrame(Uint8Array.from(bytes)), TruncatedArchiveError, `${bytes}`);
    }
    assert.throws(() => parseFrame(new Uint8Array(12).fill(0xff)), DamagedHeaderError);
  });

  it('has a check that covers all that is said on both sides', () => {
    const original = Buffer.from('a record');
    const check = frameCheck(original, 5, setting);
    assert.ok(check >= 0 && check <= 0xffffff);
    const others = [
      frameCheck(Buffer.from('A record'), 5, setting),
      frameCheck(original, 6, setting),
      frameCheck(original, 5, { ...setting, calls: 127 }),
      frameCheck(original, 5, { ...setting, modelIdentity: DICTIONARY }),
      frameCheck(original, 5, { ...setting, dictionaryIdentity: MODEL }),
      frameCheck(original, 5, { ...setting, dictionaryIdentity: undefined }),
    ];
    assert.equal(new Set([check, ...others]).size, 7);
  });
});
