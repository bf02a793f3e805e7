import type { Coding } from '../../src/pictures/coding.js';

const K = 5;
/** Channels as the outputs number them. */
export const RED = 0;
export const GREEN = 1;
export const BLUE = 2;
export type Channel = typeof RED | typeof GREEN | typeof BLUE;

export type Tables = Pick<Coding, 'logitWeights' | 'logistic' | 'inverseScales'>;

const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(high, x));
const limit = (mean: number): number => clamp(mean, -32768, 32767);
/** a >> k of any whole number. */
const shifted = (a: number, k: number): number => Math.floor(a / 2 ** k);

/**
 * `models/training/pictures/pictures.md`, section 6, in plain TypeScript: what the 50 outputs of a position say of its three channels. All
 * numbers are whole and below 2^53. Channels are opened in the order green, red, blue.
 */
export class ReferenceMixture {
  /** Of the components: they add up to 32768. */
  weights: number[];
  /** Of the channel that is open, in 1/16 level; and the inverse scales. */
  means: number[] = [];
  inverses: number[] = [];
  private readonly meansOf: number[][] = [];

  /** @param outputs 50. @param base of red, green, blue. */
  constructor(
    private readonly tables: Tables,
    private readonly outputs: readonly number[],
    private readonly base: readonly number[],
    private readonly activity: number,
  ) {
    const logits = outputs.slice(0, K);
    const highest = Math.max(...logits);
    this.weights = normalised(logits.map((logit) => tables.logitWeights[highest - logit] ?? 0));
  }

  openGreen(): void {
    this.open(GREEN, () => 0);
  }

  openRed(g: number): void {
    this.condition(g);
    this.open(RED, (k) => this.coupling(35, k) * this.off(GREEN, g, k));
  }

  openBlue(g: number, r: number): void {
    this.condition(r);
    const coupled = (k: number) =>
      this.coupling(40, k) * this.off(GREEN, g, k) + this.coupling(45, k) * this.off(RED, r, k);
    this.open(BLUE, coupled);
  }

  /** Cumulative frequency of the values of the open channel below a bound, 0..256. */
  cumulative(bound: number): number {
    if (bound === 0) return 0;
    if (bound === 256) return 65536;
    const mass = this.weights.reduce((sum, weight, k) => sum + weight * this.below(bound, k), 0);
    return bound + shifted(shifted(mass, 15) * 65280, 16);
  }

  /** The mean of the open channel, in 1/16 level. */
  mean(): number {
    return shifted(
      this.weights.reduce((sum, weight, k) => sum + weight * (this.means[k] as number), 0),
      15,
    );
  }

  /** Inverse scale of the heaviest component. */
  sharpest(): number {
    return this.inverses[this.weights.indexOf(Math.max(...this.weights))] as number;
  }

  private open(channel: Channel, coupled: (k: number) => number): void {
    const { outputs, activity, tables } = this;
    const octaves = activity - 3;
    this.means = Array.from({ length: K }, (_, k) => {
      const own = (outputs[5 + 5 * channel + k] as number) * 2 ** octaves;
      const mean = limit(16 * (this.base[channel] as number) + shifted(own + 2, 2));
      return limit(mean + shifted(coupled(k) + 32, 6));
    });
    this.inverses = Array.from({ length: K }, (_, k) => {
      const index = 128 + 32 * octaves + (outputs[20 + 5 * channel + k] as number);
      return tables.inverseScales[clamp(index, 0, 415)] as number;
    });
    this.meansOf[channel] = this.means;
  }

  private coupling(at: number, k: number): number {
    return this.outputs[at + k] as number;
  }

  /** How far a value is from a component's mean. */
  private off(channel: Channel, value: number, k: number): number {
    return 16 * value - ((this.meansOf[channel] as number[])[k] as number);
  }

  private condition(value: number): void {
    const masses = this.weights.map((weight, k) => weight * (this.below(value + 1, k) - this.below(value, k) + 1));
    this.weights = normalised(masses);
  }

  private below(bound: number, k: number): number {
    if (bound === 0) return 0;
    if (bound === 256) return 65536;
    return massBelow(this.tables, bound, this.means[k] as number, this.inverses[k] as number);
  }
}

/** Mass of a logistic below any bound, in 1/65536. */
export function massBelow({ logistic }: Tables, bound: number, mean: number, inverse: number): number {
  const z = shifted((16 * bound - 8 - mean) * inverse, 8) + 49152;
  if (z <= 0) return logistic[0] as number;
  if (z >= 98304) return logistic[384] as number;
  const i = Math.floor(z / 256);
  const here = logistic[i] as number;
  return here + shifted(((logistic[i + 1] as number) - here) * (z % 256), 8);
}

function normalised(weights: readonly number[]): number[] {
  const total = BigInt(weights.reduce((sum, weight) => sum + weight, 0));
  const parts = weights.map((weight) => Number((32768n * BigInt(weight)) / total));
  const [first = 0, ...others] = parts;
  return [first + 32768 - parts.reduce((sum, part) => sum + part, 0), ...others];
}
