import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Places } from '../../src/runtime/places.js';

interface FakeWorker {
  readonly name: string;
  load: number;
}

const worker = (name: string, load: number): FakeWorker => ({ name, load });

test('the worker with the smallest load of any kind is chosen, of equals the first', () => {
  const places = new Places<string, string, FakeWorker>(2);
  assert.equal(places.leastLoaded([worker('a', 3), worker('b', 1), worker('c', 2)])?.name, 'b');
  assert.equal(places.leastLoaded([worker('a', 1), worker('b', 1)])?.name, 'a');
  assert.equal(places.leastLoaded([]), undefined);
});

test('a worker whose places of this kind are taken is passed over, even if it is the least loaded', () => {
  const places = new Places<string, string, FakeWorker>(2);
  const [full, busy] = [worker('full', 2), worker('busy', 9)];
  places.count(full, 1);
  assert.equal(places.leastLoaded([full, busy]), full);
  places.count(full, 1);
  assert.equal(places.leastLoaded([full, busy]), busy);
  assert.equal(places.leastLoaded([full]), undefined);
  places.count(full, -1);
  assert.equal(places.leastLoaded([full, busy]), full);
});

test('a worker that takes no tasks is never chosen', () => {
  const places = new Places<string, string, FakeWorker>(2);
  assert.equal(places.leastLoaded([worker('ended', Number.POSITIVE_INFINITY)]), undefined);
});

test('places count apart from each other', () => {
  const short = new Places<string, string, FakeWorker>(1);
  const long = new Places<string, string, FakeWorker>(1);
  const only = worker('only', 1);
  long.count(only, 1);
  assert.equal(long.leastLoaded([only]), undefined);
  assert.equal(short.leastLoaded([only]), only);
});
