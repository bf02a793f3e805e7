import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseArchive } from '../../src/archive/parse.js';
import { Codec } from '../../src/codec/codec.js';
import type { Pcm } from '../../src/codec/contained.js';
import { ContentNotForModelError, PcmMismatchError } from '../../src/codec/errors.js';
import type { Progress } from '../../src/codec/progress.js';
import { SAMPLE_FORMATS } from '../../src/codec/sound.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { aiffFile, smallSounds, wavFile } from '../containers/sound-files.js';
import { bytesOf } from '../sound/fakes.js';
import { noise, silence, voice } from '../sound/signals.js';
import { content } from './content.js';

const { signal } = new AbortController();
/** An archive's header, and what a container takes of it. */
const HEADER = 64;
const spoken = (frames: number, channels = 1, bits = 16, encoding = 1): Uint8Array =>
  bytesOf(voice(bits, 7), frames, [channels, bits, encoding, 16_000]);

function assertSame(back: Uint8Array, file: Uint8Array): void {
  assert.equal(Buffer.compare(back, file), 0, `${back.length} bytes, of ${file.length}, and not the same`);
}

describe('sound by the released model', () => {
  let pool: WorkerPool;
  let codec: Codec;
  /** The same without models of sound. */
  let before1: Codec;

  before(async () => {
    const registry = await loadModels('models', KINDS);
    const models = registry.list();
    pool = await WorkerPool.start({ models, keepOpen: ['sound-1', 'text-1'], provider: 'cpu', workers: 2 });
    codec = new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 22, defaultModel: 'text-1' });
    const others = models.filter(({ kind }) => kind.content !== 'sound');
    const byId = (id: string) => others.find((model) => model.id === id);
    const byShortId = () => undefined;
    const without = { list: () => others, byId, byShortId };
    before1 = new Codec({ models: without, coder: pool, maxOriginalSize: 2 ** 22, defaultModel: 'text-1' });
  });
  after(() => pool.close());

  it('comes back in every container, named and under auto, and is never 16 bytes longer than what it was', async () => {
    const files = new Map([
      ...smallSounds(),
      ['spoken', wavFile({ samples: spoken(3000), rate: 16_000 })],
      ['spoken, stereo', wavFile({ samples: spoken(900, 2), channels: 2, rate: 44_100 })],
      ['spoken, 24 bits', aiffFile({ samples: spoken(900, 1, 24, 2), bits: 24 })],
    ]);
    const all = [...files].map(async ([name, file]) => {
      const progress: Progress[] = [];
      const onProgress = (now: Progress) => void progress.push(now);
      const named = await codec.compress(file, { model: 'sound-1', calls: 'balanced', signal, onProgress });
      assert.ok(['sound-1', 'stored', 'mixed'].includes(named.model), named.model);
      assert.equal(codec.inspect(named.archive).container?.sound !== undefined, true, name);
      assert.ok(named.archive.length <= file.length + HEADER, `${name}: ${named.archive.length} of ${file.length}`);
      assertSame(await codec.decompress(named.archive, { signal, onProgress }), file);
      assert.ok(progress.every(({ bytes }) => bytes <= file.length));
      assert.ok(progress.every(({ networkCalls, totalNetworkCalls }) => networkCalls <= totalNetworkCalls));
      const auto = await codec.compress(file, { model: 'auto', calls: 'balanced', signal });
      const today = await before1.compress(file, { model: 'auto', calls: 'balanced', signal });
      assert.ok(auto.archive.length <= named.archive.length, `${name}: ${auto.archive.length}`);
      assert.ok(auto.archive.length <= today.archive.length + 16, `${name}: ${auto.archive.length}`);
      assertSame(await codec.decompress(auto.archive, { signal }), file);
    });
    await Promise.all(all);
  });

  it('that is spoken is coded by it under auto, in fewer bytes than by any other way', async () => {
    for (const file of [
      wavFile({ samples: spoken(4000), rate: 16_000 }),
      aiffFile({ samples: spoken(2000, 2, 24, 2), bits: 24, channels: 2 }),
    ]) {
      const { archive, model, calls } = await codec.compress(file, { model: 'auto', calls: 'balanced', signal });
      const today = await before1.compress(file, { model: 'auto', calls: 'balanced', signal });
      assert.ok(archive.length < 0.9 * today.archive.length, `${archive.length} of ${today.archive.length}`);
      assert.equal(model, 'sound-1');
      assert.ok(calls !== null && calls <= 64);
    }
  });

  it('without a file around it is told of by the caller', async () => {
    await Promise.all(
      SAMPLE_FORMATS.map(async (format) => {
        const pcm: Pcm = { format, channels: 2, rate: 16_000 };
        const bits = format.endsWith('8') ? 8 : Number(format.slice(1, 3));
        const samples = spoken(800, 2, bits, format === 'u8' ? 0 : format.endsWith('be') ? 2 : 1);
        for (const model of ['auto', 'sound-1']) {
          const coded = await codec.compress(samples, { model, calls: 'balanced', pcm, signal });
          assert.equal(coded.model, 'sound-1', format);
          assert.deepEqual(codec.inspect(coded.archive).container, {
            number: 10,
            kind: 'raw',
            samplesSize: samples.length,
            restSize: 0,
            sound: { ...pcm, frames: 800, bits },
          });
          assertSame(await codec.decompress(coded.archive, { signal }), samples);
        }
      }),
    );
  });

  it('must be whole frames where the caller says what it is, and sound where a model of it is named', async () => {
    const pcm: Pcm = { format: 's16le', channels: 2, rate: 8000 };
    const options = { calls: 'balanced', signal } as const;
    for (const model of ['auto', 'sound-1']) {
      for (const length of [0, 1, 4002]) {
        await assert.rejects(codec.compress(new Uint8Array(length), { ...options, model, pcm }), PcmMismatchError);
      }
    }
    for (const file of [new Uint8Array(), content('text', 500), wavFile({ samples: spoken(50), bits: 32 })]) {
      await assert.rejects(codec.compress(file, { ...options, model: 'sound-1' }), ContentNotForModelError);
    }
    const wav = wavFile({ samples: spoken(50) });
    await assert.rejects(codec.compress(wav, { ...options, model: 'pictures-1' }), ContentNotForModelError);
  });

  it('of a loop goes the smaller way, and of noise is stored', async () => {
    const period = bytesOf(noise(16, 5), 500, [1, 16, 1, 8000]);
    const loop = wavFile({ samples: Uint8Array.from({ length: 20_000 }, (_, i) => period[i % 1000] as number) });
    const named = await codec.compress(loop, { model: 'sound-1', calls: 'balanced', signal });
    const auto = await codec.compress(loop, { model: 'auto', calls: 'balanced', signal });
    assert.ok(auto.archive.length < 1800 && auto.archive.length < named.archive.length, `${auto.archive.length}`);
    assertSame(await codec.decompress(auto.archive, { signal }), loop);
    const file = wavFile({ samples: bytesOf(noise(16, 9), 10_000, [1, 16, 1, 8000]) });
    for (const model of ['auto', 'sound-1']) {
      const coded = await codec.compress(file, { model, calls: 'balanced', signal });
      assert.equal(coded.model, 'stored');
      assert.ok(coded.archive.length <= file.length + HEADER);
      assertSame(await codec.decompress(coded.archive, { signal }), file);
    }
  });

  it('that is long is cut, and its cuts are coded each by itself, side by side', async () => {
    const frames = 2 ** 18 + 1000;
    // Soon coded: what is long here is silent but for a voice at either end.
    const one = voice(8, 3);
    const samples = bytesOf(
      (t, c) => (t < 2000 || t > frames - 2000 ? one(t, c) : silence(t, c)),
      frames,
      [1, 8, 0, 1],
    );
    const pcm: Pcm = { format: 'u8', channels: 1, rate: 8000 };
    const { archive } = await codec.compress(samples, { model: 'sound-1', calls: 'fast', pcm, signal });
    const { segments } = parseArchive(archive);
    assert.equal(segments.length, 2);
    for (const { method } of segments) assert.equal(method, 'ardm');
    assertSame(await codec.decompress(archive, { signal }), samples);
  });

  it('is the same archive alone and among others', async () => {
    const files = [500, 900, 1300].map((frames) => wavFile({ samples: spoken(frames, 2), channels: 2 }));
    const code = async (file: Uint8Array) =>
      (await codec.compress(file, { model: 'sound-1', calls: 'balanced', signal })).archive;
    const alone: Uint8Array[] = [];
    for (const file of files) alone.push(await code(file));
    const among = await Promise.all([...files, ...files].map(code));
    for (const [i, archive] of among.entries()) assertSame(archive, alone[i % files.length] as Uint8Array);
  });

  it('is another archive at another end of the dial, and as large at most as its kind says of calls', async () => {
    const file = wavFile({ samples: spoken(2000) });
    for (const [calls, taken] of [
      [1, 1],
      [16, 16],
      [64, 63],
      [400, 400],
    ] as const) {
      const { archive, calls: told } = await codec.compress(file, { model: 'sound-1', calls, signal });
      assert.deepEqual([told, codec.demand(archive).networkCalls], [taken, taken]);
      assertSame(await codec.decompress(archive, { signal }), file);
    }
  });

  it('is estimated: what is asked for to the byte, all else within two hundredths', async () => {
    for (const file of [wavFile({ samples: spoken(1000) }), wavFile({ samples: spoken(5000, 2), channels: 2 })]) {
      const found = await codec.estimate(file, { model: 'sound-1', calls: 'balanced', signal });
      assert.deepEqual([found.kind, found.exact], ['sound', false]);
      for (const { calls, names, bytes, lowest, highest, networkCalls } of found.ladder) {
        const { archive } = await codec.compress(file, { model: 'sound-1', calls: Math.min(calls, 300), signal });
        assert.ok(lowest <= archive.length && archive.length <= highest, `${archive.length}, ${lowest} to ${highest}`);
        if (calls <= 300) assert.equal(networkCalls, codec.demand(archive).networkCalls);
        if (names.includes('balanced')) assert.deepEqual([bytes, lowest, highest], Array(3).fill(archive.length));
      }
    }
  });
});
