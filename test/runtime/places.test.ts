import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lane } from '../../src/runtime/places.js';

interface FakeWorker {
  readonly name: string;
  load: number;
}

const worker = (name: string, load: number): FakeWorker => ({ name, load });

test('the worker with the smallest load of any kind is chosen, of equals the first', () => {
  const lane = new Lane<string, string, FakeWorker>(2);
  assert.equal(lane.leastLoaded([worker('a', 3), worker('b', 1), worker('c', 2)])?.name, 'b');
  assert.equal(lane.leastLoaded([worker('a', 1), worker('b', 1)])?.name, 'a');
  assert.equal(lane.leastLoaded([]), undefined);
});

test('a worker whose places of this kind are taken is passed over, even if it is the least loaded', () => {
  const lane = new Lane<string, string, FakeWorker>(2);
  const [full, busy] = [worker('full', 2), worker('busy', 9)];
  lane.count(full, 1);
  assert.equal(lane.leastLoaded([full, busy]), full);
  lane.count(full, 1);
  assert.equal(lane.leastLoaded([full, busy]), busy);
  assert.equal(lane.leastLoaded([full]), undefined);
  lane.count(full, -1);
  assert.equal(lane.leastLoaded([full, busy]), full);
});

test('a worker that takes no tasks is never chosen', () => {
  const lane = new Lane<string, string, FakeWorker>(2);
  assert.equal(lane.leastLoaded([worker('ended', Number.POSITIVE_INFINITY)]), undefined);
});

test('lanes count apart from each other', () => {
  const short = new Lane<string, string, FakeWorker>(1);
  const long = new Lane<string, string, FakeWorker>(1);
  const only = worker('only', 1);
  long.count(only, 1);
  assert.equal(long.leastLoaded([only]), undefined);
  assert.equal(short.leastLoaded([only]), only);
});
