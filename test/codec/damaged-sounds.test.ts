import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Codec } from '../../src/codec/codec.js';
import type { Pcm } from '../../src/codec/contained.js';
import { mapLimited } from '../../src/codec/map-limited.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { numbers, texture } from '../containers/files.js';
import { aiffFile, wavFile } from '../containers/sound-files.js';
import { changed, type Original, outcome } from './damage.js';

const { signal } = new AbortController();
const ARCHIVES = 4000;
/** Sounds of a few frames, so that the network is soon done. */
const FILES: readonly (readonly [Uint8Array, Pcm?])[] = [
  [wavFile({ samples: new Uint8Array(24).fill(90) })],
  [wavFile({ samples: new Uint8Array(15).fill(7), bits: 8, after: [['LIST', texture(9)]], pad: 1 })],
  [wavFile({ samples: new Uint8Array(48).fill(3), bits: 24, channels: 2, rate: 44_100 })],
  [wavFile({ samples: new Uint8Array(32).fill(50), channels: 8, size: 0, whole: 0 })],
  [aiffFile({ samples: new Uint8Array(20).fill(1), channels: 2, offset: 4 })],
  [aiffFile({ samples: new Uint8Array(27).fill(2), bits: 24, late: true })],
  [new Uint8Array(60).fill(3), { format: 's16le', channels: 3, rate: 16_000 }],
  [new Uint8Array(40).fill(128), { format: 'u8', channels: 1, rate: 0 }],
];

describe('archives of sound that somebody has changed', () => {
  let pool: WorkerPool;
  let codec: Codec;
  let originals: readonly Original[];

  before(async () => {
    const models = await loadModels('models', KINDS);
    const keepOpen = ['sound-1', 'text-1'];
    pool = await WorkerPool.start({ models: models.list(), keepOpen, provider: 'cpu', workers: 1 });
    codec = new Codec({ models, coder: pool, maxOriginalSize: 2 ** 16, defaultModel: 'text-1' });
    const all = await mapLimited(1, signal, FILES, async ([file, pcm]) => {
      const options = { model: 'sound-1', calls: 'balanced', pcm, signal } as const;
      return { file, archive: (await codec.compress(file, options)).archive };
    });
    // What is stored as a whole is another test's, and changed it may be the archive of another file.
    originals = all.filter(({ archive }) => codec.inspect(archive).container);
    assert.ok(originals.length >= 6);
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
