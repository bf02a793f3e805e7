/** Coding of sound as `src/sound/sound.md` defines it, in plain TypeScript: slow, and without a trick. */
import { RangeEncoder } from '../../src/entropy/range-encoder.js';
import { log2, SQUASH } from '../../src/mixing/tables.js';
import type { Clip } from '../../src/sound/clip.js';
import type { Coding } from '../../src/sound/coding.js';
import { ReferencePredictors } from './predictors-reference.js';

const COMPONENTS = 36;
const WHOLE = 2 ** 28;
const MOVES = [19661, 7864, 3277, 1311, 524, 197] as const;
const LOGS = Array.from({ length: 32 }, (_, j) => (j === 0 ? 0 : Math.round(4096 * Math.log(j / (32 - j)))));

const clamp = (x: number, low = -4095, high = 4095): number => Math.max(low, Math.min(high, x));
/** a >> k of any whole number below 2^53. */
const shifted = (a: number, k: number): number => Math.floor(a / 2 ** k);
const squash = (odds: number): number => SQUASH[odds + 4096] as number;
const each = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** What a channel has learned: section 4. */
class Channel {
  readonly deviations = each(COMPONENTS, () => 64 * 65536);
  gate = each(COMPONENTS, () => Math.floor(65536 / COMPONENTS));
  network = each(COMPONENTS, () => 0);
  known = 0;

  /** Section 3. */
  hear(logits: readonly number[], weights: readonly number[]): void {
    const highest = Math.max(...logits);
    const found = logits.map((logit) => weights[highest - logit] as number);
    this.network = found.map((weight) => Math.floor((weight * 65536) / sumOf(found)));
  }

  /** @param given by each component to the sample. */
  learn(sample: number, centres: readonly number[], given: readonly number[]): void {
    const masses = given.map((mass, j) => BigInt(this.gate[j] as number) * BigInt(mass + 1));
    const sum = masses.reduce((total, mass) => total + mass, 0n);
    let k = 0n;
    while (sum >> k >= 1n << 31n) k++;
    const unit = (BigInt(65536 - COMPONENTS * 55) << 31n) / ((sum >> k) + 1n);
    this.gate = masses.map((mass) => Number(((mass >> k) * unit) >> 31n) + 55);
    for (const [j, deviation] of this.deviations.entries()) {
      const error = Math.abs(16 * sample - (centres[Math.floor(j / 6)] as number)) * 4096;
      const move = Math.max(MOVES[j % 6] as number, Math.floor(65536 / (this.known + 2)));
      const moved = deviation + Number((BigInt(error - deviation) * BigInt(move)) >> 16n);
      this.deviations[j] = Math.max(8192, moved);
    }
    this.known++;
  }
}

export class ReferenceSound {
  private readonly predictors: ReferencePredictors;
  private readonly channels: readonly Channel[];
  private readonly byNode: number[][];
  private readonly bySurrounding = new Map<string, number[]>();
  private readonly finals: number[][];
  private readonly rows: number[][];
  private readonly encoder = new RangeEncoder();

  constructor(
    private readonly coding: Coding,
    private readonly clip: Clip,
  ) {
    this.predictors = new ReferencePredictors(clip, coding.predictors);
    this.channels = each(clip.channels, () => new Channel());
    this.byNode = coding.mixing.weights.map((weights) => [...weights]);
    this.finals = coding.mixing.final.map((weights) => [...weights]);
    this.rows = each(64, () => each(33, (i) => squash(Math.min(4095, 256 * i - 4096))));
  }

  /** Section 7. */
  row(c: number, frames: number): number[] {
    const { deviations, gate, known } = this.channel(c);
    const { bits, channels, rate } = this.clip;
    const log = (j: number): number => log2(shifted(deviations[j] as number, 12));
    const reference = log(33);
    const columns = [
      ...each(COMPONENTS, (j) => 128 + shifted(log(j) - reference, 3)),
      ...gate.map((weight) => shifted(log2(weight + 1) * 15, 8)),
      ...[shifted(reference, 5), shifted(log2(known + 1), 5), shifted(log2(frames), 4)],
      ...[shifted(log2(Math.max(1, rate | 0)), 5), 8 * bits, 32 * c, 32 * channels, 0],
    ];
    return columns.map((value) => clamp(value, 0, 255));
  }

  /** Codes a run. @param samples interleaved. @param outputs of the network: 36 of each channel. */
  code(samples: readonly number[], outputs: readonly number[]): void {
    for (const [c, channel] of this.channels.entries()) {
      channel.hear(outputs.slice(c * COMPONENTS, (c + 1) * COMPONENTS), this.coding.logitWeights);
    }
    for (const [i, sample] of samples.entries()) this.codeSample(i % this.clip.channels, sample);
  }

  finish(): Uint8Array {
    return this.encoder.finishUncut();
  }

  private channel(c: number): Channel {
    return this.channels[c] as Channel;
  }

  private codeSample(c: number, sample: number): void {
    const channel = this.channel(c);
    const predictions = this.predictors.predict(c);
    const chosen = [...predictions.slice(0, 4), ...predictions.slice(-2)];
    const centres = chosen.map((prediction) => Math.floor(16 * prediction + 0.5));
    const given = this.decide(channel, centres, sample);
    channel.learn(sample, centres, given);
    this.predictors.update(c, sample);
  }

  /** Section 5. @returns what each component gave to the sample. */
  private decide(channel: Channel, centres: readonly number[], sample: number): number[] {
    const [fast = 0, slow = 0] = [channel.deviations[31], channel.deviations[33]];
    const scale = Math.max(5, shifted((fast + slow) * 26, 18));
    const centre = centres[5] as number;
    const change = log2(shifted(fast, 12)) - log2(shifted(slow, 12));
    const apart = Math.floor((Math.abs((centres[0] as number) - (centres[3] as number)) * 64) / scale);
    const surrounding =
      4 * [-388, -189, -60, 67, 217].filter((bound) => change >= bound).length +
      [16, 45, 96].filter((bound) => apart >= bound).length;
    let low = -(2 ** (this.clip.bits - 1));
    let high = 2 ** (this.clip.bits - 1);
    let lows = each(COMPONENTS, () => 0);
    let highs = each(COMPONENTS, () => WHOLE);
    const ask = (at: number, node: number): number => {
      const cuts = each(COMPONENTS, (j) => this.below(channel, centres, at, j));
      const bit = sample >= at ? 1 : 0;
      const below = cuts.map((value, j) => value - (lows[j] as number));
      const above = cuts.map((value, j) => (highs[j] as number) - value);
      this.codeBit(channel, below, above, node, surrounding, bit);
      if (bit) [low, lows] = [at, cuts];
      else [high, highs] = [at, cuts];
      return bit;
    };
    let part = 0;
    let node = 1;
    for (let parts = 32; parts > 1 && high - low > 1; ) {
      parts /= 2;
      const at = shifted(centre + shifted(scale * (LOGS[part + parts] as number), 12) + 15, 4);
      const answer = at <= low ? 1 : at >= high ? 0 : ask(at, node);
      if (answer) part += parts;
      node = 2 * node + answer;
    }
    if (part === 0 || part === 31) {
      for (let k = 0; high - low > 1; k++) {
        const step = Math.max(1, shifted(scale * 2 ** Math.min(k, 30), 4));
        if (step >= high - low) break;
        const answer = ask(part === 0 ? high - step : low + step, 56 + Math.min(k, 7));
        if (answer !== (part === 0 ? 0 : 1)) break;
      }
    }
    for (let k = 0; high - low > 1; k++) ask(low + ((high - low) >> 1), 32 + Math.min(k, 23));
    return highs.map((value, j) => value - (lows[j] as number));
  }

  /** Section 4. */
  private below({ deviations }: Channel, centres: readonly number[], sample: number, j: number): number {
    const { inverseScales, logistic } = this.coding;
    const deviation = deviations[j] as number;
    const octave = BigInt(deviation).toString(2).length - 1;
    const mantissa = shifted(deviation, octave - 6) - 64;
    const distance =
      BigInt(16 * sample - 8 - (centres[Math.floor(j / 6)] as number)) * BigInt(inverseScales[mantissa] as number);
    const far = octave > 17 ? distance >> BigInt(octave - 17) : distance << BigInt(17 - octave);
    const z = clamp(Number(far) + 192 * 65536, 0, 384 * 65536);
    const here = logistic[z >> 16] as number;
    const next = logistic[(z >> 16) + 1] ?? 0;
    return here + shifted((next - here) * (z & 65535), 16);
  }

  /** Section 6. */
  private codeBit(
    { gate, network }: Channel,
    below: readonly number[],
    above: readonly number[],
    node: number,
    surrounding: number,
    bit: number,
  ): void {
    const odds = (a: number, b: number): number => clamp(log2(b + 1) - log2(a + 1));
    const weighed = (weights: readonly number[], parts: readonly number[]): number =>
      shifted(sumOf(parts.map((value, j) => value * (weights[j] as number))), 16);
    const inputs = [
      ...each(6, (i) => [6 * i + 1, 6 * i + 3])
        .flat()
        .map((j) => odds(below[j] as number, above[j] as number)),
      ...[gate, network].map((weights) => odds(weighed(weights, below), weighed(weights, above))),
      ...[256, 0],
    ];
    const set0 = this.byNode[node] as number[];
    const key = `${node} ${surrounding}`;
    const set1 = this.bySurrounding.get(key) ?? [...(this.coding.mixing.weights[node] as number[])];
    this.bySurrounding.set(key, set1);
    const finals = this.finals[node] as number[];
    const dot = (weights: readonly number[], values: readonly number[]): number =>
      clamp(shifted(sumOf(weights.map((weight, i) => weight * (values[i] as number))), 16));
    const outs = [dot(set0, inputs), dot(set1, inputs)];
    const mixed = dot(finals, outs);
    const row = this.rows[node] as number[];
    const entry = (mixed + 4096) >> 8;
    const part = (mixed + 4096) & 255;
    const between = shifted((row[entry] as number) * (256 - part) + (row[entry + 1] as number) * part, 8);
    const one = clamp(shifted(squash(mixed) + between, 1), 1, 65535);
    const first = one < 32768 ? one : 65536 - one;
    if ((bit === 1) === one < 32768) this.encoder.encode(0, first);
    else this.encoder.encode(first, 65536 - first);

    const nearest = entry + (part >= 128 ? 1 : 0);
    row[nearest] = (row[nearest] as number) + shifted(bit * 65536 - (row[nearest] as number), 6);
    const move = (weights: number[], values: readonly number[], error: number, rate: number): void => {
      for (const [i, weight] of weights.entries()) {
        const change = shifted((values[i] as number) * error * rate + 2 ** 19, 20);
        weights[i] = clamp(weight + change, -(2 ** 22), 2 ** 22);
      }
    };
    const target = bit * 65536;
    move(set0, inputs, target - squash(outs[0] as number), 8);
    move(set1, inputs, target - squash(outs[1] as number), 16);
    move(finals, outs, target - squash(mixed), 2);
  }
}
