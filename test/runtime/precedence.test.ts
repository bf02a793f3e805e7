import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Precedence } from '../../src/runtime/precedence.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Work that ends when it is told to. */
function held(): { work: () => Promise<string>; finish: () => void } {
  let finish = (): void => {};
  const ended = new Promise<string>((resolve) => {
    finish = () => resolve('done');
  });
  return { work: () => ended, finish };
}

/** A clock, and a network call that takes so long by it. */
class Clock {
  now = 1000;
  readonly read = (): number => this.now;
  call(ms: number): () => Promise<number> {
    return async () => {
      await turn();
      this.now += ms;
      return ms;
    };
  }
}

test('without short tasks, long ones never wait', async () => {
  const clock = new Clock();
  const precedence = new Precedence(clock.read);
  for (let i = 0; i < 100; i++) assert.equal(await precedence.longCall(clock.call(1)), 1);
  assert.equal(clock.now, 1100);
});

test('while a short task runs, a long one holds back for three times its own call, and no longer', async () => {
  for (const ms of [0.1, 8, 100]) {
    const clock = new Clock();
    const precedence = new Precedence(clock.read);
    const { work, finish } = held();
    const short = precedence.runShort(work);
    await precedence.longCall(clock.call(ms));
    let calls = 0;
    const long = precedence.longCall(async () => calls++);
    clock.now += 2.9 * ms;
    for (let i = 0; i < 20; i++) await turn();
    assert.equal(calls, 0);
    clock.now += 0.2 * ms;
    await long;
    assert.equal(calls, 1);
    finish();
    assert.equal(await short, 'done');
  }
});

test('all long tasks together get that one call', async () => {
  const clock = new Clock();
  const precedence = new Precedence(clock.read);
  const { work, finish } = held();
  const short = precedence.runShort(work);
  let calls = 0;
  const long = Promise.all(
    [1, 2, 3].map(() =>
      precedence.longCall(async () => {
        calls++;
        await clock.call(5)();
      }),
    ),
  );
  for (let i = 0; i < 20; i++) await turn();
  assert.equal(calls, 1);
  finish();
  await short;
  await long;
  assert.equal(calls, 3);
});

test('what others compute before the call itself begins does not count', async () => {
  const clock = new Clock();
  const precedence = new Precedence(clock.read);
  const { work, finish } = held();
  const short = precedence.runShort(work);
  // Queued ahead of the call, as the calls of short tasks are.
  setImmediate(() => {
    clock.now += 50;
  });
  await precedence.longCall(clock.call(1));
  clock.now += 3.1;
  await precedence.longCall(clock.call(1));
  assert.equal(clock.now, 1000 + 50 + 1 + 3.1 + 1);
  finish();
  await short;
});

test('beside an endless stream of short tasks, long ones keep a fourth of the time', async () => {
  const clock = new Clock();
  const precedence = new Precedence(clock.read);
  let over = false;
  const stream = precedence.runShort(async () => {
    while (!over) await clock.call(0.25)();
  });
  const started = clock.now;
  for (let i = 0; i < 50; i++) await precedence.longCall(clock.call(2));
  const share = (50 * 2) / (clock.now - started);
  assert.ok(share > 0.2 && share < 0.35, `${share}`);
  over = true;
  await stream;
});

test('a call that fails lets the next one be made', async () => {
  const precedence = new Precedence(() => 0);
  const failing = precedence.longCall(async () => {
    throw new RangeError('no');
  });
  await assert.rejects(failing, RangeError);
  const { work, finish } = held();
  const short = precedence.runShort(work);
  assert.equal(await precedence.longCall(async () => 1), 1);
  finish();
  await short;
});

test('the end of the last short task, also by failure, lets the long ones go on', async () => {
  const clock = new Clock();
  const precedence = new Precedence(clock.read);
  const first = held();
  const short = precedence.runShort(first.work);
  const failing = precedence.runShort(async () => {
    throw new RangeError('no');
  });
  await assert.rejects(failing, RangeError);
  await precedence.longCall(clock.call(1));
  let released = false;
  const long = precedence.longCall(async () => {
    released = true;
  });
  for (let i = 0; i < 5; i++) await turn();
  assert.equal(released, false, 'one short task still runs');
  first.finish();
  await Promise.all([short, long]);
});

test('it runs on the clock of the process', async () => {
  const precedence = new Precedence();
  const { work, finish } = held();
  const short = precedence.runShort(work);
  await precedence.longCall(() => new Promise((resolve) => setTimeout(resolve, 20)));
  const started = performance.now();
  await precedence.longCall(async () => {});
  assert.ok(performance.now() - started >= 50);
  finish();
  await short;
});
