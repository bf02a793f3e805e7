import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseArchive } from '../../src/archive/parse.js';
import { Codec } from '../../src/codec/codec.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { codecModel, FakeCoder, FakeModels } from '../codec/fakes.js';
import {
  GOLDEN_SOUNDS,
  openedSound,
  REFUSED_FOLDER,
  refusedSounds,
  soundArchive,
  soundFile,
  soundOf,
  storedArchive,
} from './sounds.js';

const { signal } = new AbortController();
/** Stored archives need no model. */
const codec = new Codec({
  models: new FakeModels([codecModel('bytes')]),
  coder: new FakeCoder(() => 1),
  maxOriginalSize: 2 ** 30,
});
const coded = GOLDEN_SOUNDS.filter(({ model }) => model !== 'stored');
const stored = GOLDEN_SOUNDS.filter(({ model }) => model === 'stored');

describe('golden archives of sound', () => {
  it('are all listed, with what they were made of', async () => {
    const listed = new Set(GOLDEN_SOUNDS.flatMap((golden) => [soundFile(golden), soundArchive(golden)]));
    assert.deepEqual(readdirSync('test/golden/sounds').sort(), [...listed].map((path) => basename(path)).sort());
    const refused = [...(await refusedSounds()).keys()].map((name) => `${name}.ardm`);
    assert.deepEqual(readdirSync(REFUSED_FOLDER).sort(), refused.sort());
  });

  it('are of all containers and formats', async () => {
    const opened = await Promise.all(GOLDEN_SOUNDS.map((golden) => openedSound(soundOf(golden), golden.pcm)));
    assert.deepEqual(new Set(opened.map(({ number }) => number)), new Set([8, 9, 10]));
    const formats = new Set(opened.map(({ content }) => content.sound?.format));
    assert.deepEqual(formats, new Set(['u8', 's8', 's16le', 's16be', 's24le', 's24be']));
  });

  it('are decoded bit for bit', async () => {
    for (const golden of stored) {
      const back = await codec.decompress(readFileSync(soundArchive(golden)), { signal });
      assert.equal(Buffer.compare(back, soundOf(golden)), 0, golden.name);
    }
  });

  it('are made again', async () => {
    for (const golden of stored) {
      const archive = await storedArchive(soundOf(golden), golden.pcm);
      assert.equal(Buffer.compare(archive, readFileSync(soundArchive(golden))), 0, golden.name);
    }
  });

  it('say that plain files have no rest', () => {
    const rests = GOLDEN_SOUNDS.map((golden) => {
      const { container } = parseArchive(readFileSync(soundArchive(golden)));
      return [golden.name, container?.file?.rest?.length ?? 0] as const;
    });
    const plain = rests.filter(([, length]) => length === 0).map(([name]) => name);
    assert.deepEqual(plain, [
      'python.wav',
      'plain.wav',
      'one-frame.wav',
      'plain.aiff',
      's16le.raw',
      'u8.raw',
      's24be.raw',
      'spoken.wav',
      'telephone.wav',
      'fine.aiff',
      'three.raw',
    ]);
    assert.ok(rests.every(([, length]) => length < 150));
  });
});

describe('golden archives of sound that a model made', () => {
  let pool: WorkerPool;
  let codec: Codec;
  before(async () => {
    const models = await loadModels('models', KINDS);
    pool = await WorkerPool.start({ models: models.list(), keepOpen: ['sound-1'], provider: 'cpu', workers: 1 });
    codec = new Codec({ models, coder: pool, maxOriginalSize: 2 ** 20 });
  });
  after(() => pool.close());

  for (const golden of coded) {
    it(`are decoded, and made again byte for byte: ${golden.name}`, async () => {
      const [file, archive] = [soundOf(golden), readFileSync(soundArchive(golden))];
      const { segments } = parseArchive(archive);
      assert.ok(segments.every(({ method }) => method === 'ardm'));
      assert.equal(Buffer.compare(await codec.decompress(archive, { signal }), file), 0);
      const { model, pcm } = golden;
      const again = await codec.compress(file, { model, pcm, calls: 'balanced', signal });
      assert.equal(Buffer.compare(again.archive, archive), 0);
    });
  }
});

describe('archives of sound that are refused', () => {
  it('say why', async () => {
    for (const [name, [code, archive]] of await refusedSounds()) {
      const committed = readFileSync(join(REFUSED_FOLDER, `${name}.ardm`));
      assert.equal(Buffer.compare(committed, archive), 0, name);
      await assert.rejects(codec.decompress(committed, { signal }), { code }, name);
    }
  });
});
