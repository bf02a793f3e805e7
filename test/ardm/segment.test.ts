import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import { type Dial, totalCalls } from '../../src/ardm/schedule.js';
import { type ArdmModel, decodeSegment, encodeSegment } from '../../src/ardm/segment.js';
import { HashPredictor, testCoding } from './fake-predictor.js';

const going = { aborted: false };

function model(): ArdmModel & { predictor: HashPredictor } {
  const coding = testCoding();
  return { coding, predictor: new HashPredictor(coding.columns.length) };
}

async function roundTrip(bytes: Uint8Array, dial: Dial): Promise<void> {
  const payload = await encodeSegment(model(), bytes, dial, going);
  const back = await decodeSegment(model(), payload, bytes.length, dial, going);
  assert.deepEqual(back, bytes);
}

const dials = fc.record({
  schedule: fc.constantFrom('interleaved' as const, 'random' as const),
  calls: fc.constantFrom(1, 2, 3, 16, 86, 128, 1000, 1024),
});

function content(kind: number, length: number): Uint8Array {
  const text = 'So she was considering in her own mind (as well as she could), {"id": 17, "ok": true},\n';
  return Uint8Array.from({ length }, (_, i) => {
    if (kind === 0) return text.charCodeAt(i % text.length);
    if (kind === 1) return 0;
    return Math.imul(i + 1, 0x9e3779b1) >>> (kind === 2 ? 24 : 28);
  });
}

describe('encodeSegment and decodeSegment', () => {
  for (const length of [0, 1, 2, 3, 255, 256, 1023, 1024, 1025, 2047, 5000]) {
    for (const kind of [0, 1, 2]) {
      it(`round trip of ${length} bytes of kind ${kind}, both schedules`, async () => {
        await roundTrip(content(kind, length), { schedule: 'interleaved', calls: 64 });
        await roundTrip(content(kind, length), { schedule: 'random', calls: 20 });
      });
    }
  }

  it('round trip of 70,000 bytes', () => roundTrip(content(3, 70_000), { schedule: 'interleaved', calls: 16 }));

  it('round trip of any bytes under any dial', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2500 }), dials, roundTrip), { numRuns: 60 });
  });

  it('encodes with one network call a block and decodes with those of the schedule', async () => {
    const dial: Dial = { schedule: 'interleaved', calls: 86 };
    const bytes = content(0, 2600);
    const encoder = model();
    const payload = await encodeSegment(encoder, bytes, dial, going);
    assert.deepEqual(encoder.predictor.rowsPerCall, [1024, 1024, 552]);
    const decoder = model();
    await decodeSegment(decoder, payload, bytes.length, dial, going);
    assert.equal(decoder.predictor.rowsPerCall.length, totalCalls(bytes.length, dial));
  });

  it('gives other bytes, not an error, for a damaged payload', async () => {
    const dial: Dial = { schedule: 'interleaved', calls: 32 };
    const bytes = content(0, 700);
    const payload = await encodeSegment(model(), bytes, dial, going);
    payload[10] = (payload[10] ?? 0) ^ 4;
    const back = await decodeSegment(model(), payload, bytes.length, dial, going);
    assert.notDeepEqual(back, bytes);
  });

  it('stops between calls when the request has ended', async () => {
    const dial: Dial = { schedule: 'interleaved', calls: 32 };
    const payload = await encodeSegment(model(), content(0, 3000), dial, going);
    const signal = { aborted: false };
    const stopping = model();
    const predict = stopping.predictor.predict.bind(stopping.predictor);
    stopping.predictor.predict = async (indices, rows) => {
      if (stopping.predictor.rowsPerCall.length === 4) signal.aborted = true;
      return predict(indices, rows);
    };
    await assert.rejects(decodeSegment(stopping, payload, 3000, dial, signal), WorkAbandoned);
    assert.equal(stopping.predictor.rowsPerCall.length, 5);
    await assert.rejects(encodeSegment(model(), content(0, 3000), dial, { aborted: true }), WorkAbandoned);
  });
});
