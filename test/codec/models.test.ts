import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CodecModel, modelsFor } from '../../src/codec/models.js';
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
  return modelsFor(new FakeModels([codecModel('bytes'), ...models]), { content, longestSide }).map(({ id }) => id);
}

describe('the models for samples', () => {
  it('are the narrowest of those that are made for pictures as large, and the one of all, whatever their order', () => {
    const all = [pictures('all'), pictures('icons', 16), pictures('thumbnails', 64)];
    for (const models of [all, [...all].reverse()]) {
      assert.deepEqual(
        [1, 16, 17, 64, 65, 32_768].map((side) => found(models, side)),
        [['icons', 'all'], ['icons', 'all'], ['thumbnails', 'all'], ['thumbnails', 'all'], ['all'], ['all']],
      );
    }
  });

  it('are the last by name where several are as narrow', () => {
    assert.deepEqual(found([pictures('a'), pictures('b')], 7), ['b']);
    assert.deepEqual(found([pictures('a', 9), pictures('b', 9), pictures('c')], 7), ['b', 'c']);
  });

  it('are none where all are made for smaller ones, or for something else', () => {
    assert.deepEqual(found([pictures('icons', 16)], 17), []);
    assert.deepEqual(found([pictures('icons', 16)], 16), ['icons']);
    assert.deepEqual(found([SOUND], 17), []);
    assert.deepEqual(found([SOUND, pictures('all')], 0, 'sound'), ['sound']);
  });
});
