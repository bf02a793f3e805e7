import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { ChecksumMismatchError, UnsupportedFeatureError } from '../../src/archive/errors.js';
import type { Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import type { Predictor } from '../../src/ardm/predictor.js';
import { decodeSegment, encodeSegment } from '../../src/ardm/segment.js';
import { GraphContractError } from '../../src/audit/errors.js';
import { auditFolder } from '../../src/audit/folder.js';
import { Codec } from '../../src/codec/codec.js';
import { InvalidManifestError, ProviderUnavailableError } from '../../src/runtime/errors.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { loadModel } from '../../src/runtime/model.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels, ModelRegistry } from '../../src/runtime/registry.js';
import { TestServer } from '../http/harness.js';
import { MODELS_FOLDER } from '../runtime/fixtures.js';
import { BITS, KINDS_WITH_BITS } from './bits-kind.js';
import { writeBitsModel } from './bits-model.js';

const ENTRY = new URL('./bits-worker.js', import.meta.url);
const DIAL = { schedule: 'interleaved', calls: 64 } as const;
const going = { aborted: false };
const never = new AbortController().signal;

/** A disc and a bar, so many rows of 32 pixels. */
function picture(rows: number): Uint8Array {
  const bytes = new Uint8Array(4 * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < 32; x++) {
      const black = (x - 15) ** 2 + ((y % 40) - 20) ** 2 < 150 || y % 16 < 2;
      if (black) bytes[4 * y + (x >> 3)] = (bytes[4 * y + (x >> 3)] as number) | (128 >> (x & 7));
    }
  }
  return bytes;
}

const pictures = fc.uint8Array({ maxLength: 700, size: 'max' });

describe('a second domain, through the loop', () => {
  /** A network that is no network: some number of what it is shown. */
  class SumPredictor implements Predictor {
    readonly calls: number[] = [];

    constructor(readonly rowsAtOnce: number) {}

    async predict(inputs: Parameters<Predictor['predict']>[0], rows: number): Promise<Float32Array> {
      this.calls.push(rows);
      return Float32Array.from({ length: rows }, (_, r) => {
        const seen = inputs.flatMap((v) => [...v.subarray((r * v.length) / rows, ((r + 1) * v.length) / rows)]);
        return 20 + ((seen.reduce((sum, value, i) => sum + value * (37 + 11 * i), 0) * inputs.length) % 200);
      });
    }
  }

  const model = (rowsAtOnce = 1024) => {
    const predictors = [new SumPredictor(rowsAtOnce), new SumPredictor(rowsAtOnce)];
    return { ...BITS.open({ width: 32 }), predictors };
  };

  it('goes there and back whatever the picture, however many rows are joined', async () => {
    await fc.assert(
      fc.asyncProperty(pictures, fc.constantFrom(1, 7, 100, 1024), async (bytes, rowsAtOnce) => {
        const payload = await encodeSegment(model(rowsAtOnce), bytes, DIAL, going);
        assert.deepEqual(payload, await encodeSegment(model(), bytes, DIAL, going));
        assert.deepEqual(await decodeSegment(model(), payload, bytes.length, DIAL, going), bytes);
      }),
      { numRuns: 100 },
    );
  });

  it('asks each graph for its own rows only, never for both in one call, and for none where none is needed', async () => {
    const bytes = picture(160);
    const encoder = model();
    const payload = await encodeSegment(encoder, bytes, DIAL, going);
    const decoder = model();
    assert.deepEqual(await decodeSegment(decoder, payload, bytes.length, DIAL, going), bytes);
    for (const [i, { calls }] of decoder.predictors.entries()) {
      const joined = encoder.predictors[i]?.calls ?? [];
      const sum = (rows: readonly number[]): number => rows.reduce((a, b) => a + b, 0);
      assert.equal(sum(calls), sum(joined), 'both sides ask the same');
      assert.ok(joined.length < calls.length && calls.length <= 32, `${joined.length} ${calls.length}`);
      assert.ok(sum(calls) < 80 * 32 * 0.7, 'what is certain asks nothing');
    }
    const white = model();
    const blank = new Uint8Array(4 * 1);
    await decodeSegment(white, await encodeSegment(white, blank, DIAL, going), 4, DIAL, going);
    assert.deepEqual(white.predictors[1]?.calls, [], 'one row has no odd ones');
  });
});

describe('a second domain, from the model folder to the service', () => {
  let parent: string;
  let registry: ModelRegistry;
  let pool: WorkerPool;
  let codec: Codec;

  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'ardm-bits-'));
    await writeBitsModel(parent);
    const models = [
      ...(await loadModels(MODELS_FOLDER, KINDS)).list(),
      ...(await loadModels(parent, KINDS_WITH_BITS)).list(),
    ];
    registry = new ModelRegistry(models);
    pool = await WorkerPool.start({ models, provider: 'cpu', workers: 2, entry: ENTRY });
    codec = new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 20, defaultModel: 'tiny-a' });
  });
  after(async () => {
    await pool?.close();
    await rm(parent, { recursive: true, force: true });
  });

  it('passes the audit, graph by graph, and loads', async () => {
    const reports = await auditFolder(join(parent, 'bits'));
    assert.deepEqual(
      reports.map(({ kind }) => kind),
      ['declared', 'declared'],
    );
    assert.ok(reports.every(({ nodes }) => nodes.every(({ headroom }) => headroom > 8)));
    const model = await loadModel(join(parent, 'bits'), KINDS_WITH_BITS);
    assert.equal(model.graphs.length, 2);
    const size = await Promise.all(model.graphs.map(async ({ path }) => (await readFile(path)).length));
    assert.equal(model.size, (size[0] ?? 0) + (size[1] ?? 0));
    await assert.rejects(loadModel(join(parent, 'bits'), KINDS), InvalidManifestError);
  });

  it('is refused by the audit where a graph is not as declared, or a range is wider than it can bear', async () => {
    const other = await mkdtemp(join(tmpdir(), 'ardm-bits-'));
    try {
      const changes: [RegExp, (inputs: readonly object[], graph: number) => readonly object[]][] = [
        [
          /2 inputs and one output|1 inputs and one output/,
          (inputs, graph) => (graph === 1 ? inputs.slice(0, 1) : inputs),
        ],
        [/`near` must be as declared/, (inputs) => inputs.map((input) => ({ ...input, shape: [4] }))],
        [/`near` must be as declared/, (inputs) => inputs.map((input) => ({ ...input, type: 'int32' }))],
        [
          /`near` is declared to reach -1\.\.255/,
          (inputs) => inputs.map((input) => ({ ...input, lowest: -1, highest: 255 })),
        ],
        [/no value is declared/, (inputs) => inputs.map((input) => ({ ...input, lowest: 3 }))],
      ];
      for (const [message, declare] of changes) {
        await writeBitsModel(other, { declare });
        await assert.rejects(auditFolder(join(other, 'bits')), (error: unknown) => {
          assert.ok(error instanceof GraphContractError, String(error));
          assert.match(error.message, message);
          return true;
        });
      }
      const wide = (inputs: readonly object[], graph: number) =>
        inputs.map((input, i) => (graph === 1 && i === 1 ? { ...input, highest: 2 ** 15 - 1 } : input));
      await writeBitsModel(other, { declare: wide });
      await assert.rejects(auditFolder(join(other, 'bits')), /significant bits/);
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });

  it('is not served where one of its graphs does not give its known answer', async () => {
    const other = await mkdtemp(join(tmpdir(), 'ardm-bits-'));
    try {
      for (const bad of [0, 1]) {
        await writeBitsModel(other, { answer: (digest, graph) => (graph === bad ? '0'.repeat(64) : digest) });
        const models = (await loadModels(other, KINDS_WITH_BITS)).list();
        const started = WorkerPool.start({ models, provider: 'cpu', workers: 1, entry: ENTRY });
        await assert.rejects(started, (error: unknown) => {
          assert.ok(error instanceof ProviderUnavailableError);
          assert.match(error.message, /known answer/);
          return true;
        });
      }
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });

  it('shares workers with bytes: segments of both there and back at the same time', async () => {
    const text = Buffer.from('two kinds of model in one worker, '.repeat(20));
    await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const [id, bytes] =
          i % 2 === 0 ? ['bits', picture(20 + 13 * i)] : ['tiny-b', Uint8Array.from(text).subarray(i)];
        const payload = await pool.encode(id as string, bytes as Uint8Array, DIAL, never);
        const back = await pool.decode(id as string, payload, (bytes as Uint8Array).length, DIAL, never);
        assert.deepEqual(Uint8Array.from(back), bytes);
      }),
    );
  });

  it('has a limit of its own for segments, which is refused before any work', async () => {
    const dial = BITS.dial(64, 0);
    const payload = Uint8Array.of(1);
    const segmentOf = (length: number): Segment => {
      const model = registry.byId('bits')?.identity as Uint8Array;
      return { method: 'ardm', length, payload, crc: 0, dial, model };
    };
    const decode = (length: number) => codec.decompress(writeArchive([segmentOf(length)]), { signal: never });
    await assert.rejects(decode(BITS.longestSegment + 1), UnsupportedFeatureError);
    await assert.rejects(decode(BITS.longestSegment), ChecksumMismatchError);
  });

  it('is in archives as any model, and in the answers of the service', async () => {
    const bytes = picture(300);
    const { archive, model, calls } = await codec.compress(bytes, { model: 'bits', calls: 'balanced', signal: never });
    assert.equal(model, 'bits');
    assert.equal(calls, 64);
    assert.ok(archive.length < bytes.length / 2, `${archive.length} of ${bytes.length}`);
    assert.equal(codec.demand(archive).networkCalls, 64);
    assert.deepEqual(Uint8Array.from(await codec.decompress(archive, { signal: never })), bytes);
    const server = await TestServer.start({ codec });
    try {
      const compressed = await server.post('/v1/compress?model=auto', Buffer.from('bytes are still the default'));
      assert.equal(compressed.status, 200);
      const opened = await server.post('/v1/inspect', archive);
      assert.equal(
        (JSON.parse(opened.body.toString()) as { segments: { model: string }[] }).segments[0]?.model,
        'bits',
      );
      const back = await server.post('/v1/decompress', archive);
      assert.equal(back.status, 200);
      assert.deepEqual(Uint8Array.from(back.body), bytes);
      const damaged = Uint8Array.from(archive);
      damaged[damaged.length - 9] = (damaged[damaged.length - 9] as number) ^ 16;
      const refused = await server.post('/v1/decompress', damaged);
      assert.equal(refused.status, 422);
    } finally {
      await server.stop();
    }
  });
});
