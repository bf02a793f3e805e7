import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import type { Predictor } from '../../src/ardm/predictor.js';
import type { FromWorker, NetworkCall, ToWorker } from '../../src/runtime/messages.js';
import { OtherWorkers, serveCalls, shared } from '../../src/runtime/shared-calls.js';
import { newUsage } from '../../src/runtime/usage.js';

const idleWorkers = (count: number): Int32Array => {
  const idle = new Int32Array(new SharedArrayBuffer(4));
  Atomics.store(idle, 0, count);
  return idle;
};

/** A call of one row, by a number. */
const callOf = (n: number): NetworkCall => ({
  modelId: 'm',
  graph: 0,
  short: false,
  inputs: [Int32Array.of(n)],
  rows: 1,
});

/** Other workers that answer when they are told to. */
function others(idle: Int32Array): { readonly others: OtherWorkers; readonly sent: number[] } {
  const sent: number[] = [];
  return { others: new OtherWorkers(idle, (message) => message.type === 'call' && sent.push(message.id)), sent };
}

/** A predictor that gives back ten times what it is given. */
function ownPredictor(): Predictor & { readonly asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    rowsAtOnce: 256,
    async predict([numbers], _rows) {
      asked.push(numbers?.[0] ?? -1);
      return Float32Array.of(10 * (numbers?.[0] ?? 0));
    },
  };
}

describe('OtherWorkers', () => {
  it('gives them two calls for each that is idle, and answers each with what came back for it', async () => {
    const { others: workers, sent } = others(idleWorkers(2));
    const asked = [1, 2, 3, 4, 5].map((n) => workers.compute(callOf(n)));
    assert.equal(await asked[4], undefined);
    assert.deepEqual(sent, [0, 1, 2, 3]);
    workers.answer(2, Float32Array.of(3));
    workers.answer(0, Float32Array.of(1));
    workers.answer(1, undefined);
    workers.answer(3, Float32Array.of(4));
    workers.answer(3, Float32Array.of(5));
    workers.answer(77, Float32Array.of(5));
    assert.deepEqual(await Promise.all(asked.slice(0, 4)), [
      Float32Array.of(1),
      undefined,
      Float32Array.of(3),
      Float32Array.of(4),
    ]);
    const again = workers.compute(callOf(6));
    workers.answer(4, Float32Array.of(6));
    assert.deepEqual(await again, Float32Array.of(6));
  });

  it('sends nothing as long as all have work', async () => {
    const idle = idleWorkers(0);
    const { others: workers, sent } = others(idle);
    assert.equal(await workers.compute(callOf(1)), undefined);
    Atomics.store(idle, 0, 1);
    const asked = workers.compute(callOf(1));
    assert.equal(sent.length, 1);
    workers.answer(0, Float32Array.of(1));
    assert.deepEqual(await asked, Float32Array.of(1));
  });
});

describe('a shared predictor', () => {
  it('computes itself what others do not take or could not compute', async () => {
    const { others: workers, sent } = others(idleWorkers(1));
    const own = ownPredictor();
    const predictor = shared(own, workers, { modelId: 'm', graph: 0, short: false });
    const asked = [1, 2, 3].map((n) => predictor.predict([Int32Array.of(n)], 1));
    assert.deepEqual(await asked[2], Float32Array.of(30));
    workers.answer(0, Float32Array.of(11));
    workers.answer(1, undefined);
    assert.deepEqual(
      await Promise.all(asked),
      [11, 20, 30].map((n) => Float32Array.of(n)),
    );
    assert.deepEqual(sent, [0, 1]);
    assert.deepEqual(own.asked, [3, 2]);
  });

  it('wants more than one call at once only where somebody would compute it', () => {
    const idle = idleWorkers(0);
    const predictor = shared(ownPredictor(), others(idle).others, { modelId: 'm', graph: 0, short: false });
    assert.equal(predictor.callsAtOnce, 1);
    Atomics.store(idle, 0, 1);
    assert.ok((predictor.callsAtOnce ?? 0) > 2);
  });
});

it('a worker computes calls of others, says what it did, and answers nothing where it cannot', async () => {
  const { port1, port2 } = new MessageChannel();
  const { others: workers } = others(idleWorkers(0));
  const compute = async ({ inputs: [numbers] }: NetworkCall): Promise<Float32Array> => {
    if (numbers?.[0] === 13) throw new Error('not this one');
    // A view, as of a call that several have shared.
    return Float32Array.of(0, 2 * (numbers?.[0] ?? 0), 0).subarray(1, 2);
  };
  serveCalls(port1, workers, compute, newUsage);
  const answers: FromWorker[] = [];
  port2.on('message', (message: FromWorker) => answers.push(message));
  for (const [id, n] of [4, 13].entries()) {
    const message: ToWorker = { type: 'call', id, call: callOf(n) };
    port2.postMessage(message);
  }
  while (answers.length < 2) await once(port2, 'message');
  answers.sort((a, b) => ('id' in a && 'id' in b ? a.id - b.id : 0));
  assert.deepEqual(answers, [
    { type: 'called', id: 0, output: Float32Array.of(8), usage: newUsage() },
    { type: 'called', id: 1, usage: newUsage() },
  ]);
  port1.close();
});
