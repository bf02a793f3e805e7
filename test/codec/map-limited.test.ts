import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import { mapLimited } from '../../src/codec/map-limited.js';

const never = (): AbortSignal => new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('no more than the limit run at once, and all of them run', async () => {
  for (const limit of [1, 2, 5]) {
    let running = 0;
    let most = 0;
    const results = await mapLimited(limit, never(), [...Array(20).keys()], async (item, index) => {
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

test('an empty list gives one', async () => {
  assert.deepEqual(await mapLimited(4, never(), [], async () => 1), []);
});

test('65,536 items that are done at once take few listeners, and let the event loop go round', async () => {
  const signal = never();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners++;
    add(...given);
  };
  const items = Array.from({ length: 65_536 }, (_, i) => i);
  let done = 0;
  let seen = 0;
  const watch = setImmediate(() => {
    seen = done;
  });
  const results = await mapLimited(16, signal, items, async (item) => {
    // Some microseconds of work: 65,536 of them make many turns.
    const until = performance.now() + 0.005;
    while (performance.now() < until);
    done++;
    return item;
  });
  clearImmediate(watch);
  assert.deepEqual(results, items);
  assert.ok(listeners <= 16, `${listeners} listeners`);
  assert.ok(seen > 0 && seen < items.length / 2, `the event loop went round after ${seen} items`);
});

test('after a failure, or an abort, no more items are started', async () => {
  const controller = new AbortController();
  const cases = [
    () => {
      throw new RangeError('bad');
    },
    () => controller.abort(),
  ];
  for (const [i, stop] of cases.entries()) {
    const begun: number[] = [];
    const work = mapLimited(2, controller.signal, [...Array(20).keys()], async (item) => {
      begun.push(item);
      await turn();
      if (item === 3) stop();
    });
    await assert.rejects(work, i === 0 ? RangeError : WorkAbandoned);
    for (let k = 0; k < 50; k++) await turn();
    assert.ok(begun.length <= 6, `${begun.length} were started`);
  }
});
