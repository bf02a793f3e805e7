import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { parseArchive } from '../../src/archive/parse.js';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import { Codec } from '../../src/codec/codec.js';
import { dictionaryOf } from '../../src/codec/dictionary.js';
import { ContentNotForModelError, InputTooLargeError, ModelNotFoundError } from '../../src/codec/errors.js';
import { type Estimate, type EstimateOptions, EXACT_BYTES } from '../../src/codec/estimate.js';
import { callsOf } from '../../src/codec/models.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels, type ModelRegistry } from '../../src/runtime/registry.js';
import { MODELS_FOLDER } from '../runtime/fixtures.js';
import { CONTENTS, content } from './content.js';
import { codecModel, FakeCoder, FakeModels } from './fakes.js';

const never = new AbortController().signal;
const options = (some: Partial<EstimateOptions> = {}): EstimateOptions => {
  return { calls: 'balanced', model: 'auto', signal: never, ...some };
};
const LADDER = [1, 4, 16, 32, 64, 128, 256, 1024];

function make(rate: number, maxOriginalSize = 2 ** 24) {
  const coder = new FakeCoder(() => rate);
  return { coder, codec: new Codec({ models: new FakeModels([codecModel('a')]), coder, maxOriginalSize }) };
}

function rungAt({ ladder }: Estimate, calls: number): Estimate['ladder'][number] {
  const found = ladder.find((rung) => rung.calls === calls);
  assert.ok(found, `a rung of ${calls} calls`);
  return found;
}

describe('estimates, of a coder without a network', () => {
  it('have the ladder, the names of the model and what was asked for, each once and in order', async () => {
    const { codec } = make(0.1);
    const calls = async (asked: EstimateOptions['calls']) =>
      (await codec.estimate(content('text', 3000), options({ calls: asked }))).ladder.map((rung) => rung.calls);
    assert.deepEqual(await calls('small'), [1, 4, 16, 32, 64, 85, 128, 256, 1024]);
    assert.deepEqual(await calls(50), [1, 4, 16, 32, 50, 64, 85, 128, 256, 1024]);
    const { ladder } = await codec.estimate(content('text', 3000), options());
    assert.deepEqual(
      ladder.filter(({ names }) => names.length > 0).map((rung) => [rung.calls, ...rung.names]),
      [[16, 'fast'], [85, 'balanced'], [1024, 'small']], // biome-ignore format: a table
    );
  });

  it('code a short input once for each setting that makes another archive', async () => {
    const { codec, coder } = make(0.1);
    const found = await codec.estimate(content('text', 20), options({ model: 'a' }));
    const encoded = coder.calls.filter(({ operation }) => operation === 'encode');
    const dials = new Set(encoded.map(({ dial }) => dial.calls));
    assert.ok(dials.size < found.ladder.length);
    // Besides, networkSeconds tries one twice.
    assert.equal(encoded.length, dials.size + 2);
  });

  it('say whether the model, brotli or none of them would code the bytes', async () => {
    for (const length of [3000, 40_000, 300_000]) {
      const by = async (rate: number, input: Uint8Array, model: string) =>
        (await make(rate).codec.estimate(input, options({ model }))).ladder.map((rung) => rung.model);
      const all = (name: string) => by(0.01, content('text', 3000), 'a').then((rungs) => rungs.map(() => name));
      assert.deepEqual(await by(0.01, content('text', length), 'auto'), await all('a'), `${length}`);
      assert.deepEqual(await by(0.9, content('text', length), 'auto'), await all('brotli'), `${length}`);
      assert.deepEqual(await by(0.9, content('text', length), 'a'), await all('a'), `${length}`);
      assert.deepEqual(await by(1.2, content('random', length), 'auto'), await all('stored'), `${length}`);
      assert.deepEqual(await by(1.2, content('random', length), 'a'), await all('stored'), `${length}`);
    }
  });

  it('promise no more than brotli and the overhead', async () => {
    const lengths = fc.oneof(fc.nat(2000), fc.integer({ min: EXACT_BYTES, max: 200_000 }));
    const rates = fc.double({ min: 0.01, max: 1.1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...CONTENTS), lengths, rates, async (kind, length, rate) => {
        const { ladder, peers } = await make(rate).codec.estimate(content(kind, length), options());
        const brotli = peers.find(({ name }) => name === 'brotli -q 11')?.bytes ?? 0;
        for (const { bytes, lowest, highest, networkCalls, model } of ladder) {
          assert.ok(bytes <= Math.min(brotli, length) + 12);
          assert.ok(lowest <= bytes && bytes <= highest);
          assert.equal(networkCalls > 0, !['stored', 'brotli'].includes(model));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('refuse what compress refuses, and stop when they are told to', async () => {
    const { codec } = make(0.5, 1000);
    await assert.rejects(codec.estimate(new Uint8Array(1001), options()), InputTooLargeError);
    await assert.rejects(codec.estimate(new Uint8Array(10), options({ model: 'b' })), ModelNotFoundError);
    await assert.rejects(
      codec.sample({ model: 'auto', calls: 1, seed: 1, length: 1, signal: never }),
      ModelNotFoundError,
    );
    for (const length of [1000, 200_000]) {
      const abort = new AbortController();
      const { codec: other, coder } = make(0.5);
      const running = other.estimate(content('text', length), options({ signal: abort.signal }));
      abort.abort();
      await assert.rejects(running, WorkAbandoned);
      assert.ok(coder.calls.length < 20);
    }
  });
});

describe('estimates, of real networks', () => {
  let models: ModelRegistry;
  let pool: WorkerPool;
  let codec: Codec;
  before(async () => {
    models = await loadModels(MODELS_FOLDER, KINDS);
    pool = await WorkerPool.start({ models: models.list(), provider: 'cpu', workers: 2 });
    codec = new Codec({ models, coder: pool, maxOriginalSize: 2 ** 24 });
  });
  after(() => pool.close());

  it('of short inputs are exactly what compress makes', async () => {
    const dictionary = dictionaryOf(content('text', 500, 3));
    for (const kind of CONTENTS) {
      for (const length of [0, 1, 100, 1500]) {
        for (const model of ['auto', 'tiny-a', 'tiny-c']) {
          // Of the longest, each model has three sorts.
          if (length === 1500 && (CONTENTS.indexOf(kind) % 2 === 0) === (model === 'tiny-c')) continue;
          const input = content(kind, length);
          const some = { model, signal: never, ...(length === 100 && { dictionary }) };
          const found = await codec.estimate(input, options({ ...some, calls: 5 }));
          assert.ok(found.exact);
          for (const { calls, bytes, lowest, highest, model: by, networkCalls } of found.ladder) {
            const { archive, model: used } = await codec.compress(input, { ...some, calls });
            const what = `${kind} ${length} ${model} ${calls}`;
            assert.deepEqual([bytes, lowest, highest, by], [...Array(3).fill(archive.length), used], what);
            assert.equal(networkCalls, codec.demand(archive).networkCalls, what);
          }
        }
      }
    }
    const longest = await codec.estimate(content('text', EXACT_BYTES), options());
    assert.deepEqual([longest.exact, longest.peers.length >= 2], [true, true]);
  });

  it('of inputs that are coded whole know some of their rungs, and of all between which bounds they are', async () => {
    const input = content('text', EXACT_BYTES + 1000);
    const found = await codec.estimate(input, options({ model: 'tiny-c', detail: true }));
    assert.deepEqual([found.exact, found.detail], [false, undefined]);
    for (const calls of LADDER) {
      const { archive } = await codec.compress(input, { calls, model: 'tiny-c', signal: never });
      const { bytes, lowest, highest } = rungAt(found, calls);
      assert.ok(Math.abs(bytes / archive.length - 1) < 0.05, `${calls}: ${bytes} of ${archive.length}`);
      if ([1, 32, 1024].includes(calls)) assert.ok(Math.abs(bytes - archive.length) <= 4, `${calls}`);
      assert.ok(lowest <= highest);
    }
  });

  it('of inputs that can be coded whole but twice know 128 and 4 calls', async () => {
    const input = content('text', 2 ** 17);
    const found = await codec.estimate(input, options({ model: 'tiny-c' }));
    for (const calls of [4, 128]) {
      const { archive } = await codec.compress(input, { calls, model: 'tiny-c', signal: never });
      const { bytes, lowest, highest } = rungAt(found, calls);
      assert.ok(Math.abs(bytes - archive.length) <= 4, `${calls}: ${bytes} of ${archive.length}`);
      assert.deepEqual([lowest, highest], [bytes, bytes]);
    }
  });

  it('of long inputs are near what compress makes', async () => {
    // More than four pieces of 2^15 bytes, which are what is looked at.
    const input = Buffer.concat(Array.from({ length: 8 }, (_, i) => content('text', 17_000, i + 1)));
    for (const model of ['tiny-a', 'tiny-c']) {
      const found = await codec.estimate(input, options({ model }));
      for (const calls of [4, 128]) {
        const { archive } = await codec.compress(input, { calls, model, signal: never });
        const { bytes } = rungAt(found, calls);
        assert.ok(Math.abs(bytes / archive.length - 1) < 0.1, `${model} ${calls}: ${bytes} of ${archive.length}`);
      }
    }
  });

  it('tell what each byte takes, and in which call it becomes known', async () => {
    for (const model of ['tiny-a', 'tiny-c']) {
      for (const calls of [1, 7, 'balanced', 1024] as const) {
        const input = content('text', 2500);
        const { detail } = await codec.estimate(input, options({ model, calls, detail: true }));
        assert.ok(detail);
        const known = models.byId(model);
        assert.ok(known);
        const asked = callsOf(known, calls);
        assert.equal(detail.calls, asked);
        const payload = await pool.encode(model, input, known.kind.dial(asked, input.length), never);
        const bits = detail.bits.reduce((sum, each) => sum + each, 0);
        // The end of the string takes up to a byte more, and bits are rounded.
        assert.ok(Math.abs(payload.length - bits / 8) < 2, `${payload.length} bytes, ${bits} bits`);
        assert.equal(detail.call.length, input.length);
        const most = known.kind.totalCalls(input.length, known.kind.dial(asked, input.length));
        assert.ok(Math.max(...detail.call) < most);
        assert.deepEqual(new Set(detail.call).size, Math.max(...detail.call) + 1);
      }
    }
  });

  it('and samples are the same with any number of workers', async () => {
    const draw = { model: 'tiny-c', calls: 16, seed: 3, length: 600, signal: never };
    const drawn = await codec.sample(draw);
    assert.equal(drawn.length, 600);
    const alone = await WorkerPool.start({ models: models.list(), provider: 'cpu', workers: 1, mostRows: 3 });
    try {
      const again = await new Codec({ models, coder: alone, maxOriginalSize: 1 }).sample(draw);
      assert.deepEqual(Buffer.from(again), Buffer.from(drawn));
    } finally {
      await alone.close();
    }
    for (const change of [{ seed: 4 }, { calls: 17 }, { model: 'tiny-a' }]) {
      assert.notDeepEqual(Buffer.from(await codec.sample({ ...draw, ...change })), Buffer.from(drawn));
    }
    for (const length of [1, 2, 1025]) assert.equal((await codec.sample({ ...draw, length })).length, length);
  });
});

describe('the released models', () => {
  let models: ModelRegistry;
  let pool: WorkerPool;
  let codec: Codec;
  before(async () => {
    models = await loadModels(new URL('../../../models', import.meta.url).pathname, KINDS);
    pool = await WorkerPool.start({ models: models.list(), keepOpen: [], provider: 'cpu', workers: 1 });
    codec = new Codec({ models, coder: pool, maxOriginalSize: 2 ** 20, defaultModel: 'text-2' });
  });
  after(() => pool.close());

  it('estimate pictures, which are compressed once', async () => {
    const side = 40;
    const pixels = Uint8Array.from({ length: 3 * side * side }, (_, i) => 100 + (i % 3) * 20 + ((i / 120) % 40));
    const picture = Buffer.concat([Buffer.from(`P6\n${side} ${side}\n255\n`), pixels]);
    const found = await codec.estimate(picture, options({ model: 'pictures-1', detail: true }));
    const { archive } = await codec.compress(picture, { calls: 'balanced', model: 'pictures-1', signal: never });
    assert.deepEqual(
      [found.kind, found.exact, found.detail?.picture],
      ['pictures', true, { width: side, height: side, channels: 3 }],
    );
    for (const { bytes, networkCalls } of found.ladder) {
      assert.deepEqual([bytes, networkCalls], [archive.length, codec.demand(archive).networkCalls]);
    }
    const words = content('text', 3000);
    await assert.rejects(codec.estimate(words, options({ model: 'pictures-1' })), ContentNotForModelError);
  });

  it('tell what each pixel takes, and in which call it becomes known, also of a picture in tiles', async () => {
    const model = models.byId('pictures-1');
    assert.ok(model);
    for (const pixels of [
      { width: 40, height: 30, channels: 3 },
      { width: 9, height: 5, channels: 4 },
      { width: 1100, height: 3, channels: 1 },
    ] as const) {
      const { width, height, channels } = pixels;
      const samples = Uint8Array.from(
        { length: width * height * channels },
        (_, i) => 90 + (i % channels) + ((i * i) % 7),
      );
      const found = await codec.estimate(samples, options({ model: 'pictures-1', pixels, detail: true, calls: 7 }));
      const { detail } = found;
      assert.deepEqual([found.exact, detail?.picture, detail?.calls], [true, pixels, 7]);
      assert.deepEqual([detail?.bits.length, detail?.call.length], [width * height, width * height]);
      const { archive } = await codec.compress(samples, { calls: 7, model: 'pictures-1', pixels, signal: never });
      const { segments } = parseArchive(archive);
      const coded = segments.reduce((sum, { payloadLength }) => sum + payloadLength, 0);
      const bits = detail?.bits.reduce((sum, each) => sum + each, 0) ?? 0;
      assert.ok(Math.abs(coded - bits / 8) < 2 * segments.length, `${coded} bytes, ${bits} bits`);
      const tile = width > 1024 ? [width / 2, height] : [width, height];
      const calls = model.kind.totalCalls(0, model.kind.dial(7, 0), [tile[0] ?? 0, tile[1] ?? 0, channels]);
      assert.deepEqual(new Set(detail?.call), new Set(Array.from({ length: calls }, (_, call) => call)));
      // The first pixel of a tile is coded as it is.
      assert.deepEqual([detail?.bits[0], detail?.call[0]], [8 * channels, 0]);
    }
    const large = { width: 513, height: 512, channels: 1 } as const;
    const flat = new Uint8Array(513 * 512);
    assert.equal(
      (await codec.estimate(flat, options({ model: 'pictures-1', pixels: large, detail: true }))).detail,
      undefined,
    );
  });

  it('tell what each frame of sound takes, also in parts, and nothing of what is too long', async () => {
    for (const [pcm, frames] of [
      [{ format: 's16le', channels: 1, rate: 8000 }, 700],
      [{ format: 'u8', channels: 3, rate: 0 }, 100_000],
    ] as const) {
      const bytes = pcm.channels * (pcm.format === 'u8' ? 1 : 2);
      const samples = Uint8Array.from({ length: frames * bytes }, (_, i) => 120 + ((i >> 3) % 9));
      const found = await codec.estimate(samples, options({ model: 'sound-1', pcm, detail: true, calls: 7 }));
      const { detail } = found;
      assert.deepEqual(detail?.sound, { ...pcm, frames, bits: pcm.format === 'u8' ? 8 : 16 });
      assert.deepEqual([detail.calls, detail.bits.length, detail.call.length], [7, frames, frames]);
      const { archive } = await codec.compress(samples, { calls: 7, model: 'sound-1', pcm, signal: never });
      const { segments } = parseArchive(archive);
      const coded = segments.reduce((sum, { payloadLength }) => sum + payloadLength, 0);
      const bits = detail.bits.reduce((sum, each) => sum + each, 0);
      assert.ok(Math.abs(coded - bits / 8) < 2 * segments.length + frames / 8_000, `${coded} bytes, ${bits} bits`);
      assert.equal(segments.length > 1, frames > 700);
      assert.equal(detail.call[0], 0);
    }
    const long = options({ model: 'sound-1', pcm: { format: 'u8', channels: 1, rate: 8000 }, detail: true });
    assert.equal((await codec.estimate(new Uint8Array(2 ** 18 + 1), long)).detail, undefined);
  });

  it('tell of a picture that a model of bytes is named for byte by byte', async () => {
    const picture = Buffer.concat([Buffer.from('P5\n20 20\n255\n'), content('repetitive', 400)]);
    const { detail } = await codec.estimate(picture, options({ model: 'text-1', detail: true }));
    assert.deepEqual([detail?.bits.length, detail?.picture], [picture.length, undefined]);
  });

  it('draw the samples that they have always been', async () => {
    const digest = async (model: string, calls: number) => {
      const drawn = await codec.sample({ model, calls, seed: 7, length: 300, signal: never });
      return createHash('sha256').update(drawn).digest('hex').slice(0, 16);
    };
    const digests = [
      await digest('text-1', 32),
      await digest('text-2', 32),
      await digest('text-2', 128),
      await digest('text-3', 128),
      await digest('text-4', 128),
    ];
    assert.deepEqual(digests, [
      '326efd078cda8eea',
      'fd5c810cfca8763c',
      'b15022f3d55a7f9a',
      'bb31333b6b8ba54a',
      '86ce1955c44aade7',
    ]);
    const pictures = await Promise.all(
      ([1, 3, 4] as const).map((channels) =>
        codec.sample({
          model: 'pictures-1',
          calls: 1,
          seed: 7,
          length: 1,
          pixels: { width: 20, height: 11, channels },
          signal: never,
        }),
      ),
    );
    assert.deepEqual(
      pictures.map((drawn) => [drawn.length, createHash('sha256').update(drawn).digest('hex').slice(0, 16)]),
      [
        [220, 'c284db09b1abc1ec'],
        [660, '196fd9bd5b0372a3'],
        [880, 'ca46a58a799ddf39'],
      ],
    );
  });
});
