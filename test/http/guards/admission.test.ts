import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { OverloadedError } from '../../../src/http/errors.js';
import { Admission } from '../../../src/http/guards/admission.js';
import { Lanes, SMALL_BYTES } from '../../../src/http/guards/request-classes.js';

const never = new AbortController().signal;

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const turn = (): Promise<void> => new Promise(setImmediate);

describe('admission', () => {
  it('serves those that wait in the order in which they came', async () => {
    const admission = new Admission({ running: 1, waiting: 3 });
    const first = gate();
    const order: number[] = [];
    const all = [0, 1, 2, 3].map((n) =>
      admission.run(never, async () => {
        order.push(n);
        if (n === 0) await first.opened;
      }),
    );
    await turn();
    assert.deepEqual(order, [0]);
    assert.equal(admission.full, true);
    await assert.rejects(
      admission.run(never, async () => {}),
      OverloadedError,
    );
    first.open();
    await Promise.all(all);
    assert.deepEqual(order, [0, 1, 2, 3]);
    assert.equal(admission.full, false);
  });

  it('frees the place of work that fails, and passes the failure on', async () => {
    const admission = new Admission({ running: 1, waiting: 0 });
    for (let i = 0; i < 3; i++) {
      await assert.rejects(
        admission.run(never, async () => {
          throw new RangeError('x');
        }),
        RangeError,
      );
    }
    assert.equal(await admission.run(never, async () => 5), 5);
  });

  it('forgets who leaves, before and while it waits', async () => {
    const admission = new Admission({ running: 1, waiting: 1 });
    const first = gate();
    const running = admission.run(never, () => first.opened);
    const leave = new AbortController();
    let ran = false;
    const waiting = admission.run(leave.signal, async () => {
      ran = true;
    });
    leave.abort(new RangeError('left'));
    await assert.rejects(waiting, RangeError);
    await assert.rejects(
      admission.run(leave.signal, async () => {}),
      RangeError,
    );
    assert.equal(admission.full, false);
    first.open();
    await running;
    assert.equal(ran, false);
    assert.equal(await admission.run(never, async () => 1), 1);
  });

  it('never runs more than it may, loses nobody, and ends empty, whoever leaves when', async () => {
    const clients = fc.array(fc.record({ work: fc.nat(4), leaves: fc.option(fc.nat(6), { nil: undefined }) }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(5), clients, async (running, waiting, requests) => {
        const admission = new Admission({ running, waiting });
        let now = 0;
        const ends = requests.map(async ({ work, leaves }) => {
          const abort = new AbortController();
          const run = admission
            .run(abort.signal, async () => {
              now++;
              assert.ok(now <= running);
              for (let i = 0; i < work; i++) await turn();
              now--;
            })
            .catch((error: unknown) => assert.ok(error instanceof OverloadedError || error instanceof RangeError));
          for (let i = 0; i < (leaves ?? 0); i++) await turn();
          if (leaves !== undefined) abort.abort(new RangeError('left'));
          await run;
        });
        await Promise.all(ends);
        assert.equal(now, 0);
        const after = await Promise.all(Array.from({ length: running }, (_, i) => admission.run(never, async () => i)));
        assert.equal(after.length, running);
      }),
      { numRuns: 100, seed: 7 },
    );
  });
});

describe('lanes', () => {
  it('tell small from large, and spare an upload that would be refused', async () => {
    const lanes = new Lanes({ small: 1, large: 1, waiting: 0 });
    assert.equal(lanes.forWork(0), lanes.forWork(SMALL_BYTES));
    assert.notEqual(lanes.forWork(SMALL_BYTES), lanes.forWork(SMALL_BYTES + 1));
    const running = gate();
    const large = lanes.forWork(2 ** 40).run(never, () => running.opened);
    assert.throws(() => lanes.refuseIfFull(SMALL_BYTES + 1), OverloadedError);
    lanes.refuseIfFull(SMALL_BYTES);
    lanes.refuseIfFull(undefined);
    running.open();
    await large;
    lanes.refuseIfFull(SMALL_BYTES + 1);
  });
});
