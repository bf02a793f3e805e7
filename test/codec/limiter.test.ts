import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import { Limiter } from '../../src/codec/limiter.js';

const never = (): AbortSignal => new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('no more than the limit run at once, and all of them run', async () => {
  for (const limit of [1, 2, 5]) {
    const limiter = new Limiter(limit);
    let running = 0;
    let most = 0;
    const results = await limiter.map(never(), [...Array(20).keys()], async (item, index) => {
      most = Math.max(most, ++running);
      await turn();
      running--;
      return item * 10 + index;
    });
    assert.equal(most, limit);
    assert.deepEqual(
      results,
      [...Array(20).keys()].map((i) => i * 11),
    );
  }
});

test('work starts in the order in which it came', async () => {
  const limiter = new Limiter(1);
  const order: number[] = [];
  await Promise.all([1, 2, 3].map((i) => limiter.run(never(), async () => order.push(i))));
  assert.deepEqual(order, [1, 2, 3]);
});

test('a failure is passed on and frees its place', async () => {
  const limiter = new Limiter(1);
  const bad = limiter.run(never(), async () => {
    throw new RangeError('bad');
  });
  const good = limiter.run(never(), async () => 5);
  await assert.rejects(bad, RangeError);
  assert.equal(await good, 5);
});

test('work that waits is dropped at once when its signal aborts; what runs and what follows is not touched', async () => {
  const limiter = new Limiter(1);
  const controller = new AbortController();
  let finish = (): void => {};
  const first = limiter.run(
    never(),
    () =>
      new Promise<string>((resolve) => {
        finish = () => resolve('first');
      }),
  );
  const dropped = limiter.run(controller.signal, async () => assert.fail('it must not run'));
  const last = limiter.run(never(), async () => 'last');
  const rejected = assert.rejects(dropped, WorkAbandoned);
  controller.abort();
  await rejected;
  finish();
  assert.deepEqual(await Promise.all([first, last]), ['first', 'last']);
  await assert.rejects(
    limiter.run(controller.signal, async () => 1),
    WorkAbandoned,
  );
  assert.equal(await limiter.run(never(), async () => 2), 2, 'no place was lost');
});
