/** What predictors a clip has, as data: `predictors.md`, section 8. */

/** One linear prediction by least squares. */
export interface LeastSquaresSettings {
  /** Taps of the channel itself, 1..128. */
  readonly own: number;
  /** Taps of another channel where there is one, 0..32. */
  readonly other: number;
  /** How much of every sum is left after a sample, 0..1 - 2^-16. */
  readonly forgetting: number;
  /** What is added to the diagonal, in squares of sample units, 0..2^40. */
  readonly ridge: number;
  /** Samples from one solution to the next, 1..4096. */
  readonly every: number;
}

/** One filter of the cascade. */
export interface FilterSettings {
  /** A multiple of 8, 8..1024. */
  readonly taps: number;
  /** Of what an error moves, 0..1. */
  readonly step: number;
}

export interface PredictorSettings {
  /** 1 to 24. The cascade predicts what the last one leaves. */
  readonly leastSquares: readonly LeastSquaresSettings[];
  /** 0 to 7. */
  readonly cascade: readonly FilterSettings[];
  readonly blend: Omit<LeastSquaresSettings, 'own' | 'other'>;
}

/** A clip as its predictors need to know it. */
export interface Clip {
  /** 1..8. */
  readonly channels: number;
  /** Of a sample, which is signed: 1..24. */
  readonly bits: number;
}

/** Those that the trials began with. */
export const TRIAL_SETTINGS: PredictorSettings = {
  leastSquares: [
    { own: 12, other: 4, forgetting: 0.98, ridge: 1, every: 4 },
    { own: 16, other: 4, forgetting: 0.99, ridge: 1, every: 4 },
    { own: 24, other: 8, forgetting: 0.996, ridge: 1, every: 4 },
    { own: 32, other: 8, forgetting: 0.998, ridge: 1, every: 8 },
    { own: 32, other: 8, forgetting: 0.9995, ridge: 1, every: 8 },
    { own: 64, other: 8, forgetting: 0.9995, ridge: 1, every: 8 },
  ],
  cascade: [
    { taps: 256, step: 0.002 },
    { taps: 32, step: 0.004 },
    { taps: 16, step: 0.008 },
  ],
  blend: { forgetting: 0.995, ridge: 1, every: 1 },
};

const MOST_FORGETTING = 1 - 2 ** -16;
const MOST_RIDGE = 2 ** 40;

/** The numbers that `assembly/predictors.ts` reads. @throws RangeError for what the definition doesn't allow. */
export function settingsOf(clip: Clip, { leastSquares, cascade, blend }: PredictorSettings): Float64Array {
  whole('channels', clip.channels, 1, 8);
  whole('bits', clip.bits, 1, 24);
  whole('number of least squares', leastSquares.length, 1, 24);
  whole('number of filters', cascade.length, 0, 7);
  for (const { own, other } of leastSquares) {
    whole('own taps', own, 1, 128);
    whole('other taps', other, 0, 32);
  }
  for (const { forgetting, ridge, every } of [...leastSquares, blend]) {
    within('forgetting', forgetting, 0, MOST_FORGETTING);
    within('ridge', ridge, 0, MOST_RIDGE);
    whole('every', every, 1, 4096);
  }
  for (const { taps, step } of cascade) {
    whole('taps of a filter, in eights', taps / 8, 1, 128);
    within('step', step, 0, 1);
  }
  const [low, high] = limitsOf(clip.bits);
  return Float64Array.from([
    ...[clip.channels, low, high, leastSquares.length, cascade.length],
    ...leastSquares.flatMap(({ own, other, forgetting, ridge, every }) => [own, other, forgetting, ridge, every]),
    ...cascade.flatMap(({ taps, step }) => [taps, step]),
    ...[blend.forgetting, blend.ridge, blend.every],
  ]);
}

/** Twice the least and the most that a signed sample can be: no prediction is beyond. */
export function limitsOf(bits: number): readonly [number, number] {
  return [-(2 ** bits), 2 ** bits - 2];
}

function whole(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value)) throw new RangeError(`${what}: ${value} is no whole number`);
  within(what, value, least, most);
}

function within(what: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) throw new RangeError(`${what}: ${value} is not within ${least}..${most}`);
}
