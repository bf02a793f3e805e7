import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import { abandoned, inScope, throwIfAbandoned } from '../../src/codec/abandon.js';
import { PoolClosedError } from '../../src/runtime/errors.js';

test('the reason is passed on if it is an error of the service, else it is WorkAbandoned', () => {
  const reason = new PoolClosedError();
  assert.equal(abandoned(AbortSignal.abort(reason)), reason);
  assert.ok(abandoned(AbortSignal.abort()) instanceof WorkAbandoned);
  assert.ok(abandoned(AbortSignal.abort('left')) instanceof WorkAbandoned);
});

test('only an aborted signal throws', () => {
  throwIfAbandoned(new AbortController().signal);
  assert.throws(() => throwIfAbandoned(AbortSignal.abort()), WorkAbandoned);
});

test('a scope aborts with the signal around it, with the same reason', async () => {
  const controller = new AbortController();
  await inScope(controller.signal, async (signal) => {
    assert.equal(signal.aborted, false);
    controller.abort('why');
    assert.equal(signal.aborted, true);
    assert.equal(signal.reason, 'why');
  });
});

test('a scope aborts when its work is over or has failed, and the signal around it does not', async () => {
  const controller = new AbortController();
  const seen: AbortSignal[] = [];
  await inScope(controller.signal, async (signal) => seen.push(signal));
  const failing = inScope(controller.signal, async (signal) => {
    seen.push(signal);
    throw new RangeError('x');
  });
  await assert.rejects(failing, RangeError);
  assert.deepEqual(
    seen.map(({ aborted }) => aborted),
    [true, true],
  );
  assert.equal(controller.signal.aborted, false);
});

test('no work is begun for a signal that has aborted', async () => {
  const work = inScope(AbortSignal.abort(), async () => assert.fail('it must not run'));
  await assert.rejects(work, WorkAbandoned);
});
