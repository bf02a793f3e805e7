import { readFileSync } from 'node:fs';
import type { Rows } from '../../src/ardm/network.js';
import type { Predictor } from '../../src/ardm/predictor.js';
import type { ArdmModel } from '../../src/ardm/segment.js';
import { type Coding, codingSchema, FINAL_SETS, INPUTS, WEIGHT_SETS } from '../../src/pictures/coding.js';
import { PICTURE_MODELS } from '../../src/pictures/kind.js';
import { xorshift32 } from '../entropy/random.js';

const COLUMNS = 221;
const OUTPUTS = 50;

export const PICTURES_1 = 'models/pictures-1';

/** The coding tables of the released model. */
export function releasedCoding(): Coding {
  return codingSchema.parse(JSON.parse(readFileSync(`${PICTURES_1}/coding.json`, 'utf8')));
}

/** The same with everything that mixing starts with drawn, from one end of what is allowed to the other. */
export function drawnCoding(seed: number): Coding {
  const next = xorshift32(seed);
  const drawn = (below: number): number => next() % below;
  const several = <T>(count: number, one: () => T): T[] => Array.from({ length: count }, one);
  // Mostly anything, but often an end: what overflows shows there.
  const within = (low: number, high: number): number => {
    const end = drawn(8);
    return end === 0 ? low : end === 1 ? high : low + drawn(high - low + 1);
  };
  const weight = (): number => (drawn(3) === 0 ? within(-(2 ** 22), 2 ** 22) : within(-4000, 40000));
  const sets = (count: number, width: number) => several(count, () => several(width, weight));
  return codingSchema.parse({
    ...releasedCoding(),
    mixing: {
      history: several(12, () => several(256, () => within(0, 2 ** 22 - 1))),
      historySeen: several(12, () => several(256, () => within(0, 255))),
      weights: [sets(WEIGHT_SETS[0], INPUTS), sets(WEIGHT_SETS[1], INPUTS)],
      final: sets(FINAL_SETS, 2),
      maps: several(8, () => several(4, () => several(24, () => within(0, 415)))),
    },
  });
}

/** What a fake network says: anything; ends of the range alone; or what is nearly right and so certain that most bits skip the mixer. */
export type Temper = 'any' | 'extreme' | 'certain';
export const TEMPERS: readonly Temper[] = ['any', 'extreme', 'certain'];

/** Outputs without a network: 50 integers, -1024..1023, that follow from the graph and from every byte of the row. */
export function fakeOutputs(temper: Temper, graph: number, row: ArrayLike<number>): number[] {
  let seed = graph + 1;
  for (let i = 0; i < COLUMNS; i++) seed = (Math.imul(seed ^ (row[i] as number), 0x85ebca6b) ^ (seed >>> 13)) >>> 0;
  const next = xorshift32(seed | 1);
  return Array.from({ length: OUTPUTS }, (_, i) => {
    const n = next();
    if (temper === 'any') return (n % 2048) - 1024;
    if (temper === 'extreme') return n & 64 ? -1024 : 1023;
    if (i < 20) return (n % 64) - 32;
    // Narrow scales; couplings that say little.
    return i < 35 ? -200 + (n % 128) : (n % 32) - 16;
  });
}

export class FakePredictor implements Predictor {
  readonly rowsPerCall: number[] = [];

  constructor(
    private readonly graph: number,
    private readonly temper: Temper,
    readonly rowsAtOnce = 256,
  ) {}

  async predict([input]: readonly Rows[], rows: number): Promise<Float32Array> {
    if (input?.length !== rows * COLUMNS) throw new Error('inputs and rows disagree');
    this.rowsPerCall.push(rows);
    const outputs = new Float32Array(rows * OUTPUTS);
    for (let r = 0; r < rows; r++) {
      outputs.set(fakeOutputs(this.temper, this.graph, input.subarray(r * COLUMNS, (r + 1) * COLUMNS)), r * OUTPUTS);
    }
    return outputs;
  }
}

export const LATTICE = { schedule: 'lattice', calls: 2 } as const;
export const NEVER = { aborted: false } as const;

/** A model of pictures for `encodeSegment` and `decodeSegment` that knows the shape of its segment. */
export function pictureModel(coding: Coding, shape: readonly number[], predictors: readonly Predictor[]): ArdmModel {
  const opened = PICTURE_MODELS.open(coding);
  return { domain: (data, dial) => opened.domain(data, dial, shape), predictors };
}

export function fakeModel(coding: Coding, shape: readonly number[], temper: Temper, rowsAtOnce?: number): ArdmModel {
  return pictureModel(
    coding,
    shape,
    [0, 1].map((graph) => new FakePredictor(graph, temper, rowsAtOnce)),
  );
}

/** Samples of a small picture that is neither noise nor flat: slopes, a few colours, some noise. */
export function drawnSamples(width: number, height: number, channels: number, seed: number): Uint8Array {
  const next = xorshift32(seed);
  const [a, b, noise] = [next() % 13, next() % 17, [0, 3, 40, 256][next() % 4] as number];
  const samples = new Uint8Array(width * height * channels);
  for (let i = 0; i < samples.length; i++) {
    const pixel = Math.floor(i / channels);
    const [y, x, c] = [Math.floor(pixel / width), pixel % width, i % channels];
    samples[i] = c === 3 ? (x + y > 6 ? 255 : 0) : a * y + b * x + 50 * c + (noise ? next() % noise : 0);
  }
  return samples;
}
