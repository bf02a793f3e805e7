import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { brotliCompressSync, constants } from 'node:zlib';
import fc from 'fast-check';
import { writeArchive } from '../../src/archive/write.js';
import { Codec } from '../../src/codec/codec.js';
import { ArdmError } from '../../src/errors.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels, type ModelRegistry } from '../../src/runtime/registry.js';
import { MODELS_FOLDER } from '../runtime/fixtures.js';
import { CONTENTS, content, generator } from './content.js';

// The codec with real networks in two workers.

const never = (): AbortSignal => new AbortController().signal;

let models: ModelRegistry;
let pool: WorkerPool;
let codec: Codec;

before(async () => {
  models = await loadModels(MODELS_FOLDER, KINDS);
  pool = await WorkerPool.start({ models: models.list(), provider: 'cpu', workers: 2 });
  codec = new Codec({ models, coder: pool, maxOriginalSize: 2 ** 24 });
});

after(() => pool.close());

function brotliSize(bytes: Uint8Array): number {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params }).length;
}

async function roundTrip(bytes: Uint8Array, model: string, calls: number): Promise<Uint8Array> {
  const { archive } = await codec.compress(bytes, { model, calls, signal: never() });
  const decoded = await codec.decompress(archive, { signal: never() });
  assert.ok(Buffer.from(decoded).equals(bytes), `${bytes.length} bytes, ${model}, ${calls} calls`);
  return archive;
}

test('every kind of content at the sizes where something changes', async () => {
  for (const kind of CONTENTS) {
    for (const length of [0, 1, 2, 3, 255, 256, 1023, 1024, 1025, 2048, 16_511, 16_512]) {
      await roundTrip(content(kind, length), 'tiny-a', 64);
      await roundTrip(content(kind, length), 'tiny-c', 64);
      await roundTrip(content(kind, length), 'auto', 64);
    }
  }
});

test('property: any content up to 70,000 bytes, any dial, any model comes back', async () => {
  const length = fc.oneof(
    { weight: 4, arbitrary: fc.nat(3000) },
    { weight: 1, arbitrary: fc.integer({ min: 255, max: 70_000 }) },
  );
  const input = fc.record({
    kind: fc.constantFrom(...CONTENTS),
    length,
    seed: fc.nat(1000),
    model: fc.constantFrom('auto', 'tiny-a', 'tiny-b', 'tiny-c'),
    // A call of the network costs about as much for one row as for eight, so few calls make the test fast.
    calls: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 64 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 1024 }) },
    ),
  });
  await fc.assert(
    fc.asyncProperty(input, async ({ kind, length: n, seed, model, calls }) => {
      await roundTrip(content(kind, n, seed), model, calls);
    }),
    { numRuns: 60, seed: 20240229, interruptAfterTimeLimit: 60_000 },
  );
});

test('auto is never larger than brotli at quality 11 and the overhead', async () => {
  for (const kind of CONTENTS) {
    for (const length of [0, 1, 100, 1000, 10_000, 65_536, 100_000]) {
      const bytes = content(kind, length, length);
      const { archive } = await codec.compress(bytes, { model: 'auto', calls: 32, signal: never() });
      const limit = Math.min(bytes.length, brotliSize(bytes)) + 12;
      assert.ok(archive.length <= limit, `${kind} ${length}: ${archive.length}, limit ${limit}`);
    }
  }
});

test('several segments: whole-file brotli bounds auto there too', async () => {
  for (const kind of ['text', 'binary'] as const) {
    const bytes = content(kind, 600_000);
    const archive = await roundTrip(bytes, 'auto', 16);
    assert.ok(archive.length <= brotliSize(bytes) + 12, kind);
  }
});

test('several segments with a named model, and a last segment of one byte', async () => {
  const bytes = Buffer.concat([content('text', 2 ** 19), Uint8Array.of(0)]);
  for (const model of ['tiny-b', 'tiny-c']) {
    const archive = await roundTrip(bytes, model, 8);
    assert.equal(codec.inspect(archive).segments.length, 2);
  }
});

test('mixing shrinks what repeats, which the tiny networks know nothing of', async () => {
  for (const kind of ['text', 'repetitive'] as const) {
    const bytes = content(kind, 20_000);
    const [alone, mixed] = [await roundTrip(bytes, 'tiny-b', 64), await roundTrip(bytes, 'tiny-c', 64)];
    assert.ok(mixed.length < alone.length / 2, `${kind}: ${mixed.length} and ${alone.length}`);
  }
});

test('overhead: an empty file takes 12 bytes, 10,000 random ones grow by 16, at most', async () => {
  for (const model of ['auto', 'tiny-a', 'tiny-c']) {
    assert.ok((await roundTrip(new Uint8Array(0), model, 32)).length <= 12);
    assert.ok((await roundTrip(content('random', 10_000), model, 32)).length <= 10_016);
  }
});

test('archives of one worker decode with two, and with two threads in each, and the other way round', async () => {
  const inputs = CONTENTS.map((kind) => content(kind, 3000));
  const settings = [{ workers: 1 }, { workers: 1, intraOpNumThreads: 2 }, { workers: 3 }];
  const signal = never();
  const ones: Uint8Array[][] = inputs.map(() => []);
  for (const setting of settings) {
    const other = await WorkerPool.start({ models: models.list(), provider: 'cpu', ...setting });
    try {
      const codecThere = new Codec({ models, coder: other, maxOriginalSize: 1e6 });
      for (const [i, input] of inputs.entries()) {
        for (const [m, model] of ['tiny-a', 'tiny-c'].entries()) {
          const options = { model, calls: 32, signal };
          const { archive } = await codecThere.compress(input, options);
          const first = (ones[i] as Uint8Array[])[m] ?? archive;
          (ones[i] as Uint8Array[])[m] = first;
          assert.deepEqual(archive, first);
          const here = await codec.compress(input, options);
          assert.deepEqual(here.archive, archive);
          assert.ok(Buffer.from(await codecThere.decompress(here.archive, options)).equals(input));
          assert.ok(Buffer.from(await codec.decompress(archive, options)).equals(input));
        }
      }
    } finally {
      await other.close();
    }
  }
});

/** Decompresses damaged bytes: only a typed refusal is right, or, where the damage is harmless, the original bytes. */
async function refusedOrWhole(damaged: Uint8Array, original: Uint8Array, what: string): Promise<'refused' | 'whole'> {
  try {
    const bytes = await codec.decompress(damaged, { signal: never() });
    assert.ok(Buffer.from(bytes).equals(original), `${what}: wrong bytes`);
    return 'whole';
  } catch (error) {
    assert.ok(error instanceof ArdmError, `${what}: ${error}`);
    assert.ok(error.status >= 400 && error.status < 500, `${what}: ${error.code}`);
    return 'refused';
  }
}

async function samples(): Promise<{ name: string; original: Uint8Array; archive: Uint8Array }[]> {
  const words = content('text', 60);
  const stored = content('random', 40);
  const repeated = content('repetitive', 400);
  const compress = async (input: Uint8Array, model: string) =>
    (await codec.compress(input, { model, calls: 8, signal: never() })).archive;
  const single = {
    ardm: { original: words, archive: await compress(words, 'tiny-a') },
    mixing: { original: words, archive: await compress(words, 'tiny-c') },
    brotli: { original: repeated, archive: await compress(repeated, 'auto') },
    stored: { original: stored, archive: await compress(stored, 'auto') },
  };
  const payload = Uint8Array.from(stored);
  const { segmentCrc } = await import('../../src/archive/checksum.js');
  const segment = { method: 'stored', length: 40, payload, crc: segmentCrc(payload, 40) } as const;
  const encoded = await pool.encode('tiny-b', words, { schedule: 'random', calls: 5 }, never());
  const identity = models.byId('tiny-b')?.identity as Uint8Array;
  const ardm = {
    method: 'ardm',
    length: words.length,
    payload: encoded,
    crc: segmentCrc(words, encoded.length, identity),
    dial: { schedule: 'random', calls: 5 },
    model: identity,
  } as const;
  const segmented = { original: Buffer.concat([stored, words]), archive: writeArchive([segment, ardm]) };
  return Object.entries({ ...single, segmented }).map(([name, sample]) => ({ name, ...sample }));
}

test('every truncation of an archive is refused', async () => {
  for (const { name, original, archive } of await samples()) {
    assert.equal(await refusedOrWhole(archive, original, name), 'whole');
    for (let length = 0; length < archive.length; length++) {
      const what = `${name} cut to ${length}`;
      assert.equal(await refusedOrWhole(archive.slice(0, length), original, what), 'refused', what);
    }
  }
});

test('bytes after an archive are refused', async () => {
  for (const { name, original, archive } of await samples()) {
    for (const rest of [[0], [255], [0, 0, 0, 0], [...archive]]) {
      const longer = Buffer.concat([archive, Uint8Array.from(rest)]);
      assert.equal(await refusedOrWhole(longer, original, name), 'refused', name);
    }
  }
});

test('every flipped bit is refused, or was not needed to decode the same bytes', async () => {
  for (const { name, original, archive } of await samples()) {
    const header = archive.length - (name === 'stored' ? original.length : 0);
    for (let bit = 0; bit < archive.length * 8; bit++) {
      const damaged = archive.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      const what = `${name}, bit ${bit & 7} of byte ${bit >> 3}`;
      const outcome = await refusedOrWhole(damaged, original, what);
      if (bit < 8 * 8 || (name === 'stored' && bit < 8 * header)) assert.equal(outcome, 'refused', what);
    }
  }
});

test('seeded mutations of archives never give wrong bytes, crash or hang', async () => {
  const next = generator(77);
  const all = await samples();
  for (let run = 0; run < 600; run++) {
    const { name, original, archive } = all[next() % all.length] as (typeof all)[number];
    let damaged = Uint8Array.from(archive);
    for (let change = 1 + (next() % 4); change > 0; change--) {
      const at = next() % damaged.length;
      const kind = next() % 4;
      if (kind === 0) damaged[at] = next();
      else if (kind === 1) damaged.fill(next(), at, at + (next() % 8));
      else if (kind === 2) damaged.copyWithin(at, next() % damaged.length, damaged.length);
      else damaged = Uint8Array.from([...damaged.subarray(0, at), next() & 255, ...damaged.subarray(at)]);
    }
    await refusedOrWhole(damaged, original, `${name}, run ${run}`);
  }
});

test('random bytes behind a sound start are refused', async () => {
  const next = generator(5);
  for (let run = 0; run < 300; run++) {
    const bytes = content('random', next() % 60, next());
    bytes.set([0xa7, 0xd1].slice(0, bytes.length));
    assert.equal(await refusedOrWhole(bytes, new Uint8Array(0), `run ${run}`), 'refused');
  }
});

test('a request that is aborted leaves the codec as it was', async () => {
  const bytes = content('text', 300_000);
  for (const delay of [0, 1, 5, 20]) {
    const controller = new AbortController();
    const work = codec.compress(bytes, { model: 'tiny-a', calls: 1024, signal: controller.signal });
    setTimeout(() => controller.abort(), delay);
    await assert.rejects(work, ArdmError);
  }
  await roundTrip(content('text', 500), 'auto', 32);
});
