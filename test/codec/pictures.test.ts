import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { DamagedHeaderError, UnsupportedFeatureError } from '../../src/archive/errors.js';
import { parseArchive } from '../../src/archive/parse.js';
import type { Container, Dial, Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import { Codec } from '../../src/codec/codec.js';
import { dictionaryOf, onlyDictionary } from '../../src/codec/dictionary.js';
import {
  ContentNotForModelError,
  DeclaredSizeTooLargeError,
  DictionaryNotForModelError,
  PixelsMismatchError,
} from '../../src/codec/errors.js';
import type { CodecModel } from '../../src/codec/models.js';
import type { Progress } from '../../src/codec/progress.js';
import { plainGeometry } from '../../src/containers/geometry.js';
import type { Extent } from '../../src/containers/types.js';
import { ArdmError } from '../../src/errors.js';
import { PICTURE_MODELS } from '../../src/pictures/kind.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { bmpFile, chunk, pngFile, pnmFile, rowsOf } from '../containers/files.js';
import { content } from './content.js';
import { codecModel, FakeCoder, FakeModels } from './fakes.js';

const { signal } = new AbortController();
const LATTICE: Dial = { schedule: 'lattice', calls: 2 };
const INTERLEAVED: Dial = { schedule: 'interleaved', calls: 64 };

function assertSame(back: Uint8Array, file: Uint8Array): void {
  assert.equal(Buffer.compare(back, file), 0, `${back.length} bytes, of ${file.length}, and not the same`);
}

/** A smooth picture, as its samples. */
function slope({ width, height, channels }: Extent): Uint8Array {
  return Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    return 40 + 3 * Math.floor(pixel / width) + 2 * (pixel % width) + 25 * (i % channels);
  });
}

const ppm = (width: number, height: number): Uint8Array =>
  pnmFile(`P6\n${width} ${height}\n255\n`, slope({ width, height, channels: 3 }));

const FILES: Readonly<Record<string, Uint8Array>> = {
  ppm: ppm(16, 12),
  'pgm with another head': pnmFile('P5 #grey\n9 11 255\n', slope({ width: 9, height: 11, channels: 1 }), 'more'),
  'bmp of 24 bits': bmpFile({ width: 9, height: 7, bits: 24 }),
  'bmp of 32 bits, top down': bmpFile({ width: 6, height: 5, bits: 32, topDown: true }),
  'bmp of greys': bmpFile({ width: 13, height: 9, bits: 8 }),
  'png, RGB': pngFile({ width: 12, height: 10, filtered: rowsOf(10, 36, (y) => y % 5) }),
  'png, RGBA': pngFile({ width: 7, height: 5, colour: 6, filtered: rowsOf(5, 28, () => 4), cut: 50 }),
  'png, grey': pngFile({ width: 11, height: 8, colour: 0, filtered: rowsOf(8, 11, () => 1) }),
};

describe('pictures by the released model', () => {
  let pool: WorkerPool;
  let codec: Codec;

  before(async () => {
    const registry = await loadModels('models', KINDS);
    const models = registry.list();
    pool = await WorkerPool.start({ models, keepOpen: ['pictures-1', 'text-1'], provider: 'cpu', workers: 1 });
    codec = new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 20, defaultModel: 'text-1' });
  });
  after(() => pool.close());

  for (const [name, file] of Object.entries(FILES)) {
    it(`come back: ${name}`, async () => {
      const progress: Progress[] = [];
      const onProgress = (now: Progress) => void progress.push(now);
      const options = { model: 'pictures-1', calls: 'balanced', signal } as const;
      const { archive, model } = await codec.compress(file, { ...options, onProgress });
      assert.ok(model === 'pictures-1' || model === 'stored', model);
      const info = codec.inspect(archive);
      assert.equal(info.originalSize, file.length);
      assert.ok(info.container);
      assertSame(await codec.decompress(archive, { signal, onProgress }), file);
      assert.ok(progress.every(({ bytes }) => bytes <= file.length));
      assert.ok(progress.every(({ networkCalls, totalNetworkCalls }) => networkCalls <= totalNetworkCalls));
      const small = await codec.compress(file, { model: 'auto', calls: 'balanced', signal });
      assert.ok(small.archive.length <= archive.length, `auto: ${small.archive.length} of ${archive.length}`);
      assertSame(await codec.decompress(small.archive, { signal }), file);
    });
  }

  it('without a file around them are told of by the caller', async () => {
    for (const channels of [1, 3, 4] as const) {
      const pixels = { width: 17, height: 10, channels };
      const samples = slope(pixels);
      for (const model of ['auto', 'pictures-1']) {
        const coded = await codec.compress(samples, { model, calls: 'balanced', pixels, signal });
        assert.equal(coded.model, 'pictures-1');
        assert.deepEqual(codec.inspect(coded.archive).container, {
          number: 3,
          kind: 'raw',
          samplesSize: samples.length,
          restSize: 0,
          picture: pixels,
        });
        assertSame(await codec.decompress(coded.archive, { signal }), samples);
      }
    }
  });

  it('must have so many pixels as the caller says', async () => {
    const pixels = { width: 17, height: 10, channels: 3 } as const;
    for (const model of ['auto', 'pictures-1']) {
      for (const length of [0, 509, 511]) {
        const options = { model, calls: 'balanced', pixels, signal } as const;
        await assert.rejects(codec.compress(new Uint8Array(length), options), PixelsMismatchError);
      }
    }
  });

  it('are not what is sent: a model that is named refuses it, auto codes bytes', async () => {
    const palette = pngFile({ width: 8, height: 8, colour: 3, filtered: rowsOf(8, 8, () => 0) });
    const cut = ppm(16, 12).subarray(0, -1);
    for (const file of [new Uint8Array(), content('text', 500), palette, cut]) {
      const refused = codec.compress(file, { model: 'pictures-1', calls: 'balanced', signal });
      await assert.rejects(refused, ContentNotForModelError);
      const { archive } = await codec.compress(file, { model: 'auto', calls: 'fast', signal });
      assertSame(await codec.decompress(archive, { signal }), file);
    }
    const picture = ppm(16, 12);
    const { archive, model } = await codec.compress(picture, { model: 'text-1', calls: 'fast', signal });
    assert.equal(model, 'text-1');
    assertSame(await codec.decompress(archive, { signal }), picture);
  });

  it('take no dictionary where they are named; under auto what is no picture may', async () => {
    const dictionary = dictionaryOf(content('text', 600));
    const named = codec.compress(ppm(16, 12), { model: 'pictures-1', calls: 'balanced', dictionary, signal });
    await assert.rejects(named, DictionaryNotForModelError);
    const dictionaries = onlyDictionary(dictionary);
    for (const [file, names] of [
      [ppm(16, 12), false],
      [content('text', 500), true],
    ] as const) {
      const { archive } = await codec.compress(file, { model: 'auto', calls: 'fast', dictionary, signal });
      assert.equal(parseArchive(archive).dictionary !== undefined, names);
      assertSame(await codec.decompress(archive, { dictionaries, signal }), file);
    }
  });

  for (const name of ['ppm', 'pgm with another head', 'png, RGBA']) {
    it(`with a changed, missing or added byte are refused, or come back all the same: ${name}`, async () => {
      const file = FILES[name] as Uint8Array;
      const { archive } = await codec.compress(file, { model: 'pictures-1', calls: 'balanced', signal });
      const damaged = [archive.subarray(0, -1), Uint8Array.of(...archive, 0), Uint8Array.of(...archive, 9)];
      for (const [at, byte] of archive.entries()) {
        for (const other of [byte ^ 1, 255 - byte]) {
          damaged.push(Uint8Array.from(archive, (kept, i) => (i === at ? other : kept)));
        }
      }
      let refused = 0;
      for (const bytes of damaged) {
        const back = await codec.decompress(bytes, { signal }).catch((error: unknown) => {
          if (!(error instanceof ArdmError)) throw error;
          refused++;
        });
        // The last byte of a payload has bits that decide nothing.
        if (back) assertSame(back, file);
      }
      assert.ok(refused > 0.95 * damaged.length, `${refused} of ${damaged.length}`);
    });
  }
});

const BYTES = codecModel('bytes', [1, 2]);
const PICTURES: CodecModel = { ...codecModel('pictures', [3, 4]), kind: PICTURE_MODELS };

function fakes(rate: number, maxOriginalSize = 10_000_000) {
  const coder = new FakeCoder(() => rate);
  return { coder, codec: new Codec({ models: new FakeModels([BYTES, PICTURES]), coder, maxOriginalSize }) };
}

/** Bare samples of a picture, as an archive says of them what it likes. */
function archiveOf(
  extent: Extent,
  segments: readonly Partial<Segment>[],
  container: Partial<Container> = {},
): Uint8Array {
  const whole = segments.map(
    (segment): Segment => ({
      method: 'ardm',
      length: extent.width * extent.height * extent.channels,
      payload: Uint8Array.of(1, 2, 3),
      crc: 7,
      dial: LATTICE,
      model: PICTURES.identity,
      ...segment,
    }),
  );
  return writeArchive(whole, { container: { number: 3, geometry: plainGeometry(extent), ...container } });
}

describe('pictures in archives', () => {
  it('of more than 2^18 pixels or 1,024 columns or rows have several segments', async () => {
    for (const [extent, tiles] of [
      [{ width: 512, height: 512, channels: 1 }, 1],
      [{ width: 513, height: 512, channels: 1 }, 2],
      [{ width: 1025, height: 3, channels: 3 }, 2],
      [{ width: 3, height: 1025, channels: 4 }, 2],
      [{ width: 1500, height: 700, channels: 1 }, 6],
    ] as const) {
      const { codec, coder } = fakes(0.1);
      const samples = slope(extent);
      const progress: number[] = [];
      const onProgress = ({ bytes }: Progress) => void progress.push(bytes);
      const { archive } = await codec.compress(samples, {
        model: 'pictures',
        calls: 'balanced',
        pixels: extent,
        signal,
        onProgress,
      });
      assert.equal(parseArchive(archive).segments.length, tiles);
      assert.deepEqual(new Set(coder.calls.map(({ modelId }) => modelId)), new Set(['pictures']));
      assert.equal(Buffer.compare(await codec.decompress(archive, { signal, onProgress }), samples), 0);
      assert.ok(progress.every((bytes) => bytes <= samples.length));
      assert.equal(
        progress.filter((bytes) => bytes === samples.length).length >= 2,
        true,
        'told of the whole, both ways',
      );
    }
  });

  it('that nothing can be won of are not coded by the network as a whole', async () => {
    const { codec, coder } = fakes(1);
    const extent = { width: 300, height: 300, channels: 3 } as const;
    const noise = content('random', 270_000);
    const coded = await codec.compress(noise, { model: 'auto', calls: 'fast', pixels: extent, signal });
    assert.equal(coded.model, 'stored');
    const ofPictures = coder.calls.filter(({ modelId }) => modelId === 'pictures').map(({ length }) => length);
    assert.deepEqual(ofPictures, Array(3).fill(48 * 48 * 3));
  });

  it('that are plainly no noise are not tried first', async () => {
    const extent = { width: 300, height: 300, channels: 3 } as const;
    const { codec, coder } = fakes(0.1);
    await codec.compress(slope(extent), { model: 'auto', calls: 'fast', pixels: extent, signal });
    const ofPictures = coder.calls.filter(({ modelId }) => modelId === 'pictures').map(({ length }) => length);
    assert.deepEqual(ofPictures, [270_000]);
  });

  it('that are coded as bytes, too, are told of once', async () => {
    const { codec, coder } = fakes(0.3);
    const pixels = { width: 10, height: 20, channels: 3 } as const;
    const samples = slope(pixels);
    const progress: Progress[] = [];
    const onProgress = (now: Progress) => void progress.push(now);
    const { archive } = await codec.compress(samples, { model: 'auto', calls: 'fast', pixels, signal, onProgress });
    assert.deepEqual(new Set(coder.calls.map(({ modelId }) => modelId)), new Set(['pictures', 'bytes']));
    assert.equal(progress.at(-1)?.bytes, samples.length);
    assert.ok(progress.every(({ bytes }) => bytes <= samples.length));
    assertSame(await codec.decompress(archive, { signal }), samples);
  });

  it('are refused before any work where segments are not the tiles', () => {
    const extent = { width: 1025, height: 4, channels: 1 } as const;
    const half = { length: 2048 };
    for (const segments of [[{}], [half, half], [{ length: 2052 }, half], [half, half, { length: 4 }]]) {
      const { codec, coder } = fakes(0.1);
      const archive = archiveOf(extent, segments);
      assert.throws(() => codec.demand(archive), DamagedHeaderError);
      assert.equal(coder.calls.length, 0);
    }
    const { codec } = fakes(0.1);
    assert.equal(codec.demand(archiveOf(extent, [half, { length: 2052 }])).originalSize, 4100);
  });

  it('that declare millions of tiles are refused without listing them', async () => {
    const extent = { width: 2 ** 20, height: 2 ** 19, channels: 1 } as const;
    const archive = archiveOf(extent, [{}]);
    assert.throws(() => fakes(0.1).codec.demand(archive), { message: /2097152 parts/ });
    await assert.rejects(fakes(0.1).codec.decompress(archive, { signal }), DeclaredSizeTooLargeError);
  });

  it('of a geometry that no writer says are refused before any work', async () => {
    const extent = { width: 4, height: 4, channels: 3 } as const;
    for (const geometry of [[], [3], [3, 4], [3, 4, 4, 0], [2, 4, 4], [3, 0, 4], [3, 4, 5], [1, 4, 4]]) {
      const { codec, coder } = fakes(0.1);
      const archive = archiveOf(extent, [{}], { geometry: Uint8Array.from(geometry) });
      await assert.rejects(codec.decompress(archive, { signal }), DamagedHeaderError, `${geometry}`);
      assert.equal(coder.calls.length, 0);
    }
    const unknown = archiveOf(extent, [{}], { number: 11 });
    await assert.rejects(fakes(0.1).codec.decompress(unknown, { signal }), UnsupportedFeatureError);
  });

  it('by a model or under a dial of something else are refused before any work', async () => {
    const extent = { width: 4, height: 4, channels: 3 } as const;
    const segment = { method: 'ardm', length: 48, payload: Uint8Array.of(1), crc: 7 } as const;
    const wrong = [
      archiveOf(extent, [{ dial: INTERLEAVED }]),
      archiveOf(extent, [{ dial: { schedule: 'lattice', calls: 5 } }]),
      archiveOf(extent, [{ model: BYTES.identity }]),
      writeArchive([{ ...segment, dial: LATTICE, model: BYTES.identity }]),
      // Samples of no shape.
      writeArchive([{ ...segment, dial: LATTICE, model: PICTURES.identity }]),
    ];
    for (const [i, archive] of wrong.entries()) {
      const { codec, coder } = fakes(0.1);
      await assert.rejects(codec.decompress(archive, { signal }), UnsupportedFeatureError, `${i}`);
      assert.equal(coder.calls.length, 0);
    }
  });

  it('may have tiles by a model of bytes: the payload says how', async () => {
    const { codec } = fakes(0.1);
    const extent = { width: 4, height: 4, channels: 3 } as const;
    const archive = archiveOf(extent, [{ dial: INTERLEAVED, model: BYTES.identity }]);
    assert.equal(codec.demand(archive).originalSize, 48);
    // Its payload is nobody's: found out by the checksum alone.
    await assert.rejects(codec.decompress(archive, { signal }), { code: 'checksum-mismatch' });
  });

  it('are limited in their samples, their file and their rest', async () => {
    const extent = { width: 1000, height: 100, channels: 1 } as const;
    const file = { length: 99, crc: 7 };
    const rest = { method: 'stored', length: 4, payload: Uint8Array.of(1, 2, 3, 4) } as const;
    for (const archive of [
      archiveOf(extent, [{}]),
      archiveOf(extent, [{}], { number: 1, file }),
      archiveOf({ width: 2, height: 2, channels: 1 }, [{}], { number: 1, file: { length: 100_000, crc: 7 } }),
      archiveOf({ width: 2, height: 2, channels: 1 }, [{}], {
        number: 1,
        file: { length: 9, crc: 7, rest: { ...rest, method: 'brotli', length: 100_000 } },
      }),
    ]) {
      const { codec, coder } = fakes(0.1, 99_999);
      await assert.rejects(codec.decompress(archive, { signal }), DeclaredSizeTooLargeError);
      assert.equal(coder.calls.length, 0);
    }
  });

  it('whose samples are right, and whose file is not, are refused', async () => {
    const { codec } = fakes(0.1);
    const picture = ppm(20, 20);
    const { archive } = await codec.compress(picture, { model: 'pictures', calls: 'balanced', signal });
    const { container, segments } = parseArchive(archive);
    const [only] = segments;
    assert.ok(container?.file && only);
    const payload = archive.subarray(only.payloadOffset, only.payloadOffset + only.payloadLength);
    const { number, geometry } = container;
    for (const [file, code] of [
      [{ length: picture.length, crc: container.file.crc }, undefined],
      [{ length: picture.length, crc: container.file.crc ^ 1 }, 'checksum-mismatch'],
      [{ length: picture.length + 1, crc: container.file.crc }, 'checksum-mismatch'],
      [{ length: 3, crc: container.file.crc }, 'checksum-mismatch'],
    ] as const) {
      const crc = file.crc >>> 0;
      const made = writeArchive([{ ...only, model: PICTURES.identity, payload }], {
        container: { number, geometry, file: { ...file, crc } },
      });
      if (code) await assert.rejects(codec.decompress(made, { signal }), { code });
      else assertSame(await codec.decompress(made, { signal }), picture);
    }
  });
});

/** Files that are pictures, of noise or of one value, with all else that a file may have. */
const pictureFiles = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    seed: fc.nat(1_000),
    flat: fc.boolean(),
    kind: fc.constantFrom('png', 'png with text', 'pgm', 'ppm', 'ppm and more', 'bmp 24', 'bmp 32'),
  })
  .map(({ width, height, seed, flat, kind }) => {
    const filler = (length: number): Uint8Array =>
      flat ? new Uint8Array(length).fill(seed) : content('random', length, seed + 1);
    if (kind.startsWith('bmp'))
      return bmpFile({ width, height, bits: kind === 'bmp 24' ? 24 : 32, trailing: seed % 3 });
    if (!kind.startsWith('png')) {
      const grey = kind === 'pgm';
      const head = `${grey ? 'P5' : 'P6'}\n${width} ${height}\n255\n`;
      return pnmFile(head, filler(width * height * (grey ? 1 : 3)), kind === 'ppm and more' ? 'and more' : '');
    }
    const filtered = filler(height * (1 + 3 * width));
    for (let y = 0; y < height; y++) filtered[y * (1 + 3 * width)] = y % 5;
    const before = kind === 'png' ? [] : [chunk('tEXt', content('random', seed))];
    return pngFile({ width, height, filtered, before });
  });

describe('a picture that nothing can be won of', () => {
  it('is at most 16 bytes longer than without models of pictures', async () => {
    await fc.assert(
      fc.asyncProperty(pictureFiles, fc.constantFrom(0.05, 0.7, 0.99, 1.02, 1.5), async (file, rate) => {
        const { codec } = fakes(rate);
        const without = new Codec({
          models: new FakeModels([BYTES]),
          coder: new FakeCoder(() => rate),
          maxOriginalSize: 10_000_000,
        });
        const auto = { model: 'auto', calls: 'fast', signal } as const;
        const before = (await without.compress(file, auto)).archive.length;
        const { archive } = await codec.compress(file, auto);
        assert.ok(archive.length <= before + 16, `${archive.length} of ${before}`);
        assertSame(await codec.decompress(archive, { signal }), file);
      }),
      { numRuns: 60 },
    );
  });

  it('is stored where it is named, or at most 16 bytes longer', async () => {
    await fc.assert(
      fc.asyncProperty(pictureFiles, fc.constantFrom(0.05, 0.99, 1.02, 1.5), async (file, rate) => {
        const { codec } = fakes(rate);
        const { archive } = await codec.compress(file, { model: 'pictures', calls: 'fast', signal });
        const { length } = writeArchive([{ method: 'stored', length: file.length, payload: file, crc: 7 }]);
        assert.ok(archive.length <= length + 16, `${archive.length} of ${length}`);
        assertSame(await codec.decompress(archive, { signal }), file);
      }),
      { numRuns: 60 },
    );
  });

  it('is stored as the PNG that it is, where that repeats itself as no model of pixels sees', async () => {
    const rows = content('random', 1 + 3 * 64, 3);
    rows[0] = 0;
    const file = pngFile({
      width: 64,
      height: 64,
      filtered: Uint8Array.from({ length: 64 * 193 }, (_, i) => rows[i % 193] as number),
    });
    const { codec } = fakes(1.02);
    const coded = await codec.compress(file, { model: 'pictures', calls: 'fast', keep: { name: 'a.png' }, signal });
    assert.deepEqual([coded.model, coded.calls], ['stored', null]);
    const info = codec.inspect(coded.archive);
    assert.deepEqual([info.name, info.container, coded.archive.length < file.length + 32], ['a.png', undefined, true]);
    assertSame(await codec.decompress(coded.archive, { signal }), file);
    const { ladder } = await codec.estimate(file, { model: 'pictures', calls: 'fast', signal });
    for (const rung of ladder) assert.deepEqual([rung.model, rung.networkCalls], ['stored', 0]);
  });
});
