import { RangeEncoder } from '../../src/entropy/range-encoder.js';
import { LIMIT, log2, RATES, SQUASH, STRETCH } from '../../src/mixing/tables.js';
import type { Coding } from '../../src/pictures/coding.js';
import { BitHistoryTable } from '../mixing/bit-history-table.js';
import { BLUE, type Channel, GREEN, massBelow, RED, ReferenceMixture } from './reference-mixture.js';
import { lookAround, type Plane, planesOf, type Seen } from './reference-window.js';

/** A picture, or a tile of one. */
export interface Picture {
  readonly samples: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  /** Number of the column that tells the whole picture's size, 0..4. */
  readonly size: number;
}

/** What a graph says: 50 outputs for each row of 221 bytes. */
export type Ask = (graph: number, rows: readonly (readonly number[])[]) => Promise<readonly (readonly number[])[]>;

const CONTEXTS = 12;
const MAPS = 8;
const LEVELS = 24;
const CERTAIN = 3072;
const SMALL_ERROR = 256;
const WEIGHT_LIMIT = 2 ** 22;
const RATE = 24;
const FINAL_RATE = 2;
const GOLDEN_RATIO = 0x9e3779b1;

const ALPHA_SAMPLE = 0;
const GREEN_SAMPLE = 1;
const RED_SAMPLE = 2;
const BLUE_SAMPLE = 3;

const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(high, x));
const clampOdds = (odds: number): number => clamp(odds, -LIMIT, LIMIT);
const squash = (odds: number): number => SQUASH[odds + LIMIT + 1] as number;
const mix = (h: number, ...values: readonly number[]): number =>
  values.reduce((hash, value) => Math.imul(((hash ^ (hash >>> 15)) + value + 1) | 0, 0x85ebca6b), h);

/** A step of the lattice. */
interface Step {
  readonly kind: 0 | 1;
  readonly spacing: number;
  readonly positions: readonly (readonly [y: number, x: number])[];
}

/** `pictures.md`, section 2. */
export function* stepsOf(width: number, height: number): Generator<Step> {
  let spacing = 1;
  while (spacing < Math.max(width, height)) spacing *= 2;
  for (spacing /= 2; spacing >= 1; spacing /= 2) {
    for (const kind of [0, 1] as const) {
      const positions: [number, number][] = [];
      for (let y = 0; y < height; y += spacing) {
        for (let x = 0; x < width; x += spacing) {
          const [u, v] = [y / spacing, x / spacing];
          if (kind === 0 ? u % 2 === 1 && v % 2 === 1 : (u + v) % 2 === 1) positions.push([y, x]);
        }
      }
      if (positions.length > 0) yield { kind, spacing, positions };
    }
  }
}

/** What an encoder makes of a picture: `src/pictures/mixing.md` in plain TypeScript, slow, and with nothing of what the program shares with it. */
export async function referenceEncode(coding: Coding, picture: Picture, ask: Ask): Promise<Uint8Array> {
  const coder = new ReferenceCoder(coding, picture);
  const { width, height } = picture;
  coder.codeFirst();
  const known = new Set([0]);
  for (const { kind, spacing, positions } of stepsOf(width, height)) {
    const seen = positions.map(([y, x]) =>
      coder.planes.map((plane) => lookAround(plane, y, x, spacing, picture.size, (at) => known.has(at))),
    );
    const rows = seen.flatMap((ofPlanes) => ofPlanes.map(({ row }) => row));
    const outputs = await ask(kind, rows);
    let row = 0;
    for (const [i, [y, x]] of positions.entries()) {
      const ofPlanes = (seen[i] as Seen[]).map((what) => ({ ...what, outputs: outputs[row++] as readonly number[] }));
      coder.code(y, x, spacing, kind, ofPlanes);
    }
    for (const [y, x] of positions) known.add(y * width + x);
  }
  return coder.finish();
}

interface Remembered {
  readonly errors: number[];
  cost: number;
}

/** What is known around a pixel. Positions are y * width + x; undefined where absent. */
interface Around {
  readonly near: readonly (number | undefined)[];
  readonly mates: readonly (number | undefined)[];
  readonly cost: number;
}

/** A sample that is about to be coded. */
interface Sample {
  readonly kind: number;
  readonly channel: Channel;
  readonly plane: Plane;
  readonly base: readonly number[];
  readonly g?: number;
  readonly r?: number;
  readonly a?: number;
}

class ReferenceCoder {
  readonly planes: readonly Plane[];
  private readonly encoder = new RangeEncoder();
  private readonly remembered = new Map<number, Remembered>();
  private readonly mixer: Mixer;

  constructor(
    private readonly coding: Coding,
    private readonly picture: Picture,
  ) {
    const { samples, width, height, channels } = picture;
    this.planes = planesOf(samples, width, height, channels);
    this.mixer = new Mixer(coding, samples.length);
  }

  finish(): Uint8Array {
    return this.encoder.finishUncut();
  }

  codeFirst(): void {
    for (const { kind, pixels } of this.planes) {
      const pixel = pixels[0] as readonly number[];
      for (const channel of kind === 'rgb' ? [GREEN, RED, BLUE] : [GREEN]) {
        this.encoder.encode((pixel[channel] as number) * 256, 256);
      }
    }
    this.remembered.set(0, { errors: [0, 0, 0, 0], cost: 64 });
  }

  code(
    y: number,
    x: number,
    spacing: number,
    stepKind: number,
    ofPlanes: readonly (Seen & { readonly outputs: readonly number[] })[],
  ): void {
    const position = y * this.picture.width + x;
    const around = this.around(y, x, spacing, stepKind);
    const errors = [0, 0, 0, 0];
    let spent = 0;
    let samples = 0;
    let a: number | undefined;
    for (const [number, plane] of this.planes.entries()) {
      const { base, activity, outputs } = ofPlanes[number] as (typeof ofPlanes)[number];
      const mixture = new ReferenceMixture(this.coding, outputs, base, activity);
      const pixel = plane.pixels[position] as readonly number[];
      const [red = 0, green = 0, blue = 0] = pixel;
      const one = (sample: Sample, value: number): void => {
        const { net, context } = this.begin(sample, around, mixture);
        spent += this.codeSample(sample.kind, value, mixture, { activity, around, stepKind, context });
        errors[sample.kind] = clamp(value - net, -127, 127);
        samples++;
      };
      mixture.openGreen();
      if (plane.kind !== 'rgb') {
        const kind = plane.kind === 'alpha' ? ALPHA_SAMPLE : GREEN_SAMPLE;
        one({ kind, channel: GREEN, plane, base }, green);
        if (plane.kind === 'alpha') a = green;
        continue;
      }
      const alpha = a === undefined ? {} : { a };
      one({ kind: GREEN_SAMPLE, channel: GREEN, plane, base, ...alpha }, green);
      mixture.openRed(green);
      one({ kind: RED_SAMPLE, channel: RED, plane, base, g: green, ...alpha }, red);
      mixture.openBlue(green, red);
      one({ kind: BLUE_SAMPLE, channel: BLUE, plane, base, g: green, r: red, ...alpha }, blue);
    }
    this.remembered.set(position, { errors, cost: Math.min(255, Math.floor(spent / (16 * samples))) });
  }

  /** Section 3. */
  private around(y: number, x: number, s: number, stepKind: number): Around {
    const { width, height } = this.picture;
    const at = (qy: number, qx: number): number | undefined =>
      qy >= 0 && qy < height && qx >= 0 && qx < width ? qy * width + qx : undefined;
    const [near, mates] =
      stepKind === 0
        ? [
            [at(y - s, x - s), at(y + s, x + s), at(y - s, x + s), at(y + s, x - s)],
            [at(y, x - 2 * s), at(y - 2 * s, x), at(y - 2 * s, x + 2 * s), at(y - 2 * s, x - 2 * s)],
          ]
        : [
            [at(y - s, x), at(y + s, x), at(y, x - s), at(y, x + s)],
            [at(y - s, x - s), at(y - s, x + s), at(y, x - 2 * s), at(y - 2 * s, x)],
          ];
    for (const position of [...near, ...mates]) {
      if (position !== undefined && !this.remembered.has(position)) throw new Error('a neighbour is not known yet');
    }
    return { near, mates, cost: this.meanOf({ near, mates }, ({ cost }) => cost, 1) };
  }

  private meanOf(
    { near, mates }: Pick<Around, 'near' | 'mates'>,
    of: (what: Remembered) => number,
    times: number,
  ): number {
    const weights = [1, 1, 1, 1, 3, 3, 2, 2];
    let sum = 0;
    let all = 0;
    for (const [i, position] of [...near, ...mates].entries()) {
      if (position === undefined) continue;
      const weight = weights[i] as number;
      sum += weight * of(this.remembered.get(position) as Remembered);
      all += weight;
    }
    return Math.floor((times * sum) / all);
  }

  /** Sections 3 and 4: sets the maps' predictions and the contexts. */
  private begin(sample: Sample, around: Around, mixture: ReferenceMixture) {
    const { kind, channel, plane, base, g, r, a } = sample;
    const { near, mates, cost } = around;
    const own = base[channel] as number;
    const mean = mixture.mean();
    const net = clamp(Math.floor((mean + 8) / 16), 0, 255);
    const sharp = clamp((5376 - log2(mixture.sharpest())) >> 7, 0, 23);
    const at = (position: number | undefined, c: Channel = channel): number =>
      position === undefined ? (base[c] as number) : ((plane.pixels[position] as readonly number[])[c] as number);
    const colourAt = (position: number | undefined): number =>
      position === undefined ? 2 ** 24 : at(position, RED) + 256 * at(position, GREEN) + 65536 * at(position, BLUE);
    const [n0, n1, n2, n3] = near;
    const [m0, m1] = mates;
    const pair = (p: number | undefined, q: number | undefined, c?: Channel): number => (at(p, c) + at(q, c)) >> 1;
    const gapOf = (p: number | undefined, q: number | undefined): number =>
      p === undefined || q === undefined ? 255 : Math.abs(at(p) - at(q));
    /** @param from what a channel is where the trend is measured from. */
    const trend = (from: (c: Channel) => number): number => {
      if (g === undefined) return 0;
      return r === undefined ? g - from(GREEN) : (g - from(GREEN) + r - from(RED)) >> 1;
    };
    const fromBase = trend((c) => base[c] as number);
    const gapA = gapOf(n0, n1);
    const gapB = gapOf(n2, n3);
    const better =
      gapA < gapB ? pair(n0, n1) + trend((c) => pair(n0, n1, c)) : pair(n2, n3) + trend((c) => pair(n2, n3, c));
    const median = [pair(n0, n1), pair(n2, n3), net].sort((p, q) => p - q)[1] as number;
    const errorMean = this.meanOf(around, ({ errors }) => Math.abs(errors[kind] as number), 16);
    const error = Math.min(22, (log2(errorMean + 4) - 512) >> 7);
    const ofMates = mates.flatMap((position) =>
      position === undefined ? [] : [(this.remembered.get(position) as Remembered).errors[kind] as number],
    );
    const bias = ofMates.length === 0 ? 0 : Math.trunc((2 * ofMates.reduce((sum, e) => sum + e, 0)) / ofMates.length);
    const costs = Math.min(23, cost >> 2);
    const gap = Math.min(23, log2(1 + Math.min(gapA, gapB)) >> 7);
    this.mixer.beginMaps(kind, [
      [net, error],
      [net, sharp],
      [(mean + 4 * bias + 8) >> 4, costs],
      [own + fromBase, error],
      [better, gap],
      [at(m0) + trend((c) => at(m0, c)), error],
      [median, costs],
      [own + fromBase, gap],
    ]);

    const [ka = -1, kg = -1, kr = -1] = [a, g, r];
    const greenTrend = g === undefined ? 300 : g - (base[GREEN] as number);
    const redTrend = r === undefined ? 300 : r - (base[RED] as number);
    const colour = mix(Math.imul(kind + 1, GOLDEN_RATIO), ka, kg, kr);
    const start = mix(Math.imul(kind + 5, GOLDEN_RATIO), ka);
    const context = [
      colour,
      mix(colour, own >> 2) + 1,
      mix(start, kg, own >> 1, 2),
      mix(start, at(n2), at(n0), greenTrend, 3),
      mix(start, own, greenTrend, 4),
      mix(start, at(m0), at(m1), greenTrend, 5),
      mix(start, greenTrend, redTrend, own >> 3, 6),
      mix(start, at(n3), at(n1), greenTrend, 7),
      mix(start, net, sharp, 8),
      mix(colour, colourAt(n0), colourAt(n1), colourAt(n2), colourAt(n3), 9),
      mix(colour, colourAt(m0), colourAt(n2), colourAt(n0), 10),
      mix(colour, colourAt(m0), colourAt(m1), 11),
    ];
    return { net, context };
  }

  /** @returns what its bits cost, in 1/256 bit. */
  private codeSample(
    kind: number,
    value: number,
    mixture: ReferenceMixture,
    of: { activity: number; around: Around; stepKind: number; context: readonly number[] },
  ): number {
    const { mixer, encoder } = this;
    const costLevel = Math.min(11, of.around.cost >> 3);
    mixer.beginBits(kind, of.activity, costLevel, of.stepKind, of.context);
    let spent = 0;
    let from = 0;
    for (let half = 128; half >= 1; half /= 2) {
      const middle = mixture.cumulative(from + half);
      const ones = log2(mixture.cumulative(from + 2 * half) - middle);
      const zeros = log2(middle - mixture.cumulative(from));
      const one = mixer.probability(clampOdds(ones - zeros), from, half);
      const bit = value & half ? 1 : 0;
      const zero = 65536 - one;
      if (one < 32768) encoder.encode(bit ? 0 : one, bit ? one : zero);
      else encoder.encode(bit ? zero : 0, bit ? one : zero);
      spent += 4096 - log2(bit ? one : zero);
      mixer.learn(bit);
      if (bit) from += half;
    }
    mixer.endSample(value);
    return spent;
  }
}

/** A row of a residual map. */
class MapRow {
  private readonly counts: number[];

  constructor(coding: Coding, scale: number) {
    const inverse = coding.inverseScales[scale] as number;
    this.counts = Array.from({ length: 256 }, (_, d) => {
      const v = d < 128 ? d : d - 256;
      const mass = massBelow(coding, v + 1, 0, inverse) - massBelow(coding, v, 0, inverse);
      return 1 + Math.floor((4096 * mass) / 65536);
    });
  }

  /** Sum of the counts of so many values. */
  sum(prediction: number, from: number, length: number): number {
    let sum = 0;
    for (let v = from; v < from + length; v++) sum += this.counts[(v - prediction) & 255] as number;
    return sum;
  }

  learn(prediction: number, value: number): void {
    const d = value - prediction;
    for (const [off, hit] of [
      [0, 32],
      [1, 10],
      [-1, 10],
    ] as const) {
      const at = (d + off) & 255;
      this.counts[at] = (this.counts[at] as number) + hit;
    }
    if (this.counts.reduce((sum, count) => sum + count, 0) <= 24000) return;
    for (const [i, count] of this.counts.entries()) this.counts[i] = Math.floor(count / 2);
  }
}

/** What became of bits that were given such odds. */
class Refinement {
  private readonly rows = new Map<number, number[]>();
  private nearest: { readonly row: number[]; readonly at: number } | undefined;

  refine(number: number, odds: number): number {
    let row = this.rows.get(number);
    if (!row) {
      row = Array.from({ length: 33 }, (_, i) => SQUASH[Math.min(8191, 256 * i)] as number);
      this.rows.set(number, row);
    }
    const x = odds + 4096;
    const low = Math.floor(x / 256);
    const part = x % 256;
    this.nearest = { row, at: part >= 128 ? low + 1 : low };
    return Math.floor(((row[low] as number) * (256 - part) + (row[low + 1] as number) * part) / 256);
  }

  learn(bit: number): void {
    const { row, at } = this.nearest as { row: number[]; at: number };
    const entry = row[at] as number;
    row[at] = entry + Math.floor((65536 * bit - entry) / 64);
  }
}

/** Sections 4 to 8. */
class Mixer {
  private readonly history: number[][];
  private readonly historySeen: number[][];
  private readonly weights: readonly [number[][], number[][]];
  private readonly final: number[][];
  /** By map, kind and level: made when one is first asked for, since a small picture needs few. */
  private readonly maps = new Map<string, MapRow>();
  private readonly tables: readonly BitHistoryTable[];
  private readonly byNode = new Refinement();
  private readonly byColour = new Refinement();
  private readonly colourShift: number;
  // Of the sample:
  private kind = 0;
  private activity = 3;
  private otherSet = 0;
  private context: readonly number[] = [];
  private rows: readonly { readonly row: MapRow; readonly prediction: number }[] = [];
  private bits = 0;
  private node = 1;
  private leaf = 1;
  private isChosen = false;
  // Of the bit:
  private isCertain = false;
  private inputs: number[] = [];
  private states: number[] = [];
  private outs: [number, number] = [0, 0];
  private mixed = 0;

  constructor(
    private readonly coding: Coding,
    samples: number,
  ) {
    const { history, historySeen, weights, final } = structuredClone(coding.mixing);
    this.history = history;
    this.historySeen = historySeen;
    this.weights = weights;
    this.final = final;
    let bits = 10;
    while (bits < 14 && 2 ** bits < 2 * samples) bits++;
    this.tables = Array.from({ length: CONTEXTS }, () => new BitHistoryTable(bits));
    this.colourShift = 32 - Math.min(12, bits);
  }

  /** @param predictions and levels, a pair for each map. */
  beginMaps(kind: number, predictions: readonly (readonly [number, number])[]): void {
    if (predictions.length !== MAPS) throw new Error(`${predictions.length} maps`);
    this.rows = predictions.map(([prediction, level], m) => {
      if (level < 0 || level >= LEVELS) throw new RangeError(`level ${level}`);
      const key = `${m} ${kind} ${level}`;
      const row = this.maps.get(key) ?? new MapRow(this.coding, this.coding.mixing.maps[m]?.[kind]?.[level] as number);
      this.maps.set(key, row);
      return { row, prediction: clamp(prediction, 0, 255) };
    });
  }

  beginBits(kind: number, activity: number, costLevel: number, stepKind: number, context: readonly number[]): void {
    this.kind = kind;
    this.activity = activity;
    this.otherSet = 24 * kind + 2 * costLevel + stepKind;
    this.context = context;
    this.bits = 0;
    this.node = 1;
    this.leaf = 1;
    this.isChosen = false;
  }

  probability(odds: number, low: number, half: number): number {
    this.isCertain = Math.abs(odds) >= CERTAIN;
    this.mixed = this.isCertain ? odds : this.mix(odds, low, half);
    const node = 256 * this.kind + this.node;
    const row = Math.imul(((this.context[0] as number) + node) | 0, GOLDEN_RATIO) >>> this.colourShift;
    const refined = this.byNode.refine(node, this.mixed) + this.byColour.refine(row, this.mixed);
    return clamp(Math.floor((2 * squash(this.mixed) + refined) / 4), 1, 65535);
  }

  learn(bit: number): void {
    this.byNode.learn(bit);
    this.byColour.learn(bit);
    if (!this.isCertain) this.learnMixed(bit);
    this.bits++;
    this.node = 2 * this.node + bit;
    this.leaf = 2 * this.leaf + bit;
    if (this.bits === 4) {
      this.leaf = 1;
      this.isChosen = false;
    }
  }

  endSample(value: number): void {
    for (const { row, prediction } of this.rows) row.learn(prediction, value);
  }

  private mix(odds: number, low: number, half: number): number {
    if (!this.isChosen) {
      // Of the half, as its first bit finds it, whichever of its bits is the first that is not certain.
      const hash = this.bits < 4 ? 0 : Math.imul(this.node >> (this.bits - 4), GOLDEN_RATIO);
      for (const [c, table] of this.tables.entries()) table.choose(((this.context[c] as number) + hash) | 0);
      this.isChosen = true;
    }
    this.states = this.tables.map((table) => table.state(this.leaf));
    const ofContexts = this.states.map((state, c) =>
      state === 0 ? 0 : (STRETCH[(this.history[c]?.[state] as number) >> 10] as number),
    );
    const ofMaps = this.rows.map(({ row, prediction }) => {
      const lower = row.sum(prediction, low, half);
      const upper = row.sum(prediction, low + half, half);
      return clamp(log2(upper + 16) - log2(lower + 16), -2047, 2047);
    });
    this.inputs = [...ofContexts, ...ofMaps, 0, 0, odds, 256];
    const out = (set: readonly number[]): number =>
      clampOdds(Math.floor(this.inputs.reduce((sum, input, j) => sum + input * (set[j] as number), 0) / 65536));
    this.outs = [out(this.firstSet()), out(this.secondSet())];
    const [f0 = 0, f1 = 0] = this.finalSet();
    return clampOdds(Math.floor((this.outs[0] * f0 + this.outs[1] * f1) / 65536));
  }

  private learnMixed(bit: number): void {
    move(this.firstSet(), this.inputs, bit, this.outs[0], RATE);
    move(this.secondSet(), this.inputs, bit, this.outs[1], RATE);
    move(this.finalSet(), this.outs, bit, this.mixed, FINAL_RATE);
    for (const [c, table] of this.tables.entries()) {
      const state = this.states[c] as number;
      const [history, seen] = [this.history[c] as number[], this.historySeen[c] as number[]];
      if (state !== 0) {
        const probability = history[state] as number;
        const count = seen[state] as number;
        history[state] = probability + Math.floor(((2 ** 22 * bit - probability) * (RATES[count] as number)) / 65536);
        seen[state] = Math.min(255, count + 1);
      }
      table.update(this.leaf, state, bit);
    }
  }

  private firstSet(): number[] {
    return this.weights[0][72 * this.kind + 9 * this.bits + this.activity - 3] as number[];
  }

  private secondSet(): number[] {
    return this.weights[1][this.otherSet] as number[];
  }

  private finalSet(): number[] {
    return this.final[8 * this.kind + this.bits] as number[];
  }
}

/** Moves weights against the error of what they have made, `out`. */
function move(weights: number[], inputs: readonly number[], bit: number, out: number, rate: number): void {
  const error = 65536 * bit - squash(out);
  if (Math.abs(error) < SMALL_ERROR) return;
  for (const [j, weight] of weights.entries()) {
    const step = Math.floor(((inputs[j] as number) * error * rate + 2 ** 19) / 2 ** 20);
    weights[j] = clamp(weight + step, -WEIGHT_LIMIT, WEIGHT_LIMIT);
  }
}
