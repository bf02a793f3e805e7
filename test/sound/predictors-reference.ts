/** Predictors of sound as `src/sound/predictors.md` defines them, in plain TypeScript: slow, and without a trick. */
import {
  type Clip,
  type FilterSettings,
  type LeastSquaresSettings,
  limitsOf,
  type PredictorSettings,
} from '../../src/sound/predictor-settings.js';

const FLOOR = 2 ** -100;
const LEAST_PIVOT = 2 ** -30;
const RELATIVE_RIDGE = 2 ** -23;

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const at = (values: readonly number[], i: number): number => values[i] ?? 0;

/** Section 1: in eight partial sums. */
export function dot(a: readonly number[], b: readonly number[], count: number): number {
  const sums = zeros(8);
  for (let i = 0; i < count; i++) sums[i % 8] = at(sums, i % 8) + at(a, i) * at(b, i);
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0] = sums;
  return s0 + s2 + (s4 + s6) + (s1 + s3 + (s5 + s7));
}

/** Section 2. */
function accumulated(before: number, forgetting: number, scale: number, value: number): number {
  return forgetting * before + (scale * value + FLOOR);
}

/** Section 3. @param matrix its lower triangle is read. @returns undefined where a pivot is too small. */
export function solve(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
  ridge: number,
): number[] | undefined {
  const n = right.length;
  const factor = matrix.map((row) => zeros(row.length));
  const inverses = zeros(n);
  const z = zeros(n);
  for (let j = 0; j < n; j++) {
    const columnJ = factor[j] ?? [];
    for (let i = j; i <= n; i++) {
      const row = i < n ? (factor[i] ?? []) : z;
      let rest = at(i < n ? (matrix[i] ?? []) : right, j);
      if (i === j) rest = rest + (ridge + rest * RELATIVE_RIDGE);
      for (let k = 0; k < j; k++) rest -= at(row, k) * at(columnJ, k);
      if (i === j) {
        if (!(rest > LEAST_PIVOT)) return undefined;
        inverses[j] = 1 / Math.sqrt(rest);
      } else row[j] = rest * at(inverses, j);
    }
  }
  const solution = zeros(n);
  for (let j = n - 1; j >= 0; j--) {
    const below = factor.slice(j + 1).map((row) => at(row, j));
    solution[j] = (at(z, j) - dot(below, solution.slice(j + 1), n - j - 1)) * at(inverses, j);
  }
  return solution;
}

/** Products of one signal with another's past, now and at earlier times. */
class Products {
  /** Newest first, each by lag. */
  private readonly times: number[][] = [];

  constructor(
    private readonly lags: number,
    private readonly kept: number,
    private readonly forgetting: number,
  ) {}

  update(value: number, past: readonly number[]): void {
    const last = this.times[0] ?? [];
    const scale = (1 - this.forgetting) * value;
    const next = zeros(this.lags).map((_, d) => accumulated(at(last, d), this.forgetting, scale, at(past, d)));
    this.times.unshift(next);
    this.times.length = Math.min(this.times.length, this.kept);
  }

  of(ago: number, lag: number): number {
    return at(this.times[ago] ?? [], lag);
  }
}

/** Section 4. */
class LeastSquares {
  private weights: readonly number[];
  private time = 0;
  private readonly own: Products;
  private readonly forwards: Products;
  private readonly backwards: Products;
  private readonly others: Products;
  private readonly targets: Products;

  constructor(private readonly settings: LeastSquaresSettings) {
    const { own, other, forgetting } = settings;
    this.weights = zeros(own + other);
    this.own = new Products(own + 1, own + 1, forgetting);
    this.forwards = new Products(own, other, forgetting);
    this.backwards = new Products(other, own, forgetting);
    this.others = new Products(other, other, forgetting);
    this.targets = new Products(other, 1, forgetting);
  }

  predict(past: readonly number[], others: readonly number[]): number {
    const { own, other } = this.settings;
    const sum = dot(this.weights, past, own);
    return other > 0 ? sum + dot(this.weights.slice(own), others, other) : sum;
  }

  /** @param past of the channel, before the sample. */
  update(sample: number, past: readonly number[], others: readonly number[]): void {
    this.own.update(sample, [sample, ...past]);
    if (this.settings.other > 0) {
      this.forwards.update(at(others, 0), past);
      this.backwards.update(at(past, 0), others);
      this.others.update(at(others, 0), others);
      this.targets.update(sample, others);
    }
    if (++this.time % this.settings.every !== 0) return;
    const { own, other, ridge } = this.settings;
    const all = [...zeros(own + other).keys()];
    const right = all.map((j) => (j < own ? this.own.of(0, j + 1) : this.targets.of(0, j - own)));
    const matrix = all.map((i) => all.map((j) => (j > i ? 0 : this.product(i, j))));
    this.weights = solve(matrix, right, ridge) ?? this.weights;
  }

  /** Row i, column j <= i of the matrix. */
  private product(i: number, j: number): number {
    const { own } = this.settings;
    if (i < own) return this.own.of(j + 1, i - j);
    const q = i - own;
    if (j >= own) return this.others.of(j - own, i - j);
    return q <= j ? this.forwards.of(q, j - q) : this.backwards.of(j, q - j);
  }
}

/** Section 5. */
class LeastMeanSquares {
  private weights: number[];
  private inputs: number[];
  private predicted = 0;

  constructor(private readonly settings: FilterSettings) {
    this.weights = zeros(settings.taps);
    this.inputs = zeros(settings.taps);
  }

  predict(): number {
    this.predicted = dot(this.weights, this.inputs, this.settings.taps);
    return this.predicted;
  }

  update(input: number): void {
    const { taps, step } = this.settings;
    const energy = dot(this.inputs, this.inputs, taps);
    const gain = (step * (input - this.predicted)) / (energy + (1 + taps / 1024));
    this.weights = this.weights.map((weight, i) => weight + gain * at(this.inputs, i));
    this.inputs = [input, ...this.inputs.slice(0, taps - 1)];
  }
}

/** Section 6. */
class Blend {
  private weights: readonly number[];
  private products: readonly (readonly number[])[];
  private targets: readonly number[];
  private differences: readonly number[] = [];
  private time = 0;

  constructor(
    private readonly count: number,
    private readonly settings: PredictorSettings['blend'],
  ) {
    this.weights = zeros(count);
    this.targets = zeros(count);
    this.products = this.targets.map(() => zeros(count));
  }

  predict(predictions: readonly number[]): number {
    const last = at(predictions, this.count);
    this.differences = predictions.slice(0, this.count).map((prediction) => prediction - last);
    return last + dot(this.differences, this.weights, this.count);
  }

  update(sample: number, last: number): void {
    const { forgetting, ridge, every } = this.settings;
    const gain = 1 - forgetting;
    const rest = gain * (sample - last);
    this.targets = this.differences.map((d, i) => accumulated(at(this.targets, i), forgetting, rest, d));
    this.products = this.differences.map((di, i) =>
      this.differences.map((dj, j) => accumulated(at(this.products[i] ?? [], j), forgetting, gain * dj, di)),
    );
    if (++this.time % every === 0) this.weights = solve(this.products, this.targets, ridge) ?? this.weights;
  }
}

/** Section 7: the predictors of all channels of a clip. */
export class ReferencePredictors {
  private readonly channels: readonly Channel[];

  constructor(
    private readonly clip: Clip,
    settings: PredictorSettings,
  ) {
    this.channels = zeros(clip.channels).map(() => new Channel(clip, settings));
  }

  predict(c: number): readonly number[] {
    return this.channel(c).predict(this.seenBy(c));
  }

  update(c: number, sample: number): void {
    this.channel(c).update(sample, this.seenBy(c));
  }

  private seenBy(c: number): readonly number[] {
    return this.channel(c > 0 ? c - 1 : Math.min(1, this.clip.channels - 1)).past;
  }

  private channel(c: number): Channel {
    const channel = this.channels[c];
    if (!channel) throw new RangeError(`no channel ${c}`);
    return channel;
  }
}

class Channel {
  /** Newest first: as many as anybody looks at. */
  past: readonly number[];
  private predictions: readonly number[] = [];
  private readonly squares: readonly LeastSquares[];
  private readonly cascade: readonly LeastMeanSquares[];
  private readonly blend: Blend;
  private readonly limits: readonly [number, number];

  constructor({ channels, bits }: Clip, { leastSquares, cascade, blend }: PredictorSettings) {
    this.squares = leastSquares.map((each) => new LeastSquares({ ...each, other: channels > 1 ? each.other : 0 }));
    this.cascade = cascade.map((each) => new LeastMeanSquares(each));
    this.blend = new Blend(leastSquares.length + cascade.length - 1, blend);
    this.past = zeros(Math.max(...leastSquares.flatMap(({ own, other }) => [own, other])));
    this.limits = limitsOf(bits);
  }

  predict(others: readonly number[]): readonly number[] {
    const [low, high] = this.limits;
    const limited = (value: number): number => Math.min(Math.max(value, low), high);
    const predictions = this.squares.map((each) => limited(each.predict(this.past, others)));
    for (const filter of this.cascade)
      predictions.push(limited(at(predictions, predictions.length - 1) + filter.predict()));
    predictions.push(limited(this.blend.predict(predictions)));
    this.predictions = predictions;
    return predictions;
  }

  update(sample: number, others: readonly number[]): void {
    const { predictions, squares, past } = this;
    this.blend.update(sample, at(predictions, predictions.length - 2));
    for (const [f, filter] of this.cascade.entries()) filter.update(sample - at(predictions, squares.length - 1 + f));
    for (const each of squares) each.update(sample, past, others);
    this.past = [sample, ...past.slice(0, -1)];
  }
}
