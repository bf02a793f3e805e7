import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import type { Rows } from '../../src/ardm/network.js';
import { type Network, Scheduler, type Task } from '../../src/runtime/scheduler.js';

const WIDTH = 4;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A network whose logits tell the row they belong to. It takes so many milliseconds a call, by its own clock. */
class TellingNetwork implements Network {
  readonly inputs = [{ type: 'int32', shape: [2] }] as const;
  readonly calls: number[] = [];
  /** First index of every row, in the order in which they were computed. */
  readonly order: number[] = [];
  now = 1_000;

  constructor(private readonly milliseconds = 1) {}

  async predict([indices]: readonly Rows[], rows: number): Promise<Float32Array> {
    assert.ok(indices);
    assert.equal(indices.length, rows * 2);
    await turn();
    this.now += this.milliseconds;
    this.calls.push(rows);
    for (let r = 0; r < rows; r++) this.order.push(indices[r * 2] as number);
    return Float32Array.from({ length: rows * WIDTH }, (_, i) => {
      const row = Math.floor(i / WIDTH);
      return (indices[row * 2] as number) * 100 + (indices[row * 2 + 1] as number) + (i % WIDTH) / 8;
    });
  }
}

const task = (short = true): Task & { signal: { aborted: boolean } } => ({ short, signal: { aborted: false } });
const scheduler = (network: TellingNetwork, mostRows = 256) =>
  new Scheduler(
    mostRows,
    () => {},
    () => network.now,
  );

function indices(first: number, rows: number): Int32Array {
  return Int32Array.from({ length: rows * 2 }, (_, i) => (i % 2 === 0 ? first : i >> 1));
}

async function ask(of: Scheduler, network: Network, by: Task, first: number, rows: number): Promise<void> {
  const logits = await of.predictor(network, by).predict([indices(first, rows)], rows);
  const expected = Float32Array.from(
    { length: rows * WIDTH },
    (_, i) => first * 100 + Math.floor(i / WIDTH) + (i % WIDTH) / 8,
  );
  assert.deepEqual(logits, expected);
}

test('steps that are there together share one call, and each gets its own rows', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network);
  await Promise.all([1, 2, 3, 4, 5].map((k) => ask(it, network, task(), k, k)));
  assert.deepEqual(network.calls, [15]);
});

test('those who shared a call share the next one, too', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network);
  await Promise.all(
    [1, 2, 3].map(async (k) => {
      for (let i = 0; i < 10; i++) await ask(it, network, task(), k, 8);
    }),
  );
  assert.deepEqual(network.calls, Array(10).fill(24));
});

test('a step alone does not wait for company', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network);
  const begun = network.now;
  for (let i = 0; i < 5; i++) await ask(it, network, task(), 1, 3);
  assert.equal(network.now - begun, 5);
});

test('no call has more rows than it may, and what is longer comes in pieces', async () => {
  const network = new TellingNetwork();
  await ask(scheduler(network), network, task(), 7, 1_000);
  assert.deepEqual(network.calls, [256, 256, 256, 232]);
});

test('a step of as many rows as the call is one of several in it all the same', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network);
  await Promise.all([ask(it, network, task(), 1, 256), ask(it, network, task(), 2, 64)]);
  assert.deepEqual(network.calls, [256, 64]);
});

test('a step that shares its calls is answered in the room that it brings, where that is large enough', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network);
  const step = (first: number, room: Float32Array) =>
    it.predictor(network, task()).predict([indices(first, 3)], 3, room);
  const [large, small] = [new Float32Array(50), new Float32Array(11)];
  const [a, b] = await Promise.all([step(1, large), step(2, small)]);
  assert.equal(a.buffer, large.buffer);
  assert.notEqual(b.buffer, small.buffer);
  assert.deepEqual([a.length, a[4], b.length, b[4]], [12, 101, 12, 201]);
});

test('a network answers at once only a task that nobody else could share a call with, and is counted', async () => {
  const network = new TellingNetwork();
  const instant: Network = {
    inputs: network.inputs,
    predict: (i, r) => network.predict(i, r),
    predictNow: () => Float32Array.of(7),
  };
  const counted: number[] = [];
  const it = new Scheduler(256, (rows) => counted.push(rows));
  const of = (one: Network) => it.predictor(one, task());
  const now = (one: Network) => of(one).predictNow?.([indices(1, 3)], 3);
  assert.equal(now(instant), undefined, 'no task runs');
  await it.run(task(), async () => {
    assert.deepEqual(now(instant), Float32Array.of(7));
    assert.deepEqual(counted, [3]);
    assert.equal(now(network), undefined, 'it cannot');
    const call = of(instant).predict([indices(1, 2)], 2);
    assert.equal(now(instant), undefined, 'a call is under way');
    await call;
    await turn();
    assert.deepEqual(now(instant), Float32Array.of(7));
    await it.run(task(), async () => assert.equal(now(instant), undefined, 'another task runs'));
    assert.deepEqual(now(instant), Float32Array.of(7));
  });
  assert.deepEqual(counted, [3, 2, 3, 3]);
});

test('a small step is served in the next call, however much the others want', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network);
  const large = [1, 2, 3].map((k) => ask(it, network, task(), k, 1_024));
  await turn();
  await turn();
  const before = network.calls.length;
  await ask(it, network, task(), 9, 8);
  assert.ok(network.calls.length - before <= 3, `${network.calls.length - before} calls`);
  await Promise.all(large);
});

test('every step goes on: none is passed over for ever', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network);
  let over = false;
  const stream = Array.from({ length: 32 }, async (_, k) => {
    while (!over) await ask(it, network, task(), k, 8);
  });
  await ask(it, network, task(), 99, 1_024);
  over = true;
  await Promise.all(stream);
});

test('two networks are not mixed, and both are served', async () => {
  const [a, b] = [new TellingNetwork(), new TellingNetwork()];
  const it = scheduler(a);
  await Promise.all([ask(it, a, task(), 1, 3), ask(it, b, task(), 2, 5), ask(it, a, task(), 3, 4)]);
  assert.deepEqual([a.calls, b.calls], [[7], [5]]);
});

test('a step whose task is abandoned leaves without being computed', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network);
  const gone = task();
  const leaving = ask(it, network, gone, 1, 50);
  const staying = ask(it, network, task(), 2, 3);
  gone.signal.aborted = true;
  await assert.rejects(leaving, WorkAbandoned);
  await staying;
  assert.deepEqual(network.calls, [3]);
});

test('a step that is abandoned between two pieces leaves, too', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network);
  const gone = task();
  const leaving = ask(it, network, gone, 1, 1_000);
  while (network.calls.length < 2) await turn();
  gone.signal.aborted = true;
  await assert.rejects(leaving, WorkAbandoned);
  assert.ok(network.calls.length <= 3);
});

test('a call that fails fails those who shared it, and no other', async () => {
  const failing: Network = {
    inputs: [{ type: 'int32', shape: [2] }],
    predict: async () => {
      throw new RangeError('no');
    },
  };
  const network = new TellingNetwork();
  const it = scheduler(network);
  const both = [ask(it, failing, task(), 1, 1), ask(it, failing, task(), 2, 1)];
  const other = ask(it, network, task(), 3, 1);
  for (const one of both) await assert.rejects(one, RangeError);
  await other;
  await ask(it, network, task(), 4, 1);
});

test('without short tasks, long ones never wait', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network);
  const begun = network.now;
  for (let i = 0; i < 20; i++) await ask(it, network, task(false), 1, 256);
  assert.equal(network.now - begun, 20);
});

test('beside an endless stream of short tasks, long ones keep about a fourth of the time', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network, 64);
  let over = false;
  // Rows of the long one are told by its number, 9.
  const stream = it.run(task(), async () => {
    while (!over) await ask(it, network, task(), 1, 64);
  });
  for (let i = 0; i < 40; i++) await ask(it, network, task(false), 9, 64);
  const share = network.order.filter((first) => first === 9).length / network.order.length;
  assert.ok(share > 0.15 && share < 0.35, `${share}`);
  over = true;
  await stream;
});

test('the end of the last short task, also by failure, lets the long ones go on', async () => {
  const network = new TellingNetwork(100);
  const it = scheduler(network);
  const failing = it.run(task(), async () => {
    await ask(it, network, task(false), 1, 1);
    throw new RangeError('no');
  });
  await assert.rejects(failing, RangeError);
  // The long call before would have held this one back for 300 ms of a clock that stands still.
  await ask(it, network, task(false), 2, 1);
});

test('every call is counted, with its rows and its time', async () => {
  const network = new TellingNetwork(3);
  const counted: number[][] = [];
  const it = new Scheduler(
    256,
    (rows, ms) => counted.push([rows, ms]),
    () => network.now,
  );
  await ask(it, network, task(), 1, 300);
  assert.deepEqual(counted, [
    [256, 3],
    [44, 3],
  ]);
});

test('whoever asks for whatever, in whatever order: everybody gets the rows asked for', async () => {
  const asked = fc.array(fc.tuple(fc.integer({ min: 1, max: 700 }), fc.boolean(), fc.integer({ min: 0, max: 3 })), {
    minLength: 1,
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(asked, fc.integer({ min: 1, max: 300 }), async (steps, mostRows) => {
      const network = new TellingNetwork();
      const it = scheduler(network, mostRows);
      await Promise.all(
        steps.map(async ([rows, short, delay], k) => {
          for (let i = 0; i < delay; i++) await turn();
          const work = () => ask(it, network, task(short), k, rows);
          await it.run(task(short), work);
        }),
      );
      assert.ok(network.calls.every((rows) => rows <= mostRows));
    }),
    { numRuns: 60 },
  );
});

test('the steps of one task are computed one after the other: the second is of no use before the first', async () => {
  const network = new TellingNetwork();
  const it = scheduler(network);
  const [one, other] = [task(), task()];
  await Promise.all([ask(it, network, one, 1, 200), ask(it, network, one, 2, 200), ask(it, network, other, 3, 10)]);
  assert.deepEqual(network.calls, [210, 200]);
});
