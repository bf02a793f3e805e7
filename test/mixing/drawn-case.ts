import { readFileSync } from 'node:fs';
import { CLASSES, type MixingParameters } from '../../src/mixing/parameters.js';
import { xorshift32 } from '../entropy/random.js';

/** A segment to be mixed, drawn from a seed, and what mixing.py made of it: models/training/shared/mixing_fixture.py. */
export interface Case {
  readonly seed: number;
  readonly length: number;
  readonly stride: number;
  readonly contexts: number;
  readonly parameters: 'moderate' | 'random' | 'extreme';
  readonly rate: number;
  readonly weights: string;
  readonly swing: number;
  readonly boost: number;
  /** Of all probabilities, by position, as little-endian uint16. */
  readonly sha256: string;
  readonly firstCoded: readonly number[];
  readonly lastCoded: readonly number[];
}

export interface MixingFixture {
  readonly logitWeights: Readonly<Record<string, readonly number[]>>;
  readonly cases: readonly Case[];
}

const read = (name: string): unknown => JSON.parse(readFileSync(`test/fixtures/${name}.json`, 'utf8'));

export const FIXTURE = read('mixing') as MixingFixture;
/** Cases in which a third of the bytes skip the network. */
export const SKIPPING = (read('mixing-2') as Pick<MixingFixture, 'cases'>).cases;

/** Cases with weights by class as well. */
export const BY_CLASS = (read('mixing-3') as Pick<MixingFixture, 'cases'>).cases;

const WEIGHT_LIMIT = 2 ** 22;
const LOGIT_ROWS = 16;

export interface Drawn {
  readonly parameters: MixingParameters;
  readonly bytes: Uint8Array;
  /** Per position: a value for each context. */
  readonly values: Uint32Array;
  readonly expected: Int32Array;
  readonly match: Int32Array;
  /** 1 where the network is not asked. */
  readonly skips: Uint8Array;
  /** Of the bytes before, 0..342. */
  readonly classes: Uint16Array;
  /** Position that is coded in each turn. */
  turn(r: number): number;
  /** Logits of turn `r`. */
  logits(r: number): Float32Array;
}

export type Draws = (n: number) => number;

export function draws(seed: number): Draws {
  const next = xorshift32(seed);
  return (n) => next() % n;
}

/** Parameters whose weights are about right (moderate), anything (random), or at their limits (extreme). */
export function drawnParameters(
  below: Draws,
  kind: Case['parameters'],
  contexts: number,
  rate: number,
  byClass = false,
): MixingParameters {
  const several = <T>(count: number, one: () => T): T[] => Array.from({ length: count }, one);
  const probability = () => (kind === 'extreme' ? below(2) * 4194303 : below(4194304));
  const seen = () => (kind === 'extreme' ? below(2) * 255 : below(256));
  const weight = (middle: number, spread: number): number => {
    if (kind === 'extreme') return (below(3) - 1) * WEIGHT_LIMIT;
    if (kind === 'random') return below(2 * WEIGHT_LIMIT + 1) - WEIGHT_LIMIT;
    return middle - spread + below(2 * spread);
  };
  const weights = () => [weight(50000, 30000), ...several(contexts + 2, () => weight(6000, 8000))];
  return {
    ...(byClass && { classes: several(8 * CLASSES, weights) }),
    rate,
    history: several(contexts, () => several(256, probability)),
    historySeen: several(contexts, () => several(256, seen)),
    match: several(32, probability),
    matchSeen: several(32, seen),
    weights: [several(256, weights), several(33, weights)],
    final: several(256, () => several(byClass ? 3 : 2, () => weight(32768, 12000))),
  };
}

export function draw(c: Case, skipping = false, byClass = false): Drawn {
  const below = draws(c.seed);
  const drawn = () => drawnParameters(below, c.parameters, c.contexts, c.rate, byClass);
  const asked = drawn();
  const own = skipping ? drawn() : undefined;
  const skip = own && { matchLength: 32, historyCount: 1, weights: own.weights, final: own.final };
  const parameters = { ...asked, skip };
  const bytes = new Uint8Array(c.length);
  const values = new Uint32Array(c.length * c.contexts);
  const expected = new Int32Array(c.length);
  const match = new Int32Array(c.length);
  for (let p = 0; p < c.length; p++) {
    const repeats = p > 0 && below(8) > 1;
    bytes[p] = repeats ? (bytes[p - 1 - below(Math.min(p, 40))] as number) : below(256);
    for (let k = 0; k < c.contexts; k++) {
      const before = p > k ? (bytes[p - 1 - k] as number) : 256;
      values[p * c.contexts + k] = below(16) === 0 ? 0xffffffff - before : before * 0x00fffff1 + k;
    }
    const last = (p + 1) * c.contexts - 1;
    values[last] = (values[last] as number) ^ (below(4) << 9);
    const known = below(4);
    expected[p] = known === 0 ? -1 : known === 1 ? below(256) : (bytes[p] as number);
    match[p] = below(32);
  }
  const skips = Uint8Array.from({ length: c.length }, () => (skipping && below(3) === 0 ? 1 : 0));
  // What is certain comes, and after matches of one kind: then errors get small.
  for (const [p, byte] of expected.entries()) {
    if (skips[p] === 0 || byte < 0) continue;
    bytes[p] = byte;
    match[p] = 9;
  }
  const classes = Uint16Array.from({ length: c.length }, () => (byClass ? below(CLASSES - 1) : 0));
  const rows = Array.from({ length: LOGIT_ROWS }, () =>
    Float32Array.from({ length: 256 }, () => below(2 * c.swing + 1) - c.swing),
  );
  const turn = (r: number): number => (r * c.stride) % c.length;
  const logits = (r: number): Float32Array => {
    const row = Float32Array.from(rows[r % LOGIT_ROWS] as Float32Array);
    const byte = bytes[turn(r)] as number;
    row[byte] = (row[byte] as number) + c.boost;
    return row.map((logit) => Math.min(1023, logit));
  };
  return { parameters, bytes, values, expected, match, skips, classes, turn, logits };
}
