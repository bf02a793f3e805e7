import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Codec } from '../../src/codec/codec.js';
import { mapLimited } from '../../src/codec/map-limited.js';
import type { Extent } from '../../src/containers/types.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { bmpFile, numbers, pngFile, pnmFile, rowsOf, texture } from '../containers/files.js';
import { changed, type Original, outcome } from './damage.js';

const { signal } = new AbortController();
const ARCHIVES = 10_000;
/** Pictures of a few pixels, so that the network is soon done. */
const FILES: readonly (readonly [Uint8Array, Extent?])[] = [
  [pnmFile('P6\n3 2\n255\n', new Uint8Array(18).fill(90))],
  [pnmFile('P5 #grey\n5 3 255\n', new Uint8Array(15).fill(7), 'more')],
  [bmpFile({ width: 3, height: 2, bits: 24 })],
  [bmpFile({ width: 2, height: 2, bits: 32, topDown: true, gap: 3 })],
  [pngFile({ width: 4, height: 3, filtered: rowsOf(3, 12, (y) => y % 5) })],
  [pngFile({ width: 2, height: 3, colour: 6, filtered: rowsOf(3, 8, () => 4), cut: 9 })],
  [pngFile({ width: 8, height: 4, colour: 3, filtered: rowsOf(4, 8, () => 0) })],
  [new Uint8Array(60).fill(3), { width: 5, height: 4, channels: 3 }],
  [texture(24), { width: 3, height: 2, channels: 4 }],
];

describe('archives of pictures that somebody has changed', () => {
  let pool: WorkerPool;
  let codec: Codec;
  let originals: readonly Original[];

  before(async () => {
    const models = await loadModels('models', KINDS);
    const keepOpen = ['pictures-1', 'text-1'];
    pool = await WorkerPool.start({ models: models.list(), keepOpen, provider: 'cpu', workers: 1 });
    codec = new Codec({ models, coder: pool, maxOriginalSize: 2 ** 16, defaultModel: 'text-1' });
    originals = await mapLimited(1, signal, FILES, async ([file, pixels]) => {
      const isPalette = !pixels && file[25] === 3;
      const model = isPalette ? 'auto' : 'pictures-1';
      return { file, archive: (await codec.compress(file, { model, calls: 'balanced', pixels, signal })).archive };
    });
  });
  after(() => pool.close());

  it(`are refused, or are the file: ${ARCHIVES} of them`, async () => {
    const next = numbers(14);
    const told = new Map<string, number>();
    const damaged = Array.from({ length: ARCHIVES }, (_, i) => {
      const original = originals[i % originals.length] as Original;
      return { original, archive: changed(original.archive, next, originals) };
    });
    await mapLimited(8, signal, damaged, async ({ original, archive }) => {
      const answer = await outcome(codec, archive, original.file);
      told.set(answer, (told.get(answer) ?? 0) + 1);
    });
    const count = (code: string): number => told.get(code) ?? 0;
    // Whoever changes this test sees that it still reaches the decoder, and what is behind it.
    assert.ok(count('checksum-mismatch') > ARCHIVES / 10, JSON.stringify([...told]));
    assert.ok(count('damaged-header') > ARCHIVES / 10, JSON.stringify([...told]));
    assert.ok(count('the file') > 0, JSON.stringify([...told]));
    assert.ok(told.size >= 8, JSON.stringify([...told]));
  });
});
