import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import type { FromWorker, SegmentRequest, ToWorker } from '../../src/runtime/messages.js';
import { type SegmentWork, serveTasks, wholeBuffer } from '../../src/runtime/task-server.js';
import { newUsage, type Usage } from '../../src/runtime/usage.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function request(modelId: string, bytes = Uint8Array.of(1, 2, 3)): SegmentRequest {
  return { operation: 'encode', modelId, bytes, length: bytes.length, dial: { schedule: 'interleaved', calls: 4 } };
}

/** A message without what was done for it. */
type Answer = FromWorker extends infer M ? (M extends { usage: Usage } ? Omit<M, 'usage'> : M) : never;

/** The pool's end of a channel whose other end is served. */
class Client {
  readonly received: Answer[] = [];
  readonly usages: Usage[] = [];
  constructor(readonly port: MessagePort) {
    port.on('message', (message: FromWorker) => {
      if (!('usage' in message)) {
        this.received.push(message);
        return;
      }
      const { usage, ...answer } = message;
      this.usages.push(usage);
      if (answer.type !== 'usage') this.received.push(answer);
    });
  }
  send(message: ToWorker): void {
    this.port.postMessage(message);
  }
  async until(count: number): Promise<Answer[]> {
    while (this.received.length < count) await once(this.port, 'message');
    return this.received;
  }
}

function serve(run: SegmentWork['run'], release: SegmentWork['release'] = async () => {}): Client {
  const { port1, port2 } = new MessageChannel();
  const client = new Client(port2);
  let reports = 0;
  serveTasks(port1, {
    products: 'bytes',
    takeUsage: () => ({ ...newUsage(), networkRows: ++reports }),
    open() {},
    close() {},
    run,
    release,
  });
  return client;
}

async function untilAborted(signal: { readonly aborted: boolean }): Promise<never> {
  while (!signal.aborted) await turn();
  throw new WorkAbandoned();
}

test('it is ready at once, answers under the number of the task, and hands the bytes over', async () => {
  const client = serve(async ({ bytes }) => bytes.map((byte) => byte * 2));
  client.send({ type: 'task', id: 7, request: request('m') });
  const [ready, done] = await client.until(2);
  assert.deepEqual(ready, { type: 'ready', products: 'bytes' });
  assert.deepEqual(done, { type: 'done', id: 7, bytes: Uint8Array.of(2, 4, 6) });
  client.port.close();
});

test('tasks run side by side, so a short one overtakes a long one', async () => {
  const client = serve(async ({ modelId }) => {
    for (let i = 0; i < Number(modelId); i++) await turn();
    return Uint8Array.of(1);
  });
  client.send({ type: 'task', id: 1, request: request('200') });
  client.send({ type: 'task', id: 2, request: request('1') });
  const answers = (await client.until(3)).slice(1);
  assert.deepEqual(
    answers.map((answer) => 'id' in answer && answer.id),
    [2, 1],
  );
  client.port.close();
});

test('abort stops its own task between two steps and no other', async () => {
  const client = serve(async ({ modelId }, signal) => {
    if (modelId === 'endless') return await untilAborted(signal);
    for (let i = 0; i < 50; i++) await turn();
    if (signal.aborted) throw new WorkAbandoned();
    return Uint8Array.of(9);
  });
  client.send({ type: 'task', id: 1, request: request('endless') });
  client.send({ type: 'task', id: 2, request: request('other') });
  client.send({ type: 'abort', id: 1 });
  client.send({ type: 'abort', id: 99 });
  const answers = (await client.until(3)).slice(1);
  assert.deepEqual(answers, [
    { type: 'abandoned', id: 1 },
    { type: 'done', id: 2, bytes: Uint8Array.of(9) },
  ]);
  client.port.close();
});

test('a failure is told with its reason, and the next task is served', async () => {
  const client = serve(async ({ modelId }) => {
    if (modelId === 'bad') throw new RangeError('no such row');
    return Uint8Array.of(1);
  });
  client.send({ type: 'task', id: 1, request: request('bad') });
  client.send({ type: 'task', id: 2, request: request('good') });
  const [, failed, done] = await client.until(3);
  assert.ok(failed?.type === 'failed' && failed.id === 1 && failed.reason.includes('RangeError: no such row'));
  assert.equal(done?.type, 'done');
  assert.deepEqual(
    client.usages.map(({ networkRows }) => networkRows),
    [1, 2],
    'each answer, of whatever kind, comes with a report of its own',
  );
  client.port.close();
});

test('close abandons what runs, releases once and after that, and closes the port', async () => {
  const events: string[] = [];
  const client = serve(
    async (_, signal) => {
      try {
        return await untilAborted(signal);
      } finally {
        events.push('stopped');
      }
    },
    async () => {
      await turn();
      events.push('released');
    },
  );
  client.send({ type: 'task', id: 1, request: request('a') });
  client.send({ type: 'task', id: 2, request: request('b') });
  client.send({ type: 'close' });
  await once(client.port, 'close');
  assert.deepEqual(events, ['stopped', 'stopped', 'released']);
  assert.deepEqual(
    client.received.slice(1).map(({ type }) => type),
    ['abandoned', 'abandoned'],
  );
});

test('close without tasks releases at once', async () => {
  let released = 0;
  const client = serve(
    async () => Uint8Array.of(),
    async () => {
      released++;
    },
  );
  client.send({ type: 'close' });
  await once(client.port, 'close');
  assert.equal(released, 1);
});

test('bytes that share their buffer are copied before they are handed over, others are not', () => {
  const alone = Uint8Array.of(1, 2, 3);
  assert.equal(wholeBuffer(alone).buffer, alone.buffer);
  for (const view of [alone.subarray(1), alone.subarray(0, 2), Buffer.from('pooled')]) {
    const copy = wholeBuffer(view);
    assert.notEqual(copy.buffer, view.buffer);
    assert.deepEqual([...copy], [...view]);
    assert.equal(copy.byteLength, copy.buffer.byteLength);
  }
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  assert.ok(wholeBuffer(shared).buffer instanceof ArrayBuffer);
});
