import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import { ArdmError } from '../../src/errors.js';
import {
  PoolClosedError,
  ProviderUnavailableError,
  SegmentFailedError,
  WorkerLostError,
} from '../../src/runtime/errors.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import type { PoolObserver, PoolOptions } from '../../src/runtime/pool-options.js';
import { fakeModel } from './fixtures.js';
import type { Trace } from './scripted-worker.js';

const ENTRY = new URL('./scripted-worker.js', import.meta.url);
const DIAL = { schedule: 'interleaved', calls: 64 } as const;
/** More bytes than a short segment has. */
const LONG = new Uint8Array(20_000);
const SHORT = new Uint8Array(100);

const never = (): AbortSignal => new AbortController().signal;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function withPool(work: (pool: WorkerPool) => Promise<void>, options: Partial<PoolOptions> = {}): Promise<void> {
  const pool = await WorkerPool.start({
    models: [fakeModel('m')],
    provider: 'cpu',
    workers: 2,
    entry: ENTRY,
    ...options,
  });
  try {
    await work(pool);
  } finally {
    await pool.close();
  }
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ardm-test-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function traced(result: Promise<Uint8Array>): Promise<Trace> {
  return JSON.parse(Buffer.from(await result).toString());
}

async function eventually(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    assert.ok(waited < 5000, 'it never came true');
    await pause(5);
  }
}

test('a task reaches the worker whole, and the input stays usable', async () => {
  await withPool(async (pool) => {
    const input = Buffer.from('xxhello worldxx');
    const view = input.subarray(2, 13);
    const echo = JSON.parse(Buffer.from(await pool.encode('echo', view, DIAL, never())).toString());
    assert.deepEqual(echo, { operation: 'encode', text: 'hello world', length: 11, dial: DIAL });
    const dial = { schedule: 'random', calls: 7 } as const;
    const decoded = JSON.parse(Buffer.from(await pool.decode('echo', view, 123, dial, never())).toString());
    assert.deepEqual(decoded, { operation: 'decode', text: 'hello world', length: 123, dial });
    assert.equal(input.toString(), 'xxhello worldxx');
    assert.deepEqual(await pool.encode('view', view, DIAL, never()), new Uint8Array(10).fill(7));
  });
});

test('segments of one request run on all workers at once', async () => {
  await withPool(async (pool) => {
    const signal = never();
    const traces = await Promise.all([1, 2].map(() => traced(pool.encode('spin:150', LONG, DIAL, signal))));
    const [a, b] = traces as [Trace, Trace];
    assert.notEqual(a.thread, b.thread);
    assert.ok(Math.max(a.start, b.start) < Math.min(a.end, b.end), 'they overlap in time');
  });
});

test('a network call goes to a worker that has no task and the model open, or to none', async () => {
  const asking = async (pool: WorkerPool, what: string): Promise<{ own: number; output?: [number, number] }> =>
    JSON.parse(Buffer.from(await pool.encode('asks', Buffer.from(what), DIAL, never())).toString());
  await withPool(async (pool) => {
    const { own, output } = await asking(pool, 'm 42');
    assert.equal(output?.[1], 42);
    assert.notEqual(output[0], own);
    assert.equal((await asking(pool, 'not-open 42')).output, undefined);
    const leaving = new AbortController();
    const busy = pool.encode('stuck', LONG, DIAL, leaving.signal);
    assert.equal((await asking(pool, 'm 42')).output, undefined);
    leaving.abort();
    await assert.rejects(busy, WorkAbandoned);
  });
  await withPool(async (pool) => assert.equal((await asking(pool, 'm 42')).output, undefined), { workers: 1 });
});

test("a network call whose worker dies is nobody else's: who asked goes on", async () => {
  const lost: unknown[] = [];
  const log = (message: string): unknown => message === 'worker lost' && lost.push(message);
  await withPool(
    async (pool) => {
      const answer = await pool.encode('asks', Buffer.from('m -1'), DIAL, never());
      assert.equal(JSON.parse(Buffer.from(answer).toString()).output, undefined);
      await eventually(() => lost.length === 1 && pool.running === 2);
      const again = await pool.encode('asks', Buffer.from('m 5'), DIAL, never());
      assert.equal(JSON.parse(Buffer.from(again).toString()).output[1], 5);
    },
    { log: (message) => void log(message) },
  );
});

test('the calling thread is free while all workers compute', async () => {
  await withPool(async (pool) => {
    const work = Promise.all([1, 2].map(() => pool.encode('spin:200', LONG, DIAL, never())));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await work;
    clearInterval(timer);
    assert.ok(ticks >= 5, `${ticks} ticks in 200 ms`);
  });
});

test('one request never has more tasks running than there are workers', async () => {
  await withPool(async (pool) => {
    const signal = never();
    const traces = await Promise.all(
      Array.from({ length: 8 }, () => traced(pool.encode('sleep:30', LONG, DIAL, signal))),
    );
    for (const { start } of traces) {
      const atOnce = traces.filter((other) => other.start <= start && start < other.end).length;
      assert.ok(atOnce <= 2, `${atOnce} at once`);
    }
  });
});

test('a newcomer does not wait for all that a large request has queued', async () => {
  await withPool(
    async (pool) => {
      const large = never();
      let finished = 0;
      const queued = Array.from({ length: 20 }, () =>
        pool.encode('sleep:20', LONG, DIAL, large).then(() => {
          finished++;
        }),
      );
      await traced(pool.encode('sleep:20', LONG, DIAL, never()));
      assert.ok(finished <= 5, `${finished} of the large request were served first`);
      await Promise.all(queued);
    },
    { workers: 1 },
  );
});

test('a short task does not wait for long ones to end, however many requests they belong to', async () => {
  await withPool(
    async (pool) => {
      let finished = 0;
      const long = Array.from({ length: 6 }, () =>
        pool.encode('sleep:300', LONG, DIAL, never()).then(() => {
          finished++;
        }),
      );
      await pool.encode('sleep:5', SHORT, DIAL, never());
      assert.equal(finished, 0);
      await Promise.all(long);
    },
    { workers: 1 },
  );
});

test('a decode is long by what comes out, not by what goes in', async () => {
  await withPool(
    async (pool) => {
      const work = [1, 2, 3].map(() => pool.decode('sleep:50', SHORT, 500_000, DIAL, never()));
      assert.equal(pool.queued('short') + pool.queued('long'), 1);
      await Promise.all(work);
    },
    { workers: 1 },
  );
});

test('an aborted signal is refused at once', async () => {
  await withPool(async (pool) => {
    await assert.rejects(pool.encode('echo', SHORT, DIAL, AbortSignal.abort()), WorkAbandoned);
  });
});

test('abort removes queued tasks at once and leaves the others', async () => {
  await withPool(
    async (pool) => {
      const running = [1, 2].map(() => pool.encode('sleep:100', LONG, DIAL, never()));
      const controller = new AbortController();
      const queued = [1, 2, 3].map(() => pool.encode('echo', LONG, DIAL, controller.signal));
      const other = pool.encode('echo', LONG, DIAL, never());
      assert.equal(pool.queued('short') + pool.queued('long'), 4);
      const rejected = Promise.all(queued.map((task) => assert.rejects(task, WorkAbandoned)));
      controller.abort();
      assert.equal(pool.queued('short') + pool.queued('long'), 1);
      await rejected;
      await Promise.all([...running, other]);
    },
    { workers: 1 },
  );
});

test('abort stops a running task between two calls, and its place is free again', async () => {
  await withPool(
    async (pool) => {
      const controllers = [new AbortController(), new AbortController()];
      const work = controllers.map(({ signal }) => pool.encode('sleep:60000', LONG, DIAL, signal));
      await pause(30);
      const started = performance.now();
      for (const controller of controllers) controller.abort();
      await Promise.all(work.map((task) => assert.rejects(task, WorkAbandoned)));
      await pool.encode('echo', LONG, DIAL, never());
      assert.ok(performance.now() - started < 5000);
    },
    { workers: 1 },
  );
});

test("the signal's reason is passed on where it is an error of the service", async () => {
  class Timeout extends ArdmError {
    readonly code = 'timeout';
    readonly status = 503;
    readonly title = 'Too slow';
  }
  await withPool(async (pool) => {
    const controller = new AbortController();
    const work = pool.encode('sleep:60000', SHORT, DIAL, controller.signal);
    controller.abort(new Timeout('took too long'));
    await assert.rejects(work, Timeout);
    await assert.rejects(pool.encode('echo', SHORT, DIAL, controller.signal), Timeout);
  });
});

test('a signal that outlives its tasks keeps no listeners of them', async () => {
  await withPool(async (pool) => {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    for (let i = 0; i < 5; i++) await pool.encode('echo', SHORT, DIAL, signal);
    await assert.rejects(pool.encode('fail', SHORT, DIAL, signal));
    assert.equal(listeners, 0);
  });
});

test('a failure in the worker is a typed error that hides its reason from the answer, and the pool goes on', async () => {
  await withPool(async (pool) => {
    await assert.rejects(pool.encode('fail', Buffer.from('secret'), DIAL, never()), (error: unknown) => {
      assert.ok(error instanceof SegmentFailedError);
      assert.ok(!error.message.includes('secret'));
      assert.match(String(error.cause), /failed on secret/);
      return true;
    });
    await pool.encode('echo', SHORT, DIAL, never());
  });
});

test('a worker that dies is replaced and its task done again, unseen by the caller', async () => {
  await inFolder(async (folder) => {
    const lost: unknown[] = [];
    await withPool(
      async (pool) => {
        const bystander = pool.encode('sleep:50', LONG, DIAL, never());
        const result = await traced(pool.encode('crash-once', Buffer.from(join(folder, 'crashed')), DIAL, never()));
        assert.ok(result.thread > 0);
        await bystander;
        assert.equal(lost.length, 1);
        const threads = async (): Promise<number> => {
          const signal = never();
          const traces = await Promise.all([1, 2].map(() => traced(pool.encode('sleep:50', LONG, DIAL, signal))));
          return new Set(traces.map(({ thread }) => thread)).size;
        };
        for (let tries = 0; (await threads()) < 2; tries++) assert.ok(tries < 100, 'there are no two workers again');
      },
      { log: (message) => lost.push(message) },
    );
  });
});

test('tasks that only shared a worker with the one that crashed are done again too', async () => {
  await inFolder(async (folder) => {
    await withPool(
      async (pool) => {
        const bystanders = Array.from({ length: 3 }, () => traced(pool.encode('sleep:50', SHORT, DIAL, never())));
        await traced(pool.encode('crash-once', Buffer.from(join(folder, 'crashed')), DIAL, never()));
        assert.equal((await Promise.all(bystanders)).length, 3);
      },
      { workers: 1 },
    );
  });
});

test('a task that kills its worker twice is given up with a typed error, and the pool recovers', async () => {
  await withPool(async (pool) => {
    await assert.rejects(pool.encode('crash', SHORT, DIAL, never()), WorkerLostError);
    await assert.rejects(pool.encode('throw-later', SHORT, DIAL, never()), WorkerLostError);
    await eventually(() => pool.healthy);
    await pool.encode('echo', SHORT, DIAL, never());
  });
});

test('a task whose request was aborted is not done again when its worker dies', async () => {
  await withPool(
    async (pool) => {
      const controller = new AbortController();
      const stuck = pool.encode('stuck', SHORT, DIAL, controller.signal);
      controller.abort();
      await assert.rejects(stuck, WorkAbandoned);
      await assert.rejects(pool.encode('crash', SHORT, DIAL, never()), WorkerLostError);
      await pool.encode('echo', SHORT, DIAL, never());
      assert.equal(pool.queued('short') + pool.queued('long'), 0);
    },
    { workers: 1 },
  );
});

test('a pool whose last worker cannot be replaced is unhealthy, and can still be closed', async () => {
  await inFolder(async (folder) => {
    const model = { ...fakeModel('starts-once'), coding: join(folder, 'started') };
    const log: string[] = [];
    await withPool(
      async (pool) => {
        assert.equal(pool.healthy, true);
        const work = pool.encode('crash', SHORT, DIAL, never());
        const rejected = assert.rejects(work, PoolClosedError);
        await eventually(() => log.includes('worker could not be replaced'));
        assert.equal(pool.healthy, false);
        await pool.close();
        await rejected;
      },
      { workers: 1, models: [model], log: (message) => log.push(message) },
    );
  });
});

test('close rejects what is queued and what runs, and refuses more', async () => {
  await withPool(
    async (pool) => {
      const work = Array.from({ length: 5 }, () => pool.encode('sleep:60000', LONG, DIAL, never()));
      const rejected = Promise.all(work.map((task) => assert.rejects(task, PoolClosedError)));
      await pause(20);
      const started = performance.now();
      await Promise.all([pool.close(), pool.close()]);
      await rejected;
      assert.ok(performance.now() - started < 3000);
      assert.equal(pool.healthy, false);
      await assert.rejects(pool.encode('echo', SHORT, DIAL, never()), PoolClosedError);
    },
    { workers: 1 },
  );
});

test('close has the workers release their sessions before they end', async () => {
  await inFolder(async (folder) => {
    const model = { ...fakeModel('marks-release'), coding: join(folder, 'released') };
    await withPool(async () => {}, { models: [model] });
    assert.ok(existsSync(model.coding));
  });
});

test('a provider that was asked for by name and cannot be used stops the start', async () => {
  const start = WorkerPool.start({ models: [fakeModel('unavailable')], provider: 'webgpu', entry: ENTRY });
  await assert.rejects(start, (error: unknown) => {
    assert.ok(error instanceof ProviderUnavailableError);
    assert.match(error.message, /webgpu cannot be used: there is no such device. Set ARDM_PROVIDER=cpu/);
    return true;
  });
});

test('a worker that ends before it is ready stops the start', async () => {
  for (const workers of [1, 2]) {
    const start = WorkerPool.start({ models: [fakeModel('dies-at-start')], provider: 'cpu', workers, entry: ENTRY });
    await assert.rejects(start, ProviderUnavailableError);
  }
});

test('auto passes over what does not work and says so', async () => {
  const log: unknown[] = [];
  const start = WorkerPool.start({
    models: [fakeModel('unavailable')],
    provider: 'auto',
    devices: ['cuda', 'webgpu'],
    entry: ENTRY,
    log: (message, details) => log.push([message, details.provider]),
  });
  // Here the CPU does not work either; then there is nothing left to serve with.
  await assert.rejects(start, ProviderUnavailableError);
  assert.deepEqual(log, [
    ['execution provider passed over', 'cuda'],
    ['execution provider passed over', 'webgpu'],
  ]);
});

test('auto takes the first that works; a GPU gets one worker, the CPU as many as are wanted', async () => {
  await withPool(
    async (pool) => {
      assert.deepEqual([pool.provider, pool.size], ['webgpu', 1]);
    },
    { provider: 'auto', devices: ['webgpu'], workers: 3 },
  );
  await withPool(
    async (pool) => {
      assert.deepEqual([pool.provider, pool.size], ['cpu', 3]);
    },
    { provider: 'auto', devices: [], workers: 3 },
  );
});

test('on CUDA there are so many workers on each device, on WebGPU one, on the CPU as many as asked for', async () => {
  const cuda = { provider: 'cuda', cudaDevices: [0, 3], workersPerDevice: 2, workers: 7 } as const;
  await withPool(async (pool) => {
    assert.equal(pool.size, 4);
    const signal = never();
    const told = await Promise.all(
      Array.from({ length: 4 }, async () => Buffer.from(await pool.encode('settings', SHORT, DIAL, signal)).toString()),
    );
    const devices = told.map((text) => (JSON.parse(text) as { deviceId: number }).deviceId);
    assert.deepEqual(devices.sort(), [0, 0, 3, 3]);
  }, cuda);
  await withPool(async (pool) => assert.equal(pool.size, 1), { ...cuda, provider: 'webgpu' });
  await withPool(async (pool) => assert.equal(pool.size, 7), { ...cuda, provider: 'cpu' });
});

test('the observer is told of waits, of work, of a worker that is lost and of what is done again', async () => {
  const seen: string[] = [];
  const observer: PoolObserver = {
    used: () => seen.push('used'),
    waited: (kind, seconds) => seen.push(seconds >= 0 && seconds < 60 ? `waited ${kind}` : 'wrong'),
    workerLost: () => seen.push('lost'),
    retried: () => seen.push('retried'),
  };
  await inFolder(async (folder) => {
    await withPool(
      async (pool) => {
        await pool.encode('echo', LONG, DIAL, never());
        await pool.encode('crash-once', Buffer.from(join(folder, 'crashed')), DIAL, never());
        await eventually(() => seen.filter((what) => what === 'used').length >= 2);
        assert.equal(pool.products, 'floats');
        await eventually(() => pool.running === 2);
      },
      { observer },
    );
  });
  const count = (what: string): number => seen.filter((each) => each === what).length;
  assert.deepEqual(
    [count('lost'), count('retried'), count('waited long'), count('waited short'), count('wrong')],
    [1, 1, 1, 2, 0],
  );
});

test('what auto passed over can be asked for, with the reason', async () => {
  const options = { models: [fakeModel('cpu-only')], provider: 'auto', devices: ['cuda'] } as const;
  await withPool(async (pool) => {
    assert.equal(pool.provider, 'cpu');
    const [{ provider, reason } = { provider: undefined, reason: '' }] = pool.passedOver;
    assert.equal(provider, 'cuda');
    assert.match(reason, /there is no such device/);
  }, options);
});
