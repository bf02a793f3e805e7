import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { close, contentOf, open } from '../../src/containers/container.js';
import { cutsIn, cutsOf } from '../../src/containers/cuts.js';
import { openRawSound } from '../../src/containers/raw.js';
import {
  bytesOfFrame,
  bytesOfSound,
  readSoundGeometry,
  SAMPLE_FORMATS,
  soundGeometry,
} from '../../src/containers/sound.js';
import type { Opened } from '../../src/containers/types.js';
import { ArdmError } from '../../src/errors.js';
import { mutated, numbers, texture } from './files.js';
import { aiffFile, ds64, smallSounds, wavFile } from './sound-files.js';

const pause = async (): Promise<void> => undefined;
const work = { maxSamples: 2 ** 22, pause };

const opened = async (file: Uint8Array): Promise<Opened> => {
  const parts = await open(file, work);
  assert.ok(parts);
  return parts;
};

const reopened = async (file: Uint8Array, parts: Opened): Promise<void> => {
  assert.deepEqual(contentOf(parts), parts.content);
  assert.ok(parts.content.sound);
  assert.equal(Buffer.compare(await close(parts, file.length, pause), file), 0);
};

describe('containers of sound', () => {
  for (const [name, file] of smallSounds()) {
    it(`take apart and make again: ${name}`, async () => reopened(file, await opened(file)));
  }

  it('say what the samples are', async () => {
    const said = async (name: string) => (await opened(smallSounds().get(name) as Uint8Array)).content.sound;
    const mono = { channels: 1, rate: 8000 };
    assert.deepEqual(await said('wav, 8 bits'), { ...mono, format: 'u8', frames: 51 });
    assert.deepEqual(await said('wav, 16 bits'), { ...mono, format: 's16le', frames: 48 });
    assert.deepEqual(await said('wav, 24 bits, stereo'), { format: 's24le', channels: 2, rate: 44_100, frames: 16 });
    assert.deepEqual(await said('wav, 20 bits in 3 bytes'), { ...mono, format: 's24le', frames: 32 });
    assert.deepEqual(await said('wav, extensible'), { ...mono, format: 's16le', channels: 6, frames: 8 });
    assert.deepEqual(await said('wav, odd chunks'), { ...mono, format: 'u8', frames: 33 });
    assert.deepEqual(await said('wav, cut'), { ...mono, format: 's16le', frames: 44 });
    assert.deepEqual(await said('wav, a part of a frame'), { ...mono, format: 's16le', channels: 2, frames: 24 });
    assert.deepEqual(await said('aiff, 8 bits'), { ...mono, format: 's8', frames: 31 });
    assert.deepEqual(await said('aiff, 16 bits, stereo'), { format: 's16be', channels: 2, rate: 44_100, frames: 24 });
    assert.deepEqual(await said('aiff, 24 bits'), { ...mono, format: 's24be', frames: 32 });
    assert.deepEqual(await said('aiff-c'), { ...mono, format: 's16be', frames: 48 });
    assert.deepEqual(await said('aiff-c, little-endian'), { ...mono, format: 's16le', channels: 3, frames: 16 });
  });

  it('find the samples, whatever stands around them', async () => {
    for (const [name, file] of smallSounds()) {
      const { samples } = await opened(file);
      const whole = texture(samples.length);
      assert.equal(Buffer.compare(samples, whole), 0, name);
      assert.ok(samples.length >= 31, name);
    }
  });

  it('keep nothing of the plainest files, and little of plain ones', async () => {
    for (const bits of [8, 16, 24]) {
      for (const [channels, rate] of [
        [1, 8000],
        [2, 44_100],
        [8, 192_000],
      ] as const) {
        const samples = texture(48 * channels);
        assert.equal((await opened(wavFile({ samples, bits, channels, rate }))).rest.length, 0);
      }
      for (const rate80 of [
        '400bfa00000000000000',
        '400eac44000000000000',
        '400ebb80000000000000',
        '3fff8000000000000000',
      ]) {
        assert.equal((await opened(aiffFile({ samples: texture(48), bits, rate80 }))).rest.length, 0);
      }
    }
    const padded = await opened(wavFile({ samples: texture(31), bits: 8 }));
    assert.deepEqual([...padded.rest], [0, 0]);
    const streamed = await opened(wavFile({ samples: texture(32), size: 0xffff_ffff, whole: 0xffff_ffff }));
    assert.equal(streamed.rest.filter((byte) => byte !== 0).length, 1 + 8);
    // Chunks where writers put them: between the two parts of the usual head.
    const commented = await opened(aiffFile({ samples: texture(32), before: [['COMT', texture(20)]] }));
    assert.equal(commented.rest.length, 1 + 54 + 28);
    assert.ok(commented.rest.subarray(1 + 12 + 28).every((byte) => byte === 0));
  });

  it('know rates of all kinds', async () => {
    const rateOf = async (rate80: string) =>
      (await opened(aiffFile({ samples: texture(48), rate80 }))).content.sound?.rate;
    assert.equal(await rateOf('400dac44000000000000'), 22_050);
    assert.equal(await rateOf('400cad9c8f5c28f5c28f'), 11_111, 'the fraction is left out');
    assert.equal(await rateOf('401effffffff00000000'), 2 ** 32 - 1);
    for (const none of [
      '00000000000000000000',
      '401f8000000000000000',
      '7fff8000000000000000',
      'c00bfa00000000000000',
    ]) {
      assert.equal(await rateOf(none), 0, none);
    }
    for (const rate of [0, 1, 2 ** 32 - 1]) {
      // Bytes a second do not fit where the rate does not.
      const file = Buffer.from(wavFile({ samples: texture(48), rate: 0 }));
      file.writeUInt32LE(rate, 24);
      assert.equal((await opened(new Uint8Array(file))).content.sound?.rate, rate);
    }
  });

  it('leave alone what is not sound that they know', async () => {
    const samples = texture(96);
    const good = wavFile({ samples });
    const files = [
      good.subarray(0, 43),
      good.subarray(0, 45),
      wavFile({ samples: new Uint8Array() }),
      wavFile({ samples, bits: 32 }),
      wavFile({ samples, bits: 0 }),
      wavFile({ samples, tag: 3 }),
      wavFile({ samples, tag: 6, bits: 8 }),
      wavFile({ samples, extensible: 3, bits: 24 }),
      wavFile({ samples, tag: 0xfffe }),
      wavFile({ samples, channels: 0 }),
      wavFile({ samples, channels: 9 }),
      wavFile({ samples, bits: 24, frame: 4 }),
      wavFile({ samples, before: [['LIST', texture(9)]] }).subarray(0, 30),
      Buffer.concat([Buffer.from('RIFX'), good.subarray(4)]),
      Buffer.concat([good.subarray(0, 8), Buffer.from('AVI '), good.subarray(12)]),
      Buffer.concat([good.subarray(0, 12), good.subarray(36)]),
      good.subarray(0, 36),
      aiffFile({ samples, bits: 32 }),
      aiffFile({ samples, channels: 0, frames: 48 }),
      aiffFile({ samples, compression: 'ulaw' }),
      aiffFile({ samples }).subarray(0, 50),
      aiffFile({ samples, size: 9 }),
      aiffFile({ samples: new Uint8Array(), offset: 9 }),
    ];
    for (const [i, file] of files.entries()) assert.equal(await open(new Uint8Array(file), work), undefined, `${i}`);
  });

  it('are not gone through where there are endless chunks, nor opened beyond the limit', async () => {
    const empty = Buffer.concat([wavFile({ samples: texture(0) }), Buffer.alloc(2 ** 20)]);
    assert.ok(await open(new Uint8Array(empty), work));
    const many = Buffer.concat([
      Buffer.from('RIFF\0\0\0\0WAVE'),
      Buffer.alloc(2 ** 20),
      wavFile({ samples: texture(9) }).subarray(12),
    ]);
    assert.equal(await open(new Uint8Array(many), work), undefined);
    assert.equal(await open(wavFile({ samples: texture(96) }), { ...work, maxSamples: 95 }), undefined);
  });

  it('believe no size of 64 bits that cannot be', async () => {
    const unknown = 0xffff_ffff;
    const file = Buffer.from(wavFile({ magic: 'RF64', samples: texture(96), before: [ds64(96)], size: unknown }));
    file.fill(255, 28, 36);
    assert.equal((await opened(new Uint8Array(file))).content.sound?.frames, 48);
    const without = wavFile({ magic: 'RF64', samples: texture(96), size: unknown });
    assert.equal((await opened(without)).content.sound?.frames, 48);
  });

  it('take raw samples only of whole frames', async () => {
    for (const format of SAMPLE_FORMATS) {
      for (const channels of [1, 2, 8]) {
        const pcm = { format, channels, rate: 16_000 };
        const file = texture(5 * bytesOfFrame(pcm));
        const parts = openRawSound(file, pcm);
        assert.deepEqual(parts?.content, { sound: { ...pcm, frames: 5 } });
        await reopened(file, parts as Opened);
        if (file.length > 5) assert.equal(openRawSound(file.subarray(1), pcm), undefined);
        assert.equal(openRawSound(new Uint8Array(), pcm), undefined);
      }
    }
  });

  it('have geometries that are read as they were written', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLE_FORMATS),
        fc.integer({ min: 1, max: 8 }),
        fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(8000, 16_511, 16_512)),
        fc.integer({ min: 1, max: 2 ** 35 }),
        (format, channels, rate, frames) => {
          const sound = { format, channels, rate, frames };
          assert.deepEqual(readSoundGeometry(soundGeometry(sound)), sound);
        },
      ),
    );
    assert.deepEqual(soundGeometry({ format: 's16le', channels: 1, rate: 16_000, frames: 16_000 }).length, 5);
  });

  it('have no other geometries', () => {
    for (const number of [8, 9, 10]) {
      for (const geometry of [
        [],
        [2],
        [2, 1],
        [2, 1, 0],
        [2, 1, 1, 0],
        [6, 1, 1],
        [7, 1, 1],
        [0x0a, 1, 1],
        [0x12, 1, 1],
        // A rate of 2^32.
        [2, 0x80, 0xff, 0xfe, 0xfe, 0x0e, 1],
      ]) {
        const refused = () => contentOf({ number, geometry: Uint8Array.from(geometry) });
        assert.throws(refused, { code: 'damaged-header' }, `${geometry}`);
      }
    }
  });

  it('make the same file or none of 10,000 changed ones', async () => {
    const next = numbers(7);
    const files = [...smallSounds().values()];
    let taken = 0;
    for (let i = 0; i < 10_000; i++) {
      let file = files[i % files.length] as Uint8Array;
      for (let times = next() % 4; times >= 0; times--) file = mutated(file, next);
      const parts = await open(file, work);
      if (!parts) continue;
      taken++;
      await reopened(file, parts);
    }
    assert.ok(taken > 2000, `${taken}`);
  });

  it('answer changed parts with a file of the right length or a refusal', async () => {
    const next = numbers(9);
    const all = await Promise.all(
      [...smallSounds().values()].map(async (file) => ({ file, parts: await opened(file) })),
    );
    let refused = 0;
    for (let i = 0; i < 10_000; i++) {
      const { file, parts } = all[i % all.length] as (typeof all)[number];
      const what = i % 3 === 0 ? 'geometry' : 'rest';
      const damaged = { ...parts, [what]: mutated(parts[what], next) };
      try {
        assert.equal((await close(damaged, file.length, pause)).length, file.length);
      } catch (error) {
        assert.ok(error instanceof ArdmError, String(error));
        assert.ok(['checksum-mismatch', 'damaged-header'].includes(error.code), error.code);
        refused++;
      }
    }
    assert.ok(refused > 1000, `${refused}`);
  });
});

describe('cuts', () => {
  it('have all frames once, in order, none too many samples', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLE_FORMATS),
        fc.integer({ min: 1, max: 8 }),
        fc.oneof(
          fc.integer({ min: 1, max: 2 ** 20 }),
          fc.integer({ min: 1, max: 2 ** 31 }).map((n) => n + 2 ** 31),
        ),
        (format, channels, frames) => {
          const sound = { format, channels, rate: 0, frames };
          const frame = bytesOfFrame(sound);
          let [end, count, least, most] = [0, 0, Number.POSITIVE_INFINITY, 0];
          for (const cut of cutsOf(sound)) {
            assert.equal(cut.start, end);
            end = cut.end;
            count++;
            least = Math.min(least, (end - cut.start) / frame);
            most = Math.max(most, (end - cut.start) / frame);
          }
          assert.ok(Number.isInteger(least) && Number.isInteger(most) && most - least <= 1);
          assert.ok(most * channels <= 2 ** 18);
          assert.equal(end, bytesOfSound(sound));
          assert.equal(count, cutsIn(sound));
        },
      ),
    );
    const cutsFor = (frames: number, channels: number) => cutsIn({ format: 'u8', channels, rate: 0, frames });
    assert.deepEqual(
      [cutsFor(2 ** 18, 1), cutsFor(2 ** 18 + 1, 1), cutsFor(2 ** 18, 2), cutsFor(87_382, 3)],
      [1, 2, 2, 2],
    );
  });
});
