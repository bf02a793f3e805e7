import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CodecModel, modelFor } from '../../src/codec/models.js';
import { PICTURE_MODELS } from '../../src/pictures/kind.js';
import { SOUND_MODELS } from '../../src/sound/kind.js';
import { codecModel, FakeModels } from './fakes.js';

const pictures = (id: string, longestSide?: number): CodecModel => ({
  ...codecModel(id),
  kind: PICTURE_MODELS,
  ...(longestSide !== undefined && { longestSide }),
});
const SOUND: CodecModel = { ...codecModel('sound'), kind: SOUND_MODELS };

function found(models: readonly CodecModel[], longestSide: number, content: 'pictures' | 'sound' = 'pictures') {
  return modelFor(new FakeModels([codecModel('bytes'), ...models]), { content, longestSide })?.id;
}

describe('the model for samples', () => {
  it('is the narrowest of those that are made for pictures as large, whatever their order', () => {
    const all = [pictures('all'), pictures('icons', 16), pictures('thumbnails', 64)];
    for (const models of [all, [...all].reverse()]) {
      assert.deepEqual(
        [1, 16, 17, 64, 65, 32_768].map((side) => found(models, side)),
        ['icons', 'icons', 'thumbnails', 'thumbnails', 'all', 'all'],
      );
    }
  });

  it('is the last by name where several are as narrow', () => {
    assert.equal(found([pictures('a'), pictures('b')], 7), 'b');
    assert.equal(found([pictures('a', 9), pictures('b', 9)], 7), 'b');
  });

  it('is none where all are made for smaller ones, or for something else', () => {
    assert.equal(found([pictures('icons', 16)], 17), undefined);
    assert.equal(found([SOUND], 17), undefined);
    assert.equal(found([SOUND, pictures('all')], 0, 'sound'), 'sound');
  });
});
