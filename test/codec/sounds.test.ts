import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DamagedHeaderError, UnsupportedFeatureError } from '../../src/archive/errors.js';
import { parseArchive } from '../../src/archive/parse.js';
import type { Container, Dial, Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import type { DialRules } from '../../src/ardm/kind.js';
import { Codec } from '../../src/codec/codec.js';
import type { Pcm } from '../../src/codec/contained.js';
import { dictionaryOf } from '../../src/codec/dictionary.js';
import {
  ContentNotForModelError,
  DeclaredSizeTooLargeError,
  DictionaryNotForModelError,
  PcmMismatchError,
} from '../../src/codec/errors.js';
import type { CodecModel } from '../../src/codec/models.js';
import type { Progress } from '../../src/codec/progress.js';
import { SAMPLE_FORMATS, soundGeometry } from '../../src/containers/sound.js';
import type { Sound } from '../../src/containers/types.js';
import { ArdmError } from '../../src/errors.js';
import { PICTURE_MODELS } from '../../src/pictures/kind.js';
import { mutated, numbers, pnmFile, texture } from '../containers/files.js';
import { smallSounds, wavFile } from '../containers/sound-files.js';
import { content } from './content.js';
import { codecModel, FakeCoder, FakeModels } from './fakes.js';

const { signal } = new AbortController();

/** A kind of sound, as far as the codec sees one: four calls for every channel of a segment, whatever its length. */
const SOUND_KIND: DialRules & { name: string; units: string } = {
  name: 'sound',
  units: 'sample',
  content: 'sound',
  takesConditions: false,
  longestSegment: 3 * 2 ** 18,
  knows: ({ schedule, calls }) => schedule === 'interleaved' && calls === 4,
  dial: () => ({ schedule: 'interleaved', calls: 4 }),
  callsOfBlock: (_length, _dial, [channels = 0] = []) => 4 * channels,
  totalCalls: (_length, _dial, [channels = 0] = []) => 4 * channels,
  encoderCalls: (_length, _dial, [channels = 0] = []) => channels,
};
const DIAL: Dial = { schedule: 'interleaved', calls: 4 };

const BYTES = codecModel('bytes', [1, 2]);
const SOUND: CodecModel = { ...codecModel('sound', [5, 6]), kind: SOUND_KIND };
const OLDER: CodecModel = { ...SOUND, id: 'sound-0', identity: new Uint8Array(32).fill(9) };
const PICTURES: CodecModel = { ...codecModel('pictures', [3, 4]), kind: PICTURE_MODELS };

function fakes({
  sound = 0.4,
  bytes = 0.9,
  models = [BYTES, PICTURES, OLDER, SOUND],
  maxOriginalSize = 10_000_000,
} = {}) {
  const coder = new FakeCoder((_, id) => (id === 'bytes' ? bytes : sound));
  return { coder, codec: new Codec({ models: new FakeModels(models), coder, maxOriginalSize }) };
}

function assertSame(back: Uint8Array, file: Uint8Array): void {
  assert.equal(Buffer.compare(back, file), 0, `${back.length} bytes, of ${file.length}, and not the same`);
}

/** Noise, of which a quick brotli makes nothing. */
const noise = (length: number): Uint8Array => content('random', length);

describe('sound', () => {
  it('of all containers comes back, named and under auto', async () => {
    for (const [name, file] of smallSounds()) {
      const { codec } = fakes({ sound: 0.1 });
      const progress: Progress[] = [];
      const onProgress = (now: Progress) => void progress.push(now);
      const { archive, model, calls } = await codec.compress(file, {
        model: 'sound',
        calls: 'fast',
        signal,
        onProgress,
      });
      const { container, segments } = parseArchive(archive);
      assert.ok(container, name);
      assert.equal(model, 'sound', name);
      assert.equal(calls, 4 * (segments.length === 1 ? channelsOf(container) : 0), name);
      assertSame(await codec.decompress(archive, { signal, onProgress }), file);
      assert.ok(progress.every(({ bytes }) => bytes <= file.length));
      assert.ok(
        progress.some(({ bytes }) => bytes === file.length),
        'told of the whole',
      );
      const auto = await codec.compress(file, { model: 'auto', calls: 'fast', signal });
      assert.ok(auto.archive.length <= archive.length);
      assertSame(await codec.decompress(auto.archive, { signal }), file);
    }
  });

  it('without a file around it is told of by the caller', async () => {
    for (const format of SAMPLE_FORMATS) {
      for (const channels of [1, 2, 8]) {
        const { codec, coder } = fakes();
        const pcm: Pcm = { format, channels, rate: 16_000 };
        const samples = noise(240 * channels);
        for (const model of ['auto', 'sound']) {
          const coded = await codec.compress(samples, { model, calls: 'fast', pcm, signal });
          assert.equal(coded.model, 'sound');
          assert.deepEqual(parseArchive(coded.archive).container?.number, 10);
          assertSame(await codec.decompress(coded.archive, { signal }), samples);
        }
        const { shape } = coder.calls.find(({ modelId }) => modelId === 'sound') ?? {};
        const bits = format.endsWith('8') ? 8 : Number(format.slice(1, 3));
        const encoding = format === 'u8' ? 0 : format.endsWith('be') ? 2 : 1;
        assert.deepEqual(shape, [channels, bits, encoding, 16_000]);
      }
    }
  });

  it('must be whole frames where the caller says what it is', async () => {
    const pcm: Pcm = { format: 's16le', channels: 2, rate: 8000 };
    for (const model of ['auto', 'sound']) {
      for (const length of [0, 3, 4002]) {
        const { codec } = fakes();
        await assert.rejects(codec.compress(noise(length), { model, calls: 'fast', pcm, signal }), PcmMismatchError);
      }
    }
  });

  it('is cut into segments that are coded by themselves, stored where they would grow', async () => {
    const pcm: Pcm = { format: 's16le', channels: 2, rate: 44_100 };
    const samples = noise(4 * 300_000);
    const coder = new FakeCoder((bytes) => (bytes[0] === samples[0] && bytes[1] === samples[1] ? 1.5 : 0.5));
    const codec = new Codec({ models: new FakeModels([BYTES, SOUND]), coder, maxOriginalSize: 10_000_000 });
    const { archive, model } = await codec.compress(samples, { model: 'sound', calls: 'fast', pcm, signal });
    const { segments } = parseArchive(archive);
    assert.equal(model, 'mixed');
    assert.deepEqual(
      segments.map(({ method, length }) => [method, length]),
      [
        ['stored', 400_000],
        ['ardm', 400_000],
        ['ardm', 400_000],
      ],
    );
    assertSame(await codec.decompress(archive, { signal }), samples);
  });

  it('that nothing can be won of is not coded by the network as a whole', async () => {
    const pcm: Pcm = { format: 's24le', channels: 3, rate: 8000 };
    const file = noise(9 * 30_000);
    const { codec, coder } = fakes({ sound: 1, bytes: 1 });
    const coded = await codec.compress(file, { model: 'auto', calls: 'fast', pcm, signal });
    assert.equal(coded.model, 'stored');
    const ofSound = coder.calls.filter(({ modelId }) => modelId === 'sound').map(({ length }) => length);
    assert.deepEqual(ofSound, Array(3).fill(1365 * 9));
  });

  it('costs under auto no more than its bytes do, whoever is better at it', async () => {
    const wav = wavFile({ samples: noise(30_000), channels: 2 });
    const repeated = wavFile({ samples: content('repetitive', 200_000) });
    for (const file of [wav, repeated, wavFile({ samples: noise(2000), before: [['LIST', texture(900)]] })]) {
      const asToday = fakes({ models: [BYTES] }).codec;
      const today = await asToday.compress(file, { model: 'auto', calls: 'fast', signal });
      for (const sound of [0.2, 0.6, 0.89, 0.91, 1, 1.2]) {
        const { codec } = fakes({ sound });
        const { archive } = await codec.compress(file, { model: 'auto', calls: 'fast', signal });
        assert.ok(archive.length <= today.archive.length, `${sound}: ${archive.length} of ${today.archive.length}`);
        assertSame(await codec.decompress(archive, { signal }), file);
      }
    }
  });

  it('goes on as before where no model of it is served', async () => {
    const file = wavFile({ samples: noise(3000) });
    for (const models of [[BYTES], [BYTES, PICTURES]]) {
      const { codec, coder } = fakes({ models });
      const { archive } = await codec.compress(file, { model: 'auto', calls: 'fast', signal });
      assert.equal(parseArchive(archive).container, undefined);
      const { archive: before } = await fakes({ models: [BYTES] }).codec.compress(file, {
        model: 'auto',
        calls: 'fast',
        signal,
      });
      assertSame(archive, before);
      assert.ok(coder.calls.every(({ modelId }) => modelId === 'bytes'));
    }
  });

  it('is not what is sent: a model that is named refuses it, auto codes bytes or pictures', async () => {
    const picture = pnmFile('P6\n20 20\n255\n', texture(1200));
    for (const file of [new Uint8Array(), content('text', 500), picture, wavFile({ samples: noise(90), bits: 32 })]) {
      const { codec } = fakes();
      await assert.rejects(codec.compress(file, { model: 'sound', calls: 'fast', signal }), ContentNotForModelError);
      const { archive } = await codec.compress(file, { model: 'auto', calls: 'fast', signal });
      assert.ok([undefined, 1].includes(parseArchive(archive).container?.number));
      assertSame(await codec.decompress(archive, { signal }), file);
    }
    const { codec } = fakes();
    const wav = wavFile({ samples: noise(3000) });
    await assert.rejects(codec.compress(wav, { model: 'pictures', calls: 'fast', signal }), ContentNotForModelError);
    const { model, archive } = await codec.compress(wav, { model: 'bytes', calls: 'fast', signal });
    assert.deepEqual([model, parseArchive(archive).container], ['bytes', undefined]);
  });

  it('takes no dictionary where a model of it is named', async () => {
    const dictionary = dictionaryOf(content('text', 600));
    const named = fakes().codec.compress(wavFile({ samples: noise(90) }), {
      model: 'sound',
      calls: 1,
      dictionary,
      signal,
    });
    await assert.rejects(named, DictionaryNotForModelError);
  });

  it('is estimated by compressing it once', async () => {
    const file = wavFile({ samples: noise(40_000) });
    for (const model of ['auto', 'sound']) {
      const { codec } = fakes();
      const found = await codec.estimate(file, { model, calls: 'fast', signal });
      const { archive } = await codec.compress(file, { model, calls: 'fast', signal });
      for (const { bytes, networkCalls, model: by } of found.ladder) {
        assert.deepEqual([bytes, networkCalls, by], [archive.length, 4, 'sound']);
      }
    }
    const pcm: Pcm = { format: 's16le', channels: 1, rate: 8000 };
    await assert.rejects(
      fakes().codec.estimate(noise(40_001), { model: 'auto', calls: 'fast', pcm, signal }),
      PcmMismatchError,
    );
    // With no model of sound, what is estimated is the file's bytes, and it is not compressed for it.
    const codedOf = async (models: CodecModel[]) => {
      const { codec, coder } = fakes({ models });
      assert.equal((await codec.estimate(file, { model: 'auto', calls: 'fast', signal })).exact, false);
      return coder.calls.map(({ modelId, length }) => `${modelId} ${length}`).sort();
    };
    assert.deepEqual(await codedOf([BYTES, PICTURES]), await codedOf([BYTES]));
  });

  it('of which an archive was changed is refused, or comes back all the same', async () => {
    const { codec } = fakes();
    const file = smallSounds().get('wav, chunks') as Uint8Array;
    const { archive } = await codec.compress(file, { model: 'sound', calls: 'fast', signal });
    const next = numbers(3);
    for (let i = 0; i < 3000; i++) {
      const back = await codec.decompress(mutated(archive, next), { signal }).catch((error: unknown) => {
        assert.ok(error instanceof ArdmError, String(error));
      });
      if (back) assertSame(back, file);
    }
  });
});

function channelsOf({ geometry }: Pick<Container, 'geometry'>): number {
  return ((geometry[0] as number) >> 5) + 1;
}

const MONO: Sound = { format: 's16le', channels: 1, rate: 8000, frames: 50 };

/** Bare samples of sound, as an archive says of them what it likes. */
function archiveOf(
  sound: Sound,
  segments: readonly Partial<Segment>[],
  container: Partial<Container> = {},
): Uint8Array {
  const whole = segments.map(
    (segment): Segment => ({
      method: 'ardm',
      length: 100,
      payload: Uint8Array.of(1, 2, 3),
      crc: 7,
      dial: DIAL,
      model: SOUND.identity,
      ...segment,
    }),
  );
  return writeArchive(whole, { container: { number: 10, geometry: soundGeometry(sound), ...container } });
}

describe('sound in archives', () => {
  it('is refused before any work where segments are not its cuts', () => {
    const frames = 300_001;
    const [first, second] = [{ length: 300_000 }, { length: 300_002 }];
    for (const segments of [[{ length: 600_002 }], [second, first], [first, first], [first, first, { length: 2 }]]) {
      const { codec, coder } = fakes();
      assert.throws(() => codec.demand(archiveOf({ ...MONO, frames }, segments)), DamagedHeaderError);
      assert.equal(coder.calls.length, 0);
    }
    const demand = fakes().codec.demand(archiveOf({ ...MONO, frames }, [first, second]));
    assert.deepEqual(demand, { originalSize: 600_002, networkCalls: 8 });
    assert.throws(() => fakes().codec.demand(archiveOf({ ...MONO, frames: 2 ** 36 }, [{ length: 2 ** 37 }])), {
      message: /262144 parts/,
    });
  });

  it('of a geometry that no writer says is refused before any work', async () => {
    for (const geometry of [[], [2], [2, 1], [2, 1, 50, 0], [6, 1, 50], [2, 1, 49], [0x22, 1, 50], [0x0a, 1, 50]]) {
      const { codec, coder } = fakes();
      const archive = archiveOf(MONO, [{}], { geometry: Uint8Array.from(geometry) });
      await assert.rejects(codec.decompress(archive, { signal }), DamagedHeaderError, `${geometry}`);
      assert.equal(coder.calls.length, 0);
    }
  });

  it('by a model or under a dial of something else is refused before any work', async () => {
    const lattice: Dial = { schedule: 'lattice', calls: 2 };
    const ofPicture = { number: 3, geometry: Uint8Array.of(50, 2, 1) };
    const segment = { method: 'ardm', length: 100, payload: Uint8Array.of(1), crc: 7 } as const;
    for (const [i, archive] of [
      archiveOf(MONO, [{ dial: { ...DIAL, calls: 5 } }]),
      archiveOf(MONO, [{ dial: lattice, model: PICTURES.identity }]),
      archiveOf(MONO, [{}], ofPicture),
      writeArchive([{ ...segment, dial: DIAL, model: SOUND.identity }]),
      archiveOf(MONO, [{}], {
        number: 8,
        file: { length: 200, crc: 7, rest: { ...segment, dial: DIAL, model: SOUND.identity } },
      }),
    ].entries()) {
      const { codec, coder } = fakes();
      await assert.rejects(codec.decompress(archive, { signal }), UnsupportedFeatureError, `${i}`);
      assert.equal(coder.calls.length, 0);
    }
  });

  it('is limited in its samples', async () => {
    const { codec, coder } = fakes({ maxOriginalSize: 99 });
    await assert.rejects(codec.decompress(archiveOf(MONO, [{}]), { signal }), DeclaredSizeTooLargeError);
    assert.equal(coder.calls.length, 0);
  });
});
