import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import { Semaphore } from '../../src/codec/semaphore.js';
import { ArdmError } from '../../src/errors.js';

class Refused extends Error {}
const refusal = new Refused();

/** Why a client's work is given up: the reason of an abort, where it is one of the project's errors, is what waiting work gets. */
class Left extends ArdmError {
  readonly code = 'left';
  readonly status = 499;
  readonly title = 'Left';

  constructor() {
    super('The client left.');
  }
}

const never = new AbortController().signal;

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const turn = (): Promise<void> => new Promise(setImmediate);

describe('a semaphore', () => {
  it('serves those that wait in the order in which they came', async () => {
    const semaphore = new Semaphore({ running: 1, waiting: 3, refusal });
    const first = gate();
    const order: number[] = [];
    const all = [0, 1, 2, 3].map((n) =>
      semaphore.run(never, async () => {
        order.push(n);
        if (n === 0) await first.opened;
      }),
    );
    await turn();
    assert.deepEqual(order, [0]);
    assert.equal(semaphore.full, true);
    await assert.rejects(
      semaphore.run(never, async () => {}),
      Refused,
    );
    first.open();
    await Promise.all(all);
    assert.deepEqual(order, [0, 1, 2, 3]);
    assert.equal(semaphore.full, false);
  });

  it('frees the place of work that fails, and passes the failure on', async () => {
    const semaphore = new Semaphore({ running: 1, waiting: 0, refusal });
    for (let i = 0; i < 3; i++) {
      await assert.rejects(
        semaphore.run(never, async () => {
          throw new RangeError('x');
        }),
        RangeError,
      );
    }
    assert.equal(await semaphore.run(never, async () => 5), 5);
  });

  it('forgets who leaves, before and while it waits', async () => {
    const semaphore = new Semaphore({ running: 1, waiting: 1, refusal });
    const first = gate();
    const running = semaphore.run(never, () => first.opened);
    const leave = new AbortController();
    let ran = false;
    const waiting = semaphore.run(leave.signal, async () => {
      ran = true;
    });
    leave.abort(new Left());
    await assert.rejects(waiting, Left);
    await assert.rejects(
      semaphore.run(leave.signal, async () => {}),
      Left,
    );
    assert.equal(semaphore.full, false);
    first.open();
    await running;
    assert.equal(ran, false);
    assert.equal(await semaphore.run(never, async () => 1), 1);
  });

  it('never runs more than it may, loses nobody, and ends empty, whoever leaves when', async () => {
    const clients = fc.array(fc.record({ work: fc.nat(4), leaves: fc.option(fc.nat(6), { nil: undefined }) }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(5), clients, async (running, waiting, requests) => {
        const semaphore = new Semaphore({ running, waiting, refusal });
        let now = 0;
        const ends = requests.map(async ({ work, leaves }) => {
          const abort = new AbortController();
          const run = semaphore
            .run(abort.signal, async () => {
              now++;
              assert.ok(now <= running);
              for (let i = 0; i < work; i++) await turn();
              now--;
            })
            .catch((error: unknown) => assert.ok(error instanceof Refused || error instanceof Left));
          for (let i = 0; i < (leaves ?? 0); i++) await turn();
          if (leaves !== undefined) abort.abort(new Left());
          await run;
        });
        await Promise.all(ends);
        assert.equal(now, 0);
        const after = await Promise.all(Array.from({ length: running }, (_, i) => semaphore.run(never, async () => i)));
        assert.equal(after.length, running);
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it('work starts in the order in which it came', async () => {
    const semaphore = new Semaphore({ running: 1 });
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((i) => semaphore.run(never, async () => order.push(i))));
    assert.deepEqual(order, [1, 2, 3]);
  });

  it('a failure is passed on and frees its place', async () => {
    const semaphore = new Semaphore({ running: 1 });
    const bad = semaphore.run(never, async () => {
      throw new RangeError('bad');
    });
    const good = semaphore.run(never, async () => 5);
    await assert.rejects(bad, RangeError);
    assert.equal(await good, 5);
  });

  it('work that waits is dropped at once when its signal aborts; what runs and what follows is not touched', async () => {
    const semaphore = new Semaphore({ running: 1 });
    const controller = new AbortController();
    let finish = (): void => {};
    const first = semaphore.run(
      never,
      () =>
        new Promise<string>((resolve) => {
          finish = () => resolve('first');
        }),
    );
    const dropped = semaphore.run(controller.signal, async () => assert.fail('it must not run'));
    const last = semaphore.run(never, async () => 'last');
    const rejected = assert.rejects(dropped, WorkAbandoned);
    controller.abort();
    await rejected;
    finish();
    assert.deepEqual(await Promise.all([first, last]), ['first', 'last']);
    await assert.rejects(
      semaphore.run(controller.signal, async () => 1),
      WorkAbandoned,
    );
    assert.equal(await semaphore.run(never, async () => 2), 2, 'no place was lost');
  });
});
