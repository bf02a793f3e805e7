import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import { decodeSegment, encodeSegment, traceSegment } from '../../src/ardm/segment.js';
import type { OpenNetwork } from '../../src/runtime/open-network.js';
import { SOUND_MODELS } from '../../src/sound/kind.js';
import {
  bytesOf,
  CountingPredictor,
  fakePredictor,
  NEVER,
  releasedCoding,
  releasedNetwork,
  type SoundShape,
  soundModel,
  type Temper,
} from './fakes.js';
import { impulses, noise, type Signal, silence, square, voice } from './signals.js';

const CODING = releasedCoding();
const CALLS = [1, 2, 64, 1024];
const consecutive = (calls: number) => ({ schedule: 'consecutive', calls }) as const;

/** Of each kind of signal one, at so many bits. */
const SIGNALS: Readonly<Record<string, (bits: number, seed: number) => Signal>> = {
  silence: () => silence,
  square: (bits) => square(bits, 7),
  impulses: (bits) => impulses(bits, 50),
  noise,
  voice,
};

const drawn = fc
  .record({
    frames: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 300 })),
    shape: fc.tuple(
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom(8, 16, 24),
      fc.nat(2),
      fc.constantFrom(0, 1, 8000, 44_100, 2 ** 32 - 1),
    ),
    kind: fc.constantFrom(...Object.keys(SIGNALS)),
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
    temper: fc.constantFrom<Temper>('any', 'extreme'),
    calls: fc.oneof(fc.constantFrom(...CALLS), fc.integer({ min: 1, max: 1024 })),
  })
  .map(({ kind, seed, ...rest }) => {
    const made = SIGNALS[kind]?.(rest.shape[1], seed) as Signal;
    return { ...rest, kind, bytes: bytesOf(made, rest.frames, rest.shape) };
  });

describe('sound in segments', () => {
  let network: OpenNetwork;
  before(async () => {
    network = await releasedNetwork();
  });
  after(() => network.release());

  const released = (rowsAtOnce?: number): CountingPredictor =>
    new CountingPredictor((input, rows) => network.predict([input], rows), rowsAtOnce);

  for (const [kind, signal] of Object.entries(SIGNALS)) {
    it(`comes back by the released model, at every end of the dial: ${kind}`, async () => {
      for (const shape of [
        [1, 16, 1, 16_000],
        [2, 24, 2, 44_100],
        [8, 8, 0, 8000],
      ] satisfies SoundShape[]) {
        for (const [frames, dials] of [
          [1, [1, 1024]],
          [200, CALLS],
        ] as const) {
          const bytes = bytesOf(signal(shape[1], 5), frames, shape);
          for (const calls of dials) {
            const model = soundModel(CODING, shape, released());
            const payload = await encodeSegment(model, bytes, consecutive(calls), NEVER);
            const back = await decodeSegment(model, payload, bytes.length, consecutive(calls), NEVER);
            assert.equal(Buffer.compare(back, bytes), 0, `${shape}, ${frames} frames, ${calls} calls`);
          }
        }
      }
    });
  }

  it('is coded in few bits where it can be foretold, and in few too many where it cannot', async () => {
    const shape: SoundShape = [1, 16, 1, 16_000];
    const lengthOf = async (signal: Signal): Promise<number> => {
      const model = soundModel(CODING, shape, released());
      return (await encodeSegment(model, bytesOf(signal, 4000, shape), consecutive(64), NEVER)).length;
    };
    assert.ok((await lengthOf(silence)) < 60);
    assert.ok((await lengthOf(noise(16, 3))) < 8000 * 1.03);
    assert.ok((await lengthOf(voice(16, 3))) < 8000 * 0.7);
  });

  it('asks the network as often as its kind says, a row of each channel', async () => {
    for (const [shape, frames, calls] of [
      [[1, 16, 1, 8000], 100, 64],
      [[2, 16, 1, 8000], 1, 64],
      [[3, 24, 2, 8000], 65, 64],
      [[8, 8, 0, 8000], 300, 7],
      [[2, 16, 1, 8000], 257, 1024],
    ] satisfies [SoundShape, number, number][]) {
      const bytes = bytesOf(voice(shape[1], 4), frames, shape);
      const dial = consecutive(calls);
      const predictor = released();
      const model = soundModel(CODING, shape, predictor);
      const payload = await encodeSegment(model, bytes, dial, NEVER);
      const asked = predictor.rowsPerCall.splice(0);
      assert.equal(asked.length, SOUND_MODELS.encoderCalls(bytes.length, dial, shape));
      await decodeSegment(model, payload, bytes.length, dial, NEVER);
      assert.equal(predictor.rowsPerCall.length, SOUND_MODELS.totalCalls(bytes.length, dial, shape));
      for (const rows of [...asked, ...predictor.rowsPerCall]) assert.equal(rows, shape[0]);
    }
  });

  it('of nothing is nothing', async () => {
    const model = soundModel(CODING, [2, 16, 1, 8000], released());
    const payload = await encodeSegment(model, new Uint8Array(), consecutive(64), NEVER);
    assert.equal(payload.length, 0);
    assert.equal((await decodeSegment(model, payload, 0, consecutive(64), NEVER)).length, 0);
  });

  it('is traced frame by frame, in as many bits as it is coded in', async () => {
    const shape: SoundShape = [2, 16, 1, 8000];
    const bytes = bytesOf(voice(16, 8), 100, shape);
    const model = soundModel(CODING, shape, released());
    const { bits, calls } = await traceSegment(model, bytes, consecutive(10), NEVER);
    assert.deepEqual([bits.length, calls.length], [100, 100]);
    assert.deepEqual([calls[0], calls[9], calls[10], calls[99]], [0, 0, 1, 9]);
    const { length } = await encodeSegment(model, bytes, consecutive(10), NEVER);
    const sum = bits.reduce((total, each) => total + each, 0);
    assert.ok(Math.abs(sum / 8 - length) < 8, `${sum / 8} of ${length}`);
  });

  it('comes back whatever the network says', async () => {
    await fc.assert(
      fc.asyncProperty(drawn, async ({ shape, temper, bytes, calls }) => {
        const model = soundModel(CODING, shape, fakePredictor(temper));
        const payload = await encodeSegment(model, bytes, consecutive(calls), NEVER);
        assert.deepEqual(await decodeSegment(model, payload, bytes.length, consecutive(calls), NEVER), bytes);
      }),
      { numRuns: 60 },
    );
  });

  it('takes the same bytes however many rows a call may have', async () => {
    const shape: SoundShape = [3, 16, 1, 8000];
    const bytes = bytesOf(voice(16, 2), 150, shape);
    const payloads = await Promise.all(
      [1, 7, 4096].map((rows) =>
        encodeSegment(soundModel(CODING, shape, released(rows)), bytes, consecutive(20), NEVER),
      ),
    );
    for (const payload of payloads) assert.deepEqual(payload, payloads[0]);
  });

  it('that is damaged gives other samples, or none, and no error', async () => {
    const damage = fc.record({ at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }), cut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(drawn, damage, async ({ shape, temper, bytes, calls }, { at, bit, cut }) => {
        const model = soundModel(CODING, shape, fakePredictor(temper));
        const payload = await encodeSegment(model, bytes, consecutive(calls), NEVER);
        if (payload.length === 0) return;
        const place = at % payload.length;
        const damaged = cut
          ? payload.subarray(0, place)
          : Uint8Array.from(payload, (byte, i) => (i === place ? byte ^ (1 << bit) : byte));
        const back = await decodeSegment(model, damaged, bytes.length, consecutive(calls), NEVER);
        assert.ok(back.length === bytes.length || back.length === 0);
      }),
      { numRuns: 60 },
    );
  });

  it('of noise is decoded to something', async () => {
    await fc.assert(
      fc.asyncProperty(drawn, fc.uint8Array({ maxLength: 300 }), async ({ shape, bytes, calls }, payload) => {
        const model = soundModel(CODING, shape, released());
        const back = await decodeSegment(model, payload, bytes.length, consecutive(calls), NEVER);
        assert.ok(back.length === bytes.length || back.length === 0);
      }),
      { numRuns: 40 },
    );
  });

  it('of which the end is cut off is something else, or nothing', async () => {
    const shape: SoundShape = [1, 16, 1, 16_000];
    const bytes = bytesOf(voice(16, 6), 120, shape);
    const model = soundModel(CODING, shape, released());
    const payload = await encodeSegment(model, bytes, consecutive(16), NEVER);
    for (let length = 0; length < payload.length - 1; length++) {
      const back = await decodeSegment(model, payload.subarray(0, length), bytes.length, consecutive(16), NEVER);
      assert.notEqual(Buffer.compare(back, bytes), 0, `${length} of ${payload.length} bytes are enough`);
    }
  });

  it('of one after another in the same program knows nothing of the one before', async () => {
    const several: readonly (readonly [SoundShape, Signal, number])[] = [
      [[1, 16, 1, 16_000], voice(16, 4), 400],
      [[8, 24, 2, 8000], noise(24, 5), 900],
      [[2, 24, 1, 44_100], square(24, 9), 300],
      [[1, 8, 0, 8000], silence, 2000],
    ];
    const segments = several.map(([shape, signal, frames]) => ({ shape, bytes: bytesOf(signal, frames, shape) }));
    const alone: Uint8Array[] = [];
    // Of a coding of its own: a program that nobody has used.
    for (const { shape, bytes } of segments) {
      alone.push(await encodeSegment(soundModel(releasedCoding(), shape, released()), bytes, consecutive(16), NEVER));
    }
    const opened = SOUND_MODELS.open(CODING);
    const modelOf = (shape: SoundShape) => ({
      domain: (...[data, dial]: Parameters<typeof opened.domain>) => opened.domain(data, dial, shape),
      predictors: [released()],
    });
    for (const [i, { shape, bytes }] of segments.entries()) {
      for (const [j, other] of segments.entries()) {
        // Before it: another one coded, one given up half-way, and noise decoded.
        await encodeSegment(modelOf(other.shape), other.bytes, consecutive(16), NEVER);
        const signal = { aborted: false };
        const model = modelOf(other.shape);
        const givenUp = decodeSegment(
          {
            ...model,
            coded: () => {
              signal.aborted = true;
            },
          },
          alone[j] as Uint8Array,
          other.bytes.length,
          consecutive(16),
          signal,
        );
        await assert.rejects(givenUp, WorkAbandoned);
        await decodeSegment(
          model,
          Uint8Array.from({ length: 200 }, (_, k) => 91 * k),
          other.bytes.length,
          consecutive(16),
          NEVER,
        );
        const payload = await encodeSegment(modelOf(shape), bytes, consecutive(16), NEVER);
        assert.equal(Buffer.compare(payload, alone[i] as Uint8Array), 0, `${i} after ${j}`);
        const back = await decodeSegment(modelOf(shape), payload, bytes.length, consecutive(16), NEVER);
        assert.equal(Buffer.compare(back, bytes), 0, `${i} after ${j}`);
      }
    }
  });

  it('of several at once has a program for each', async () => {
    const shape: SoundShape = [2, 16, 1, 8000];
    const all = [1, 2, 3, 4].map((seed) => bytesOf(voice(16, seed), 100, shape));
    const code = (bytes: Uint8Array) =>
      encodeSegment(soundModel(CODING, shape, released()), bytes, consecutive(8), NEVER);
    const one: Uint8Array[] = [];
    for (const bytes of all) one.push(await code(bytes));
    assert.deepEqual(await Promise.all(all.map(code)), one);
  });
});
