import assert from 'node:assert/strict';
import { appendFile, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ModelFileMismatchError, ModelUnavailableError } from '../../src/runtime/errors.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { checkGraphs, type Model, readModel } from '../../src/runtime/model.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import type { PoolOptions } from '../../src/runtime/pool-options.js';
import { loadModels } from '../../src/runtime/registry.js';
import { MODELS_FOLDER, ModelCopy } from './fixtures.js';

const DIAL = { schedule: 'interleaved', calls: 16 } as const;
const INPUT = Buffer.from('a request waits for its model, and so do all who come with it. '.repeat(9));
const never = (): AbortSignal => new AbortController().signal;

async function withPool(
  options: Partial<PoolOptions>,
  work: (pool: WorkerPool) => Promise<void>,
  folder = MODELS_FOLDER,
): Promise<void> {
  const models = (await loadModels(folder, KINDS)).list();
  const pool = await WorkerPool.start({ models, provider: 'cpu', workers: 2, ...options });
  try {
    await work(pool);
  } finally {
    await pool.close();
  }
}

const encode = (pool: WorkerPool, id: string): Promise<Uint8Array> => pool.encode(id, INPUT, DIAL, never());
const decode = async (pool: WorkerPool, id: string, payload: Uint8Array): Promise<string> =>
  Buffer.from(await pool.decode(id, payload, INPUT.length, DIAL, never())).toString();

/** What each model makes of the input where all are open from the start. */
const expected = new Map<string, Uint8Array>();
await withPool({}, async (pool) => {
  for (const id of ['tiny-a', 'tiny-b', 'tiny-c']) expected.set(id, await encode(pool, id));
});

test('fifty that arrive at once wait for models that were not open, and get what they get elsewhere', async () => {
  await withPool({ keepOpen: ['tiny-a'] }, async (pool) => {
    const ids = ['tiny-a', 'tiny-b', 'tiny-c'];
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const id = ids[i % 3] as string;
        const payload = expected.get(id) as Uint8Array;
        if (i % 2 === 0) assert.deepEqual(await encode(pool, id), payload);
        else assert.equal(await decode(pool, id, payload), INPUT.toString());
      }),
    );
  });
});

test('a model that was released is opened again, and one in use is not released', async () => {
  await withPool({ keepOpen: ['tiny-a'], idleMilliseconds: 1 }, async (pool) => {
    for (let i = 0; i < 8; i++) {
      // Between releases, on both workers, one of them asked while the other may be told to release.
      const made = await Promise.all([encode(pool, 'tiny-b'), encode(pool, 'tiny-b'), encode(pool, 'tiny-b')]);
      for (const payload of made) assert.deepEqual(payload, expected.get('tiny-b'));
      if (i % 2 === 0) await pause(5);
    }
    const text = 'release while it is in use '.repeat(2_000);
    const long = Buffer.from(text);
    const payload = await pool.encode('tiny-b', long, DIAL, never());
    const controller = new AbortController();
    const abandoned = pool.decode('tiny-b', payload, long.length, DIAL, controller.signal);
    controller.abort();
    await assert.rejects(abandoned);
    await pause(5);
    assert.equal(Buffer.from(await pool.decode('tiny-b', payload, long.length, DIAL, never())).toString(), text);
  });
});

test('a request that is given up while its model opens is told so; the next one gets its answer', async () => {
  await withPool({ keepOpen: [] }, async (pool) => {
    const controller = new AbortController();
    const given = pool.encode('tiny-c', INPUT, DIAL, controller.signal);
    controller.abort();
    await assert.rejects(given);
    assert.deepEqual(await encode(pool, 'tiny-c'), expected.get('tiny-c'));
  });
});

test('a pool that is closed while a model opens rejects, and ends', async () => {
  let waiting: Promise<unknown> = Promise.resolve();
  await withPool({ keepOpen: ['tiny-a'] }, async (pool) => {
    waiting = assert.rejects(encode(pool, 'tiny-b'));
  });
  await waiting;
});

test('a model that does not reproduce its known answer is a clear failure, others go on, and it is tried again', async () => {
  const copy = await ModelCopy.make('tiny-b');
  try {
    const { knownAnswer } = JSON.parse(
      await (await import('node:fs/promises')).readFile(copy.path('manifest.json'), 'utf8'),
    );
    await copy.edit('manifest.json', (json) => ({ ...json, knownAnswer: { ...knownAnswer, digest: '0'.repeat(64) } }));
    const models = [...(await loadModels(MODELS_FOLDER, KINDS)).list()].filter(({ id }) => id !== 'tiny-b');
    const [broken] = (await loadModels(copy.parent, KINDS)).list();
    assert.ok(broken);
    await withPool({ models: [...models, broken], keepOpen: ['tiny-a'] }, async (pool) => {
      for (let i = 0; i < 3; i++) {
        await assert.rejects(encode(pool, 'tiny-b'), (error: unknown) => {
          assert.ok(error instanceof ModelUnavailableError);
          assert.equal(error.status, 503);
          assert.match(error.message, /tiny-b could not be opened .* known answer/);
          return true;
        });
        assert.deepEqual(await encode(pool, 'tiny-a'), expected.get('tiny-a'));
      }
    });
  } finally {
    await copy.remove();
  }
});

test('a model whose file is gone when it is first wanted is a clear failure', async () => {
  const copy = await ModelCopy.make('tiny-b');
  try {
    await withPool(
      { keepOpen: [] },
      async (pool) => {
        await rm(copy.path('model.onnx'));
        await assert.rejects(encode(pool, 'tiny-b'), ModelUnavailableError);
      },
      copy.parent,
    );
  } finally {
    await copy.remove();
  }
});

/** As the command opens models: their graphs are not looked at before they are used, and compared with their hashes beside the coding. */
const atOnce = async (
  folder: string,
  prepare: boolean,
  work: (pool: WorkerPool, checked: string[]) => Promise<void>,
) => {
  const checked: string[] = [];
  const models = (await loadModels(folder, KINDS, undefined, readModel)).list();
  const check = async (model: Model): Promise<void> => {
    checked.push(model.id);
    await checkGraphs(model);
  };
  await withPool({ models, keepOpen: [], prepare, check }, (pool) => work(pool, checked));
};

for (const prepare of [false, true]) {
  test(`a model whose graph is not that of its manifest is refused, whatever it computes (prepare: ${prepare})`, async () => {
    const copy = await ModelCopy.make('tiny-b');
    try {
      // A description of the model, which changes nothing that it computes: field 6 of ModelProto.
      await appendFile(copy.path('model.onnx'), Uint8Array.of(0x32, 1, 0x78));
      await atOnce(copy.parent, prepare, async (pool, checked) => {
        for (let i = 0; i < 2; i++) {
          await assert.rejects(encode(pool, 'tiny-b'), ModelFileMismatchError);
          await assert.rejects(decode(pool, 'tiny-b', expected.get('tiny-b') as Uint8Array), ModelFileMismatchError);
          await assert.rejects(pool.trace('tiny-b', INPUT, DIAL, never()), ModelFileMismatchError);
        }
        assert.deepEqual(checked, ['tiny-b']);
      });
    } finally {
      await copy.remove();
    }
  });

  test(`a model that is what its manifest says is checked once, and none that is not used (prepare: ${prepare})`, async () => {
    await atOnce(MODELS_FOLDER, prepare, async (pool, checked) => {
      for (const id of ['tiny-b', 'tiny-a']) {
        const made = await Promise.all([encode(pool, id), encode(pool, id)]);
        for (const payload of made) assert.deepEqual(payload, expected.get(id));
      }
      assert.equal(await decode(pool, 'tiny-b', expected.get('tiny-b') as Uint8Array), INPUT.toString());
      assert.deepEqual(checked, ['tiny-b', 'tiny-a']);
    });
  });
}
