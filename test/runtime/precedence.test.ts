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

test('without short tasks, long ones never wait', async () => {
  const precedence = new Precedence(() => 0);
  for (let i = 0; i < 100; i++) await precedence.longTurn();
});

test('while a short task runs, a long one gets a turn only now and then', async () => {
  let now = 1000;
  const precedence = new Precedence(() => now);
  const { work, finish } = held();
  const short = precedence.runShort(work);
  await precedence.longTurn();
  let turns = 0;
  const long = precedence.longTurn().then(() => turns++);
  for (let i = 0; i < 20; i++) await turn();
  assert.equal(turns, 0);
  now += 60;
  await long;
  assert.equal(turns, 1);
  finish();
  assert.equal(await short, 'done');
});

test('all long tasks together get that one turn', async () => {
  const now = 1000;
  const precedence = new Precedence(() => now);
  const { work, finish } = held();
  const short = precedence.runShort(work);
  let turns = 0;
  const long = Promise.all(
    [1, 2, 3].map(async () => {
      await precedence.longTurn();
      turns++;
    }),
  );
  for (let i = 0; i < 20; i++) await turn();
  assert.equal(turns, 1);
  finish();
  await short;
  await long;
  assert.equal(turns, 3);
});

test('the end of the last short task, also by failure, lets the long ones go on', async () => {
  const precedence = new Precedence(() => 0);
  const first = held();
  const short = precedence.runShort(first.work);
  const failing = precedence.runShort(async () => {
    throw new RangeError('no');
  });
  await assert.rejects(failing, RangeError);
  await precedence.longTurn();
  let released = false;
  const long = precedence.longTurn().then(() => {
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
  await precedence.longTurn();
  const started = performance.now();
  await precedence.longTurn();
  assert.ok(performance.now() - started >= 40);
  finish();
  await short;
});
