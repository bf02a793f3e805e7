import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { COLUMNS, codingSchema, INPUTS, NODES, OUTPUTS } from '../../src/sound/coding.js';
import { SOUND_MODELS } from '../../src/sound/kind.js';
import { releasedCoding, SOUND_1 } from './fakes.js';

/** A copy of what a model has, with one place changed: each key, or index, on the way there. */
function changed(path: readonly (string | number)[], to: unknown): unknown {
  const copy: unknown = structuredClone(releasedCoding());
  const last = path.at(-1) as string | number;
  let place = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string | number, unknown>;
  if (to === undefined) delete place[last];
  else place[last] = to;
  return copy;
}

describe('coding tables of sound', () => {
  it('are accepted as they are released', () => {
    assert.ok(SOUND_MODELS.open(JSON.parse(readFileSync(`${SOUND_1}/coding.json`, 'utf8'))));
  });

  it('agree with the graph of the model', () => {
    const { graphs } = JSON.parse(readFileSync(`${SOUND_1}/manifest.json`, 'utf8')) as {
      graphs: { inputs: { shape: number[] }[]; output: { shape: number[] } }[];
    };
    assert.deepEqual(
      graphs.map(({ inputs, output }) => [inputs.map(({ shape }) => shape), output.shape]),
      [[[[COLUMNS]], [OUTPUTS]]],
    );
  });

  it('are refused where anything is missing, too much, or out of its range', () => {
    const { logistic, mixing, predictors } = releasedCoding();
    const wrong: readonly (readonly [path: readonly (string | number)[], to: unknown])[] = [
      [['predictors'], undefined],
      [['mixing'], undefined],
      [['more'], 1],
      [['mixing', 'more'], 1],
      [['predictors', 'leastSquares'], predictors.leastSquares.slice(1)],
      [['predictors', 'leastSquares', 0, 'own'], 0],
      [['predictors', 'leastSquares', 0, 'own'], 129],
      [['predictors', 'leastSquares', 0, 'other'], 0.5],
      [['predictors', 'leastSquares', 0, 'forgetting'], 1],
      [['predictors', 'leastSquares', 0, 'ridge'], 0],
      [['predictors', 'leastSquares', 0, 'every'], 0],
      [['predictors', 'cascade'], []],
      [['predictors', 'cascade', 0, 'taps'], 12],
      [['predictors', 'cascade', 0, 'taps'], 1032],
      [['predictors', 'cascade', 0, 'step'], -1],
      [['predictors', 'blend', 'forgetting'], -0.1],
      [['predictors', 'blend', 'forgetting'], 1],
      [['logitWeights', 2048], 1],
      [['logitWeights', 0], 65537],
      [['logistic', 100], (logistic[101] as number) + 1],
      [['logistic'], logistic.slice(1)],
      [['inverseScales', 0], 0],
      [['inverseScales', 0], 1.5],
      [['mixing', 'weights'], mixing.weights.slice(1)],
      [['mixing', 'weights', NODES - 1, INPUTS - 1], 2 ** 22 + 1],
      [['mixing', 'weights', 0, INPUTS], 0],
      [['mixing', 'final', 0, 0], Number.NaN],
      [['mixing', 'final', NODES - 1, 1], '1'],
    ];
    for (const [path, to] of wrong) {
      const coding = changed(path, to);
      assert.equal(codingSchema.safeParse(coding).success, false, path.join('.'));
      assert.throws(() => SOUND_MODELS.open(coding), path.join('.'));
    }
  });
});
