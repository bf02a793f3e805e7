import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import type { Predictor } from '../../src/ardm/predictor.js';
import { type Dial, totalCalls } from '../../src/ardm/schedule.js';
import { decodeSegment, encodeSegment, traceSegment } from '../../src/ardm/segment.js';
import type { Coding } from '../../src/bytes/coding.js';
import { RangeDecoder } from '../../src/entropy/range-decoder.js';
import { hashModel, InstantPredictor, mixingCoding, testCoding } from './fake-predictor.js';

const going = { aborted: false };

const model = (coding = testCoding()): ReturnType<typeof hashModel> => hashModel(coding);

async function roundTrip(bytes: Uint8Array, dial: Dial, coding = testCoding()): Promise<Uint8Array> {
  const payload = await encodeSegment(model(coding), bytes, dial, going);
  const back = await decodeSegment(model(coding), payload, bytes.length, dial, going);
  assert.deepEqual(back, bytes);
  return payload;
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

/** The bytes that a decoder makes of a payload without asking whether it was cut. */
async function dream(coding: Coding, payload: Uint8Array, length: number, dial: Dial): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const cut = Object.getOwnPropertyDescriptor(RangeDecoder.prototype, 'cut') as PropertyDescriptor;
  Object.defineProperty(RangeDecoder.prototype, 'cut', { ...cut, get: () => false });
  try {
    bytes.set(await decodeSegment(model(coding), payload, length, dial, going));
  } finally {
    Object.defineProperty(RangeDecoder.prototype, 'cut', cut);
  }
  return bytes;
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

  it('round trip of 70,000 bytes', async () => {
    await roundTrip(content(3, 70_000), { schedule: 'interleaved', calls: 16 });
  });

  it('round trip of any bytes under any dial', async () => {
    const anything = fc.uint8Array({ maxLength: 2500 });
    await fc.assert(
      fc.asyncProperty(anything, dials, async (bytes, dial) => {
        await roundTrip(bytes, dial);
      }),
      { numRuns: 60 },
    );
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

  it('gives up a payload that was cut, soon after its end', async () => {
    for (const coding of [testCoding(), mixingCoding()]) {
      const dial: Dial = { schedule: 'interleaved', calls: 64 };
      const bytes = content(3, 4096);
      const payload = await encodeSegment(model(coding), bytes, dial, going);
      for (const share of [0.1, 0.5, 0.8]) {
        const decoder = model(coding);
        const cut = payload.subarray(0, Math.floor(payload.length * share) | 1);
        const back = await decodeSegment(decoder, cut, bytes.length, dial, going);
        assert.ok(back.length < bytes.length);
        const calls = totalCalls(bytes.length, dial);
        const made = decoder.predictor.rowsPerCall.length;
        assert.ok(made < calls * (share + 0.15), `${made} of ${calls} calls for ${share}`);
      }
    }
  });

  it('gives back a file that was made by decoding a few bytes', async () => {
    for (const coding of [testCoding(), mixingCoding()]) {
      const dial: Dial = { schedule: 'interleaved', calls: 64 };
      for (const short of [[], [1], [0x12, 0x34, 0x57], [0xff, 0xff, 0xff]]) {
        const dreamt = await dream(coding, Uint8Array.from(short), 700, dial);
        await roundTrip(dreamt, dial, coding);
      }
    }
  });

  it('stops between calls when the request has ended', async () => {
    const dial: Dial = { schedule: 'interleaved', calls: 32 };
    const payload = await encodeSegment(model(), content(0, 3000), dial, going);
    const signal = { aborted: false };
    const stopping = model();
    const predict = stopping.predictor.predict.bind(stopping.predictor);
    stopping.predictor.predict = async (inputs, rows) => {
      if (stopping.predictor.rowsPerCall.length === 4) signal.aborted = true;
      return predict(inputs, rows);
    };
    await assert.rejects(decodeSegment(stopping, payload, 3000, dial, signal), WorkAbandoned);
    assert.equal(stopping.predictor.rowsPerCall.length, 5);
    await assert.rejects(encodeSegment(model(), content(0, 3000), dial, { aborted: true }), WorkAbandoned);
  });
});

describe('encodeSegment and decodeSegment with mixing, in blocks as long as a segment', () => {
  for (const length of [0, 1, 2, 3, 255, 256, 1023, 1024, 1025, 2049, 5000]) {
    it(`round trip of ${length} bytes, both schedules`, async () => {
      for (const kind of [0, 1, 2]) {
        await roundTrip(content(kind, length), { schedule: 'interleaved', calls: 64 }, mixingCoding());
        await roundTrip(content(kind, length), { schedule: 'random', calls: 20 }, mixingCoding());
      }
    });
  }

  it('round trip of any bytes under any dial', async () => {
    const anything = fc.uint8Array({ maxLength: 2500, size: 'max' });
    await fc.assert(
      fc.asyncProperty(anything, dials, async (bytes, dial) => {
        await roundTrip(bytes, dial, mixingCoding());
      }),
      { numRuns: 30 },
    );
  });

  it('learns from the segment: what repeats shrinks, though the network knows nothing of it', async () => {
    const dial: Dial = { schedule: 'interleaved', calls: 128 };
    const bytes = content(0, 12_000);
    const alone = await roundTrip(bytes, dial);
    const mixed = await roundTrip(bytes, dial, mixingCoding());
    assert.ok(alone.length > 12_000 && mixed.length < 1500, `${alone.length} ${mixed.length}`);
    const noise = Uint8Array.from({ length: 5000 }, (_, i) => Math.imul(Math.imul(i, i) ^ (i << 7), 0x9e3779b1) >>> 24);
    const [plain, unsure] = [await roundTrip(noise, dial), await roundTrip(noise, dial, mixingCoding())];
    assert.ok(unsure.length < plain.length, 'and what the network gets wrong is trusted less');
  });

  it('joins the calls of a long block into network calls of at most 1,024 rows, and no fewer than fit', async () => {
    for (const [calls, rows] of [
      [1, [1024, 1024, 1024, 1024, 904]],
      // 12 lanes: 85 calls of them are 1,020 rows; 16: 64 are 1,024.
      [86, [1020, 1020, 1020, 1020, 920]],
      [64, [1024, 1024, 1024, 1024, 904]],
      [1024, [1024, 1024, 1024, 1024, 904]],
    ] as const) {
      const encoder = model(mixingCoding());
      const dial: Dial = { schedule: 'interleaved', calls };
      const payload = await encodeSegment(encoder, content(0, 5000), dial, going);
      assert.deepEqual(encoder.predictor.rowsPerCall, rows);
      const decoder = model(mixingCoding());
      await decodeSegment(decoder, payload, 5000, dial, going);
      const lanes = Math.ceil(1024 / calls);
      const taken = Array.from({ length: Math.ceil(5000 / lanes) }, (_, t) => Math.min(lanes, 5000 - t * lanes));
      assert.deepEqual(decoder.predictor.rowsPerCall, taken);
    }
  });

  it('codes the random order in blocks of 1,024 all the same', async () => {
    const decoder = model(mixingCoding());
    await decodeSegment(decoder, new Uint8Array(9), 2500, { schedule: 'random', calls: 7 }, going);
    assert.equal(decoder.predictor.rowsPerCall.length, 21);
  });

  it('gives other bytes, not an error, for a damaged or an empty payload', async () => {
    const dial: Dial = { schedule: 'interleaved', calls: 128 };
    const bytes = content(0, 3000);
    const payload = await encodeSegment(model(mixingCoding()), bytes, dial, going);
    payload[10] = (payload[10] ?? 0) ^ 4;
    for (const damaged of [payload, new Uint8Array(0), new Uint8Array(5000).fill(0xff)]) {
      const back = await decodeSegment(model(mixingCoding()), damaged, bytes.length, dial, going);
      // All, or none where the string is read far past its end, as one that was cut is.
      assert.ok(back.length === bytes.length || back.length === 0, `${back.length} bytes`);
      assert.notDeepEqual(back, bytes);
    }
  });

  it('stops between calls when the request has ended', async () => {
    const dial: Dial = { schedule: 'interleaved', calls: 1024 };
    const signal = { aborted: false };
    const stopping = model(mixingCoding());
    const predict = stopping.predictor.predict.bind(stopping.predictor);
    stopping.predictor.predict = async (inputs, rows) => {
      if (stopping.predictor.rowsPerCall.length === 4) signal.aborted = true;
      return predict(inputs, rows);
    };
    await assert.rejects(decodeSegment(stopping, new Uint8Array(9), 100_000, dial, signal), WorkAbandoned);
    assert.equal(stopping.predictor.rowsPerCall.length, 5);
  });
});

it('how many rows a predictor takes at once changes no byte', async () => {
  const bytes = Uint8Array.from({ length: 2_600 }, (_, i) => (i * i) % 251);
  for (const coding of [testCoding(), mixingCoding()]) {
    for (const calls of [1, 7, 128]) {
      const payloads: Uint8Array[] = [];
      for (const rowsAtOnce of [1, 100, 256, 1_024]) {
        const encoder = hashModel(coding, rowsAtOnce);
        const dial = { schedule: 'interleaved', calls } as const;
        payloads.push(await encodeSegment(encoder, bytes, dial, { aborted: false }));
        const largest = Math.ceil(1_024 / calls);
        assert.ok(encoder.predictor.rowsPerCall.every((rows) => rows <= Math.max(rowsAtOnce, largest)));
      }
      for (const payload of payloads) assert.deepEqual(payload, payloads[0]);
    }
  }
});

describe('a predictor that computes several calls at once', () => {
  /** Answers in any order, and counts how many calls wait at once. */
  function several(coding: Coding, callsAtOnce: number, rowsAtOnce: number) {
    const { domain, predictor } = hashModel(coding, rowsAtOnce);
    const waiting: (() => void)[] = [];
    const seen = { most: 0 };
    const predict: Predictor['predict'] = async (inputs, rows) => {
      seen.most = Math.max(seen.most, waiting.length + 1);
      // The latest of those that wait is answered first.
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        setImmediate(() => waiting.pop()?.());
      });
      return await predictor.predict(inputs, rows);
    };
    return { model: { domain, predictors: [{ rowsAtOnce, callsAtOnce, predict }] }, predictor, seen };
  }

  const skipping = (): Coding => {
    const coding = mixingCoding();
    const mixing = coding.mixing as NonNullable<Coding['mixing']>;
    const { weights, final } = mixing;
    return { ...coding, mixing: { ...mixing, skip: { matchLength: 8, historyCount: 3, weights, final } } };
  };

  it('changes no byte, and is asked as many as it wants', async () => {
    const bytes = content(0, 9_000);
    for (const [name, coding] of Object.entries({
      plain: testCoding(),
      mixing: mixingCoding(),
      skipping: skipping(),
    })) {
      for (const calls of [1, 7, 128, 1_024]) {
        const dial: Dial = { schedule: 'interleaved', calls };
        const expected = await encodeSegment(hashModel(coding), bytes, dial, going);
        for (const [callsAtOnce, rowsAtOnce] of [
          [2, 256],
          [4, 100],
          [40, 256],
        ] as const) {
          const { model: ahead, seen } = several(coding, callsAtOnce, rowsAtOnce);
          assert.deepEqual(await encodeSegment(ahead, bytes, dial, going), expected, `${name} ${calls} ${callsAtOnce}`);
          assert.ok(seen.most <= callsAtOnce, `${seen.most} at once`);
          if (name !== 'skipping') assert.ok(seen.most > 1);
        }
      }
    }
  });

  it('learns a condition and traces a segment to the same', async () => {
    const bytes = content(0, 3_000);
    const dial: Dial = { schedule: 'interleaved', calls: 64 };
    const { model: ahead } = several(mixingCoding(), 4, 64);
    assert.deepEqual(
      await traceSegment(ahead, bytes, dial, going),
      await traceSegment(hashModel(mixingCoding()), bytes, dial, going),
    );
  });

  it('is given up, and a call that fails is told of once', async () => {
    const { model: ahead, predictor } = several(mixingCoding(), 4, 64);
    const signal = { aborted: false };
    predictor.predict = async () => {
      signal.aborted = true;
      throw new Error('no network');
    };
    const dial: Dial = { schedule: 'interleaved', calls: 64 };
    await assert.rejects(encodeSegment(ahead, content(0, 3_000), dial, signal), /no network/);
    await assert.rejects(encodeSegment(ahead, content(0, 3_000), dial, signal), WorkAbandoned);
    // What still waits fails unheard.
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

describe('a predictor that answers some calls at once', () => {
  const instant = (coding: Coding, upTo: number) => {
    const predictor = new InstantPredictor(coding.columns.length, upTo);
    return { domain: hashModel(coding).domain, predictors: [predictor], predictor };
  };

  it('decodes the same bytes, and is asked so by decoders alone', async () => {
    const bytes = content(0, 5_000);
    for (const coding of [testCoding(), mixingCoding()]) {
      for (const calls of [7, 128, 1_024]) {
        const dial: Dial = { schedule: 'interleaved', calls };
        const encoder = instant(coding, 64);
        const payload = await encodeSegment(encoder, bytes, dial, going);
        assert.deepEqual(encoder.predictor.atOnce, []);
        for (const upTo of [0, 1, 7, 8, 64, 1_024]) {
          const decoder = instant(coding, upTo);
          assert.deepEqual(await decodeSegment(decoder, payload, bytes.length, dial, going), bytes, `${calls} ${upTo}`);
          const { atOnce, rowsPerCall } = decoder.predictor;
          assert.ok(atOnce.every((rows) => rows <= upTo));
          // Nearly all of those that may be: now and then it is the others' turn.
          const few = rowsPerCall.filter((rows) => rows <= upTo).length;
          assert.ok(atOnce.length >= few / 2 - 5, `${atOnce.length} of ${few}`);
        }
      }
    }
  });

  it('may write an answer over the one before, which nobody looks at any more', async () => {
    const bytes = content(0, 5_000);
    for (const calls of [64, 1_024]) {
      const dial: Dial = { schedule: 'interleaved', calls };
      const { domain, predictor } = hashModel(mixingCoding());
      const payload = await encodeSegment({ domain, predictors: [predictor] }, bytes, dial, going);
      let again = 0;
      const predict: Predictor['predict'] = async (inputs, rows, room) => {
        const output = await predictor.predict(inputs, rows);
        if (!room || room.length < output.length) return output;
        again++;
        room.set(output);
        return room.subarray(0, output.length);
      };
      const model = { domain, predictors: [{ rowsAtOnce: 256, predict }] };
      assert.deepEqual(await decodeSegment(model, payload, bytes.length, dial, going), bytes);
      // Of 16 rows and more they are freed.
      assert.ok(calls === 64 ? again === 0 : again > 4_900, `${again}`);
    }
  });

  it('leaves others their turn, and gives up soon after it is told to', async () => {
    const dial: Dial = { schedule: 'interleaved', calls: 1_024 };
    const bytes = content(0, 60_000);
    const payload = await encodeSegment(instant(mixingCoding(), 8), bytes, dial, going);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const decoder = instant(mixingCoding(), 8);
    const began = performance.now();
    await decodeSegment(decoder, payload, bytes.length, dial, going);
    const milliseconds = performance.now() - began;
    clearInterval(timer);
    assert.ok(turns >= milliseconds / 100, `${turns} turns in ${milliseconds} ms`);
    const signal = { aborted: false };
    setTimeout(() => {
      signal.aborted = true;
    }, 10);
    const stopping = instant(mixingCoding(), 8);
    await assert.rejects(decodeSegment(stopping, payload, bytes.length, dial, signal), WorkAbandoned);
    assert.ok(stopping.predictor.rowsPerCall.length < bytes.length);
  });
});
