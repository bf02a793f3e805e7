import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FairQueue } from '../../src/runtime/fair-queue.js';

function takeAll<Item>(queue: FairQueue<string, Item>): Item[] {
  const items: Item[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) items.push(item);
  return items;
}

test('one key is served first in, first out', () => {
  const queue = new FairQueue<string, number>();
  for (const item of [1, 2, 3]) queue.push('a', item);
  assert.equal(queue.size, 3);
  assert.deepEqual(takeAll(queue), [1, 2, 3]);
  assert.equal(queue.size, 0);
});

test('keys take turns, however much one of them has queued', () => {
  const queue = new FairQueue<string, string>();
  for (const item of ['a1', 'a2', 'a3', 'a4']) queue.push('a', item);
  queue.push('b', 'b1');
  for (const item of ['c1', 'c2']) queue.push('c', item);
  assert.deepEqual(takeAll(queue), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3', 'a4']);
});

test('a newcomer waits for one item of each of the others', () => {
  const queue = new FairQueue<string, string>();
  for (let i = 0; i < 100; i++) queue.push('long', `long${i}`);
  queue.take();
  queue.push('new', 'new');
  assert.equal(queue.take(), 'long1');
  assert.equal(queue.take(), 'new');
});

test('a key that is not eligible keeps its turn', () => {
  const queue = new FairQueue<string, string>();
  queue.push('a', 'a1');
  queue.push('b', 'b1');
  queue.push('b', 'b2');
  assert.equal(
    queue.take((key) => key !== 'a'),
    'b1',
  );
  assert.equal(queue.take(), 'a1');
  assert.equal(
    queue.take(() => false),
    undefined,
  );
  assert.equal(queue.size, 1);
});

test('an item that is put back comes before the others of its key', () => {
  const queue = new FairQueue<string, string>();
  for (const item of ['a1', 'a2']) queue.push('a', item);
  const first = queue.take() as string;
  queue.putBack('a', first);
  assert.deepEqual(takeAll(queue), ['a1', 'a2']);
  queue.putBack('b', 'b1');
  assert.deepEqual(takeAll(queue), ['b1']);
});

test('only queued items can be removed', () => {
  const queue = new FairQueue<string, string>();
  queue.push('a', 'a1');
  queue.push('a', 'a2');
  assert.equal(queue.remove('a', 'a1'), true);
  assert.equal(queue.remove('a', 'a1'), false);
  assert.equal(queue.remove('b', 'a2'), false);
  assert.equal(queue.remove('a', 'a2'), true);
  assert.equal(queue.size, 0);
  assert.equal(queue.take(), undefined);
});

test('draining gives everything and leaves nothing', () => {
  const queue = new FairQueue<string, number>();
  queue.push('a', 1);
  queue.push('b', 2);
  queue.push('a', 3);
  assert.deepEqual(queue.drain().sort(), [1, 2, 3]);
  assert.equal(queue.size, 0);
  assert.equal(queue.take(), undefined);
});

test('property: all items come out once, in order within their key, and turns are fair', () => {
  const pushes = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), item: fc.nat() }), { maxLength: 60 });
  fc.assert(
    fc.property(pushes, (entries) => {
      const queue = new FairQueue<string, { key: string; order: number }>();
      for (const [order, { key }] of entries.entries()) queue.push(key, { key, order });
      const taken = takeAll(queue);
      assert.equal(taken.length, entries.length);
      for (const key of ['a', 'b', 'c', 'd']) {
        const orders = taken.filter((item) => item.key === key).map(({ order }) => order);
        assert.deepEqual(
          orders,
          [...orders].sort((x, y) => x - y),
        );
        assert.equal(orders.length, entries.filter((entry) => entry.key === key).length);
      }
      // Before a key has its k-th turn, no other has had more than k.
      const turns = new Map<string, number>();
      for (const { key } of taken) {
        const turn = (turns.get(key) ?? 0) + 1;
        turns.set(key, turn);
        for (const count of turns.values()) assert.ok(count <= turn);
      }
    }),
  );
});
