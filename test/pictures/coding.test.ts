import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Coding, codingSchema } from '../../src/pictures/coding.js';
import { PictureDomain } from '../../src/pictures/picture-domain.js';
import { startOf } from '../../src/pictures/start.js';
import { drawnCoding, releasedCoding } from './fakes.js';

const RELEASED = releasedCoding();

/** A copy with one thing changed. */
function changed(change: (coding: Coding) => void): Coding {
  const copy = structuredClone(RELEASED);
  change(copy);
  return copy;
}

describe('coding.json of pictures', () => {
  it('is what the released model has, and what tests draw', () => {
    assert.ok(codingSchema.safeParse(RELEASED).success);
    assert.ok(codingSchema.safeParse(drawnCoding(7)).success);
  });

  const wrong: Readonly<Record<string, (coding: Coding) => void>> = {
    'a logit that weighs too much': ({ logitWeights }) => logitWeights.splice(3, 1, 65537),
    'a highest logit that weighs nothing': ({ logitWeights }) => logitWeights.splice(0, 1, 0),
    'more weights of logits than logits': ({ logitWeights }) => logitWeights.push(...Array<number>(2048).fill(0)),
    'a logistic that falls': ({ logistic }) => logistic.splice(200, 1, 0),
    'a logistic of another length': ({ logistic }) => logistic.pop(),
    'a scale of nothing': ({ inverseScales }) => inverseScales.splice(9, 1, 0),
    'a scale beyond 2^21': ({ inverseScales }) => inverseScales.splice(9, 1, 2 ** 21 + 1),
    'a probability of one': ({ mixing }) => mixing.history[3]?.splice(4, 1, 2 ** 22),
    'a context too few': ({ mixing }) => mixing.history.pop(),
    'more seen than is counted': ({ mixing }) => mixing.historySeen[3]?.splice(4, 1, 256),
    'a weight beyond its limit': ({ mixing }) => mixing.weights[0][0]?.splice(1, 1, 2 ** 22 + 1),
    'a weight that is not whole': ({ mixing }) => mixing.weights[1][0]?.splice(1, 1, 0.5),
    'a set too few': ({ mixing }) => mixing.weights[1].pop(),
    'a last weight too many': ({ mixing }) => mixing.final[0]?.push(1),
    'a map of a scale that there is not': ({ mixing }) => mixing.maps[2]?.[1]?.splice(0, 1, 416),
    'something else': (coding) => Object.assign(coding, { rate: 3 }),
  };
  for (const [what, change] of Object.entries(wrong)) {
    it(`refuses ${what}`, () => {
      assert.ok(!codingSchema.safeParse(changed(change)).success);
    });
  }
});

describe('what a segment starts with', () => {
  it('has rows of maps that stand twice, none empty, none above what mixing.md says', () => {
    for (const coding of [RELEASED, drawnCoding(3)]) {
      const bytes = startOf(coding);
      const words = 12 * 256 + 288 * 24 + 96 * 24 + 32 * 2;
      const mapsAt = 64 * Math.ceil((4 * words) / 64);
      const rows = new Uint16Array(bytes.slice(mapsAt, mapsAt + 768 * 1024).buffer);
      const sums = new Uint32Array(bytes.slice(mapsAt + 768 * 1024).buffer);
      assert.equal(sums.length, 768);
      for (const [number, sum] of sums.entries()) {
        const row = rows.subarray(512 * number, 512 * number + 512);
        assert.deepEqual(row.subarray(0, 256), row.subarray(256));
        assert.equal(
          row.subarray(0, 256).reduce((all, count) => all + count, 0),
          sum,
        );
        assert.ok(row.every((count) => count >= 1) && sum >= 256 && sum <= 4352, `${sum}`);
      }
    }
  });

  it('is what the program begins with, word for word', () => {
    const domain = new PictureDomain(RELEASED, new Uint8Array(12), { width: 2, height: 2, channels: 3, size: 0 });
    assert.deepEqual(domain.learned(), startOf(RELEASED));
    domain.close();
  });
});
