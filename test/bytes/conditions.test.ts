import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Domain } from '../../src/ardm/domain.js';
import type { Primed } from '../../src/ardm/kind.js';
import type { Dial } from '../../src/ardm/schedule.js';
import { decodeSegment, encodeSegment, learnCondition } from '../../src/ardm/segment.js';
import type { Coding } from '../../src/bytes/coding.js';
import { conditionsOf } from '../../src/bytes/conditions.js';
import { RangeEncoder } from '../../src/entropy/range-encoder.js';
import { HashPredictor, mixingCoding, testCoding } from '../ardm/fake-predictor.js';
import { bytesOf } from './any-bytes.js';
import { ReferenceDomain } from './reference/reference-domain.js';

const NEVER = { aborted: false };
const plain = mixingCoding();
const { weights, final } = plain.mixing ?? assert.fail();
const skipping: Coding = {
  ...plain,
  mixing: { ...(plain.mixing ?? assert.fail()), skip: { matchLength: 8, historyCount: 2, weights, final } },
};
const CODINGS = [testCoding(), plain, skipping] as const;

function predictorsOf(coding: Coding): readonly [HashPredictor] {
  return [new HashPredictor(coding.columns.length)];
}

async function primed(coding: Coding, condition: Uint8Array, length: number): Promise<Primed> {
  const conditions = conditionsOf(coding);
  const priming = conditions.prime(condition, conditions.sizeFor(condition.length, length));
  return await learnCondition({ predictors: predictorsOf(coding) }, priming, NEVER);
}

async function encode(coding: Coding, state: Primed, bytes: Uint8Array, dial: Dial): Promise<Uint8Array> {
  const domain = (data: Uint8Array): Domain => state.domain(data, dial);
  return await encodeSegment({ domain, predictors: predictorsOf(coding) }, bytes, dial, NEVER);
}

async function decode(
  coding: Coding,
  state: Primed,
  payload: Uint8Array,
  length: number,
  dial: Dial,
): Promise<Uint8Array> {
  const domain = (data: Uint8Array): Domain => state.domain(data, dial);
  return await decodeSegment({ domain, predictors: predictorsOf(coding) }, payload, length, dial, NEVER);
}

/** The payload by the plain reference: condition and segment in one array, the condition coded first into nothing. */
async function expected(coding: Coding, condition: Uint8Array, bytes: Uint8Array, dial: Dial): Promise<Uint8Array> {
  const size = conditionsOf(coding).sizeFor(condition.length, bytes.length);
  const domain = new ReferenceDomain(coding, Buffer.concat([condition, bytes]), dial, condition.length, size);
  const [predictor] = predictorsOf(coding);
  let encoder = new RangeEncoder();
  for (const block of domain.blocks()) {
    for (let call = 0; call + 1 < block.starts.length; call++) {
      const [from, to] = [block.starts[call] as number, block.starts[call + 1] as number];
      const rows = domain.look(block, from, to, 0);
      const logits = rows > 0 ? await predictor.predict(domain.inputs(rows), rows) : new Float32Array(0);
      domain.encode(block, from, to, logits, encoder);
      domain.reveal(block, from, to);
    }
    domain.endBlock(block);
    if (block.start === 0) encoder = new RangeEncoder();
  }
  return encoder.finishUncut();
}

const dials: fc.Arbitrary<Dial> = fc.oneof(
  fc.record({ schedule: fc.constant('interleaved' as const), calls: fc.constantFrom(1, 2, 7, 32, 128, 1024) }),
  fc.record({ schedule: fc.constant('random' as const), calls: fc.integer({ min: 1, max: 40 }) }),
);

function filled(minimum: number, bytes: Uint8Array): Uint8Array {
  return bytes.length >= minimum ? bytes : Uint8Array.from({ length: minimum }, (_, i) => bytes[i] ?? 97 + (i % 7));
}

describe('conditions of bytes', () => {
  it('are the reference to the bit, for one segment after another from one state', async () => {
    await fc.assert(
      fc.asyncProperty(
        bytesOf(2500),
        fc.array(fc.tuple(bytesOf(1800), dials), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...CODINGS),
        async (drawn, segments, coding) => {
          const condition = filled(1, drawn);
          const state = await primed(coding, condition, 100);
          for (const [bytes, dial] of segments) {
            const payload = await encode(coding, state, bytes, dial);
            assert.deepEqual(payload, await expected(coding, condition, bytes, dial));
            assert.deepEqual(await decode(coding, state, payload, bytes.length, dial), bytes);
          }
          state.release();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are the reference for segments whose learning is undone, copied over, or that need larger tables', async () => {
    const condition = Uint8Array.from(Buffer.from('{"id":1,"name":"first"}\n{"id":2,"name":"second"}\n'.repeat(40)));
    const text = Buffer.from('{"id":17,"name":"another","tags":["a","b"]}\n'.repeat(800));
    const dial: Dial = { schedule: 'interleaved', calls: 64 };
    for (const coding of CODINGS) {
      const short = await primed(coding, condition, 1);
      for (const length of [4096, 1, 4097, 8192, 300, 4096]) {
        const bytes = Uint8Array.from(text.subarray(0, length));
        const payload = await encode(coding, short, bytes, dial);
        assert.deepEqual(payload, await expected(coding, condition, bytes, dial), `${length}`);
        assert.deepEqual(await decode(coding, short, payload, length, dial), bytes, `${length}`);
      }
      const bytes = Uint8Array.from(text.subarray(0, 20_000));
      const long = await primed(coding, condition, bytes.length);
      assert.deepEqual(await encode(coding, long, bytes, dial), await expected(coding, condition, bytes, dial));
    }
  });

  it('serve segments at the same time, and those that have begun when they are released', async () => {
    const coding = plain;
    const condition = Uint8Array.from(Buffer.from('alpha beta gamma delta '.repeat(60)));
    const state = await primed(coding, condition, 1);
    const texts = Array.from({ length: 12 }, (_, i) =>
      Uint8Array.from(Buffer.from(`beta gamma ${i} delta `.repeat(30 + i))),
    );
    const dial: Dial = { schedule: 'interleaved', calls: 16 };
    const alone: Uint8Array[] = [];
    for (const text of texts) alone.push(await encode(coding, state, text, dial));
    const together = texts.map((text) => encode(coding, state, text, dial));
    state.release();
    assert.deepEqual(await Promise.all(together), alone);
  });

  it('make the tables as large as the condition, not the segment, up to 8 KiB, and count what they hold', async () => {
    const { sizeFor } = conditionsOf(plain);
    assert.deepEqual(
      [1, 8192, 8193, 131_072].map((known) => sizeFor(known, 8192)),
      [8192, 8192, 8193, 131_072],
    );
    assert.deepEqual(
      [8193, 100_000, 2 ** 19].map((length) => sizeFor(16_384, length)),
      [2 ** 15, 2 ** 17, 2 ** 20],
    );
    const state = await primed(plain, new Uint8Array(1000), 1);
    const before = state.memory;
    assert.ok(before > 2_000_000 && before < 20_000_000, `${before}`);
    state.release();
    assert.ok(state.memory < before);
  });
});
