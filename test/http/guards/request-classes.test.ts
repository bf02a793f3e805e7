import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OverloadedError } from '../../../src/http/errors.js';
import { RequestClasses, SMALL_BYTES } from '../../../src/http/guards/request-classes.js';

const never = new AbortController().signal;

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('classes of requests', () => {
  it('tell small from large, and spare an upload that would be refused', async () => {
    const classes = new RequestClasses({ small: 1, large: 1, waiting: 0 });
    assert.equal(classes.forWork(0), classes.forWork(SMALL_BYTES));
    assert.notEqual(classes.forWork(SMALL_BYTES), classes.forWork(SMALL_BYTES + 1));
    const running = gate();
    const large = classes.forWork(2 ** 40).run(never, () => running.opened);
    assert.throws(() => classes.refuseIfFull(SMALL_BYTES + 1), OverloadedError);
    classes.refuseIfFull(SMALL_BYTES);
    classes.refuseIfFull(undefined);
    running.open();
    await large;
    classes.refuseIfFull(SMALL_BYTES + 1);
  });
});
