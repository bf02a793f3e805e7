import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import { KnownAnswerMismatchError, ProviderUnavailableError } from '../../src/runtime/errors.js';
import { KINDS } from '../../src/runtime/kinds.js';
import type { Model } from '../../src/runtime/model.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import type { PoolObserver, PoolOptions } from '../../src/runtime/pool-options.js';
import { loadModels } from '../../src/runtime/registry.js';
import type { Usage } from '../../src/runtime/usage.js';
import { MODELS_FOLDER } from './fixtures.js';

// The pool with real networks in its workers.

const UNOBSERVED: PoolObserver = { used() {}, waited() {}, workerLost() {}, retried() {} };
const DIAL = { schedule: 'interleaved', calls: 64 } as const;
const never = (): AbortSignal => new AbortController().signal;

let models: readonly Model[];

before(async () => {
  models = (await loadModels(MODELS_FOLDER, KINDS)).list();
});

async function withPool<T>(options: Partial<PoolOptions>, work: (pool: WorkerPool) => Promise<T>): Promise<T> {
  const pool = await WorkerPool.start({ models, provider: 'cpu', ...options });
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

function text(length: number, seed: number): Uint8Array {
  const words = ['the ', 'house ', 'was ', 'shut ', 'in ', 'March, ', 'and ', 'nobody ', 'knew.\n'];
  let x = seed;
  let out = '';
  while (out.length < length) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    out += words[x % words.length];
  }
  return Buffer.from(out.slice(0, length));
}

const inputs = [0, 1, 2, 700, 1024, 1025, 5000, 30_000].map((length, i) => text(length, i + 1));

test('the same bytes come from any number of workers and threads, alone or side by side, with either model', async () => {
  const encodeAll = (options: Partial<PoolOptions>) =>
    withPool(options, (pool) =>
      Promise.all(inputs.flatMap((input) => models.map(({ id }) => pool.encode(id, input, DIAL, never())))),
    );
  const alone = await withPool({ workers: 1 }, async (pool) => {
    const payloads: Uint8Array[] = [];
    for (const input of inputs) {
      for (const { id } of models) payloads.push(await pool.encode(id, input, DIAL, never()));
    }
    return payloads;
  });
  assert.deepEqual(await encodeAll({ workers: 1 }), alone);
  assert.deepEqual(await encodeAll({ workers: 2 }), alone);
  assert.deepEqual(await encodeAll({ workers: 2, intraOpNumThreads: 2 }), alone);
});

test('a worker without work computes network calls of another, and the segment is the same', async () => {
  const input = text(60_000, 7);
  const encode = async (workers: number) => {
    const calls: number[] = [];
    const observer = { ...UNOBSERVED, used: ({ networkRows }: Usage) => calls.push(networkRows) };
    const payload = await withPool({ workers, observer }, (pool) => pool.encode('tiny-a', input, DIAL, never()));
    return { payload, calls: calls.filter((rows) => rows > 0), rows: calls.reduce((sum, rows) => sum + rows, 0) };
  };
  const [alone, helped] = [await encode(1), await encode(3)];
  assert.deepEqual(helped.payload, alone.payload);
  assert.equal(alone.rows, input.length);
  assert.equal(helped.rows, input.length);
  // Who helps says what it did call by call.
  assert.ok(helped.calls.length > 20, `${helped.calls.length}`);
});

test('what one setting encodes another decodes, many at a time', async () => {
  const encoded = await withPool({ workers: 1 }, (pool) =>
    Promise.all(inputs.map((input) => pool.encode('tiny-a', input, DIAL, never()))),
  );
  for (const options of [{ workers: 2 }, { workers: 1, intraOpNumThreads: 2 }]) {
    await withPool(options, async (pool) => {
      const decoded = await Promise.all(
        encoded.map((payload, i) => pool.decode('tiny-a', payload, (inputs[i] as Uint8Array).length, DIAL, never())),
      );
      for (const [i, bytes] of decoded.entries()) assert.deepEqual(Buffer.from(bytes), inputs[i]);
    });
  }
});

test('both schedules go through the workers', async () => {
  await withPool({ workers: 1 }, async (pool) => {
    const input = text(1500, 9);
    for (const schedule of ['interleaved', 'random'] as const) {
      for (const calls of [1, 7, 1024]) {
        const dial = { schedule, calls };
        const payload = await pool.encode('tiny-b', input, dial, never());
        assert.deepEqual(Buffer.from(await pool.decode('tiny-b', payload, input.length, dial, never())), input);
      }
    }
  });
});

test('a long decode is given up between two network calls', async () => {
  await withPool({ workers: 1 }, async (pool) => {
    const controller = new AbortController();
    // Half a million bytes out of nothing: half a million network calls.
    const dial = { schedule: 'interleaved', calls: 1024 } as const;
    const work = pool.decode('tiny-a', new Uint8Array(10), 2 ** 19, dial, controller.signal);
    setTimeout(() => controller.abort(), 50);
    await assert.rejects(work, WorkAbandoned);
    const started = performance.now();
    await pool.encode('tiny-a', text(100, 1), DIAL, never());
    assert.ok(performance.now() - started < 2000);
  });
});

test('a long decode tells how far it is, more and more, before it is done', async () => {
  await withPool({ workers: 1 }, async (pool) => {
    const controller = new AbortController();
    const dial = { schedule: 'interleaved', calls: 1024 } as const;
    const told: number[] = [];
    const work = pool.decode('tiny-a', new Uint8Array(10), 2 ** 19, dial, controller.signal, (positions) => {
      told.push(positions);
      if (told.length === 3) controller.abort();
    });
    await assert.rejects(work, WorkAbandoned);
    const [first, second, third] = told as [number, number, number];
    assert.ok(0 < first && first < second && second < third && third < 2 ** 19, String(told));
  });
});

test('a short message is decoded while a long segment is', async () => {
  await withPool({ workers: 1 }, async (pool) => {
    const message = text(200, 3);
    const payload = await pool.encode('tiny-a', message, DIAL, never());
    const controller = new AbortController();
    const dial = { schedule: 'interleaved', calls: 1024 } as const;
    const long = pool.decode('tiny-a', new Uint8Array(10), 2 ** 19, dial, controller.signal);
    assert.deepEqual(Buffer.from(await pool.decode('tiny-a', payload, 200, DIAL, never())), message);
    controller.abort();
    await assert.rejects(long, WorkAbandoned);
  });
});

test('a network that does not give its known answer is not served', async () => {
  const [first] = models as readonly [Model];
  const graphs = first.graphs.map((graph) => ({
    ...graph,
    knownAnswer: { ...graph.knownAnswer, digest: 'f'.repeat(64) },
  }));
  const wrong = { ...first, graphs };
  await assert.rejects(WorkerPool.start({ models: [wrong], provider: 'cpu', workers: 1 }), (error: unknown) => {
    assert.ok(error instanceof ProviderUnavailableError);
    assert.ok(!(error instanceof KnownAnswerMismatchError));
    assert.match(error.message, /known answer/);
    return true;
  });
});
