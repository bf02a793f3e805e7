import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteMixer } from '../../src/mixing/byte-mixer.js';
import type { MixingParameters } from '../../src/mixing/parameters.js';
import { draws } from './drawn-case.js';
import { plainParameters } from './plain-parameters.js';
import { ReferenceMixer } from './reference-mixer.js';

/** Parameters over the whole of their ranges, extremes included. */
function wildParameters(contexts: number, seed: number): MixingParameters {
  const next = draws(seed);
  const some = <T>(count: number, of: () => T): T[] => Array.from({ length: count }, of);
  const probability = (): number => (next(8) === 0 ? next(2) * (2 ** 22 - 1) : next(2 ** 22));
  const weight = (): number => (next(8) === 0 ? (next(2) * 2 - 1) * 2 ** 22 : next(2 ** 23) - 2 ** 22);
  return {
    rate: 1 + next(64),
    history: some(contexts, () => some(256, probability)),
    historySeen: some(contexts, () => some(256, () => next(256))),
    match: some(32, probability),
    matchSeen: some(32, () => next(256)),
    weights: [some(256, () => some(contexts + 3, weight)), some(33, () => some(contexts + 3, weight))],
    final: some(256, () => some(2, weight)),
  };
}

const WEIGHTS = Array.from({ length: 180 }, (_, d) => Math.floor(65536 * 0.94 ** d));

function compare(parameters: MixingParameters, length: number, rows: number, seed: number): void {
  const contexts = parameters.history.length;
  const mixer = new ByteMixer(parameters, WEIGHTS, length);
  const reference = new ReferenceMixer(parameters, WEIGHTS, length);
  const next = draws(seed);
  const logits = new Float32Array(512);
  const values = new Uint32Array(2 * contexts);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < 512; i++) logits[i] = next(4) === 0 ? next(2048) - 1024 : 0;
    // Few values, so that contexts come again.
    for (let i = 0; i < values.length; i++) values[i] = Math.imul(next(40), 0x9e3779b1);
    const expected = next(3) === 0 ? -1 : next(256);
    const kind = next(32);
    const offset = 256 * next(2);
    const at = contexts * next(2);
    mixer.begin(logits, offset, values, at, expected, kind);
    reference.begin(logits, offset, values, at, expected, kind);
    const byte = next(3) === 0 && expected >= 0 ? expected : next(256);
    for (let shift = 7; shift >= 0; shift--) {
      assert.equal(mixer.probability(), reference.probability(), `row ${row}, bit ${7 - shift}`);
      mixer.learn((byte >> shift) & 1);
      reference.learn((byte >> shift) & 1);
    }
  }
  mixer.close();
}

describe('mixing in WebAssembly', () => {
  it('is the reference to the bit, whatever the parameters, contexts and bytes', () => {
    const cases = fc.tuple(
      fc.integer({ min: 1, max: 32 }),
      fc.constantFrom(1, 600, 5_000, 70_000),
      fc.integer({ min: 1 }),
    );
    fc.assert(
      fc.property(cases, ([contexts, length, seed]) => compare(wildParameters(contexts, seed), length, 120, seed)),
      { numRuns: 40 },
    );
  });

  it('is the reference in a long run', () => {
    compare(plainParameters(10), 200_000, 5_000, 3);
  });

  it('starts afresh in a memory that another segment has used', () => {
    for (let i = 0; i < 5; i++) compare(wildParameters(4, 7 + i), 3_000, 300, i + 1);
  });
});
