import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { limitsOf, type PredictorSettings, settingsOf, TRIAL_SETTINGS } from '../../src/sound/predictor-settings.js';
import { PredictorsProgram } from './predictors-program.js';
import { ReferencePredictors } from './predictors-reference.js';
import { highest, impulses, lowest, noise, type Signal, silence, square, voice } from './signals.js';

/** All kinds of predictors, small enough for the reference. */
const SMALL: PredictorSettings = {
  leastSquares: [
    { own: 1, other: 2, forgetting: 0.9, ridge: 1, every: 1 },
    { own: 5, other: 7, forgetting: 0.98, ridge: 1, every: 3 },
    { own: 16, other: 4, forgetting: 0.9995, ridge: 1, every: 8 },
  ],
  cascade: [
    { taps: 24, step: 0.004 },
    { taps: 8, step: 0.02 },
  ],
  blend: { forgetting: 0.99, ridge: 1, every: 2 },
};
/** Without a ridge, pivots are too small: weights stay. */
const BARE: PredictorSettings = {
  leastSquares: [{ own: 6, other: 2, forgetting: 0, ridge: 0, every: 1 }],
  cascade: [{ taps: 8, step: 1 }],
  blend: { forgetting: 0, ridge: 0, every: 1 },
};
const ALONE: PredictorSettings = { ...SMALL, leastSquares: SMALL.leastSquares.slice(1, 2), cascade: [] };

const program = new PredictorsProgram();

/** Holds the program to the reference, double for double, -0 apart from 0. */
function compare(signal: Signal, clip: { channels: number; bits: number }, settings: PredictorSettings, times: number) {
  const reference = new ReferencePredictors(clip, settings);
  program.begin(clip, settings);
  for (let time = 0; time < times; time++) {
    for (let c = 0; c < clip.channels; c++) {
      program.predict(c);
      assert.deepEqual(Array.from(program.predictions), reference.predict(c), `time ${time}, channel ${c}`);
      const sample = signal(time, c);
      program.update(c, sample);
      reference.update(c, sample);
    }
  }
}

const SIGNALS: Readonly<Record<string, (bits: number) => Signal>> = {
  silence: () => silence,
  'a square wave of full scale': (bits) => square(bits, 7),
  impulses: (bits) => impulses(bits, 60),
  noise: (bits) => noise(bits, 5),
  'a voice': (bits) => voice(bits, 9),
};

describe('predictors of sound and a plain reference of predictors.md', () => {
  for (const [name, signal] of Object.entries(SIGNALS)) {
    for (const bits of [8, 16, 24]) {
      for (const channels of [1, 2, 3]) {
        it(`predict the same of ${name}, ${bits} bits, ${channels} channels`, () =>
          compare(signal(bits), { channels, bits }, SMALL, 400));
      }
    }
    it(`also without a ridge, ${name}`, () => compare(signal(16), { channels: 2, bits: 16 }, BARE, 300));
    it(`also with the settings of the trials, ${name}`, () =>
      compare(signal(16), { channels: 2, bits: 16 }, TRIAL_SETTINGS, 300));
  }

  it('predict the same with one least squares alone', () =>
    compare(voice(16, 3), { channels: 1, bits: 16 }, ALONE, 400));

  // What is kept of a channel has to be moved in memory after a thousand samples.
  it('predict the same for longer than memory has room', () =>
    compare(voice(16, 4), { channels: 2, bits: 16 }, SMALL, 2500));

  it('predict the same of eight channels', () => compare(voice(16, 6), { channels: 8, bits: 16 }, SMALL, 100));

  it('predict the same of any samples, with any settings', () => {
    const squares = fc.record({
      own: fc.integer({ min: 1, max: 20 }),
      other: fc.integer({ min: 0, max: 9 }),
      forgetting: fc.constantFrom(0, 0.5, 0.98, 0.9995, 1 - 2 ** -16),
      ridge: fc.constantFrom(0, 2 ** -20, 1, 1000),
      every: fc.integer({ min: 1, max: 9 }),
    });
    const filter = fc.record({ taps: fc.constantFrom(8, 16, 40), step: fc.double({ min: 0, max: 1, noNaN: true }) });
    const settings = fc.record({
      leastSquares: fc.array(squares, { minLength: 1, maxLength: 3 }),
      cascade: fc.array(filter, { maxLength: 2 }),
      blend: squares,
    });
    const clip = fc.record({ channels: fc.integer({ min: 1, max: 4 }), bits: fc.integer({ min: 1, max: 24 }) });
    const drawn = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(clip, settings, drawn, (shape, these, parts) => {
        const { bits } = shape;
        const sample = (i: number): number => lowest(bits) + Math.floor((parts[i % parts.length] ?? 0) * 2 ** bits);
        compare((time, c) => sample(time * shape.channels + c), shape, these, 60);
      }),
      { numRuns: 60 },
    );
  });

  it('begin anew, whatever came before', () => {
    compare(noise(24, 7), { channels: 3, bits: 24 }, TRIAL_SETTINGS, 60);
    compare(voice(16, 8), { channels: 2, bits: 16 }, SMALL, 200);
  });
});

describe('predictors of sound', () => {
  const worst: Readonly<Record<string, Signal>> = {
    'the longest square wave': square(24, 5000),
    'the shortest square wave': square(24, 1),
    'silence after noise': (
      (loud) => (time, c) =>
        time < 2000 ? loud(time, c) : 0
    )(noise(24, 11)),
    'impulses far apart': impulses(24, 9973),
    'noise at random levels': (
      (any) => (time, c) =>
        Math.round(any(time, c) / 2 ** ((time >> 9) % 24))
    )(noise(24, 13)),
  };
  for (const [name, signal] of Object.entries(worst)) {
    it(`stay within twice the range of samples for 100,000 samples of ${name}`, () => {
      const [low, high] = limitsOf(24);
      program.begin({ channels: 2, bits: 24 }, SMALL);
      for (let time = 0; time < 50_000; time++) {
        for (let c = 0; c < 2; c++) {
          program.predict(c);
          for (const prediction of program.predictions)
            assert.ok(prediction >= low && prediction <= high, `${prediction}`);
          program.update(c, signal(time, c));
        }
      }
    });
  }

  it('learn a recursion of two channels all but exactly', () => {
    const clip = { channels: 2, bits: 16 };
    program.begin(clip, TRIAL_SETTINGS);
    const [first, second] = [noise(10, 3), new Map<number, number>()];
    let error = 0;
    for (let time = 0; time < 4000; time++) {
      const left = first(time, 0);
      second.set(time, left);
      const right = 3 * left - 2 * (second.get(time - 3) ?? 0);
      for (const [c, sample] of [left, right].entries()) {
        program.predict(c);
        if (c === 1 && time >= 2000) error = Math.max(error, Math.abs(sample - (program.predictions.at(-1) ?? 0)));
        program.update(c, sample);
      }
    }
    assert.ok(error < 0.5, `off by ${error}`);
  });

  const tones: Signal = (time) =>
    Math.round(9000 * Math.sin(time * 0.11) + 4000 * Math.sin(time * 0.31) + 300 * Math.sin(time * 2));
  for (const [name, signal, most] of [
    ['a sum of tones', tones, 0.5],
    ['a voice', voice(16, 9), 6],
  ] as const) {
    it(`learn ${name}, and the blend is better than the prediction that it adds to`, () => {
      program.begin({ channels: 1, bits: 16 }, TRIAL_SETTINGS);
      const means = new Array<number>(10).fill(0);
      for (let time = 0; time < 6000; time++) {
        const sample = signal(time, 0);
        program.predict(0);
        if (time >= 1000) {
          for (const [k, p] of program.predictions.entries()) means[k] = (means[k] ?? 0) + Math.abs(sample - p) / 5000;
        }
        program.update(0, sample);
      }
      const [last = 0, blend = 0] = means.slice(-2);
      assert.ok(blend < most && blend < last, `off by ${blend}, the last one by ${last}`);
    });
  }

  it('solve what direct sums over the whole past say', () => {
    // The definition takes products of earlier times for those of later rows: section 4.
    const [own, other, forgetting, ridge] = [4, 3, 0.97, 1];
    const signal = voice(12, 21);
    const said: PredictorSettings = { ...ALONE, leastSquares: [{ own, other, forgetting, ridge, every: 1 }] };
    program.begin({ channels: 2, bits: 12 }, said);
    const past: [number[], number[]] = [[], []];
    const size = own + other;
    const sums = [0, 1].map(() => ({
      matrix: Array.from({ length: size }, () => new Array<number>(size).fill(0)),
      right: new Array<number>(size).fill(0),
    }));
    let checked = 0;
    for (let time = 0; time < 600; time++) {
      for (const c of [0, 1] as const) {
        const window = [
          ...Array.from({ length: own }, (_, i) => past[c][time - 1 - i] ?? 0),
          ...Array.from({ length: other }, (_, i) => past[1 - c]?.[time - i - (c === 0 ? 1 : 0)] ?? 0),
        ];
        const { matrix = [], right = [] } = sums[c] ?? {};
        const weights = gauss(
          matrix.map((row, i) => row.map((v, j) => v + (i === j ? ridge + v * 2 ** -23 : 0))),
          right,
        );
        const expected = window.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0);
        program.predict(c);
        const [found = 0] = program.predictions;
        if (Math.abs(expected) < 4000) {
          assert.ok(
            Math.abs(found - expected) < 1e-4 * (1 + Math.abs(expected)),
            `${found} and ${expected} at ${time}`,
          );
          checked++;
        }
        const sample = signal(time, c);
        for (const [i, row] of matrix.entries()) {
          for (const j of row.keys())
            row[j] = forgetting * (row[j] ?? 0) + (1 - forgetting) * (window[i] ?? 0) * (window[j] ?? 0);
          right[i] = forgetting * (right[i] ?? 0) + (1 - forgetting) * sample * (window[i] ?? 0);
        }
        program.update(c, sample);
        past[c].push(sample);
      }
    }
    assert.ok(checked > 1000);
  });

  it('refuse what the definition does not allow', () => {
    const clip = { channels: 1, bits: 16 };
    const [some] = SMALL.leastSquares;
    assert.ok(some);
    const refused: readonly [object, object][] = [
      [{ channels: 0 }, {}],
      [{ channels: 9 }, {}],
      [{ bits: 25 }, {}],
      [{ bits: Number.NaN }, {}],
      [{}, { leastSquares: [] }],
      [{}, { leastSquares: [{ ...some, own: 0 }] }],
      [{}, { leastSquares: [{ ...some, own: 129 }] }],
      [{}, { leastSquares: [{ ...some, other: 1.5 }] }],
      [{}, { leastSquares: [{ ...some, forgetting: 1 }] }],
      [{}, { leastSquares: [{ ...some, ridge: Number.POSITIVE_INFINITY }] }],
      [{}, { leastSquares: [{ ...some, every: 0 }] }],
      [{}, { cascade: [{ taps: 12, step: 0.1 }] }],
      [{}, { cascade: [{ taps: 16, step: 1.1 }] }],
      [{}, { blend: { ...SMALL.blend, ridge: -1 } }],
    ];
    for (const [shape, settings] of refused) {
      const said = { ...SMALL, ...settings };
      assert.throws(() => settingsOf({ ...clip, ...shape }, said), RangeError, JSON.stringify([shape, settings]));
    }
    assert.equal(highest(16), 32767);
  });
});

/** Gaussian elimination with pivots. */
function gauss(matrix: number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  const n = rows.length;
  for (let j = 0; j < n; j++) {
    const best = rows.slice(j).reduce((a, b) => (Math.abs(b[j] ?? 0) > Math.abs(a[j] ?? 0) ? b : a));
    rows.splice(rows.indexOf(best), 1);
    rows.splice(j, 0, best);
    for (const [i, row] of rows.entries()) {
      if (i === j) continue;
      const factor = (row[j] ?? 0) / (best[j] ?? 1);
      for (let k = j; k <= n; k++) row[k] = (row[k] ?? 0) - factor * (best[k] ?? 0);
    }
  }
  return rows.map((row, i) => (row[n] ?? 0) / (row[i] ?? 1));
}
