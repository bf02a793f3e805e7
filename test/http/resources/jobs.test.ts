import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../until.js';
import type { Received } from '../contract.js';
import { fakeArchive } from '../fake-codec.js';
import { failure, form, problemOf, randomBytes, TestServer } from '../harness.js';
import { parseEvents } from '../sse.js';

interface View {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly operation: string;
  readonly inputSize: number;
  readonly progress: { bytes: number; totalBytes: number | null };
  readonly result: { size: number; contentDigest: string; model: string | null } | null;
  readonly failure: { code: string; status: number; detail: string } | null;
  readonly expiresAt: string | null;
  readonly links: Record<string, string>;
}

const FILE = Buffer.from('It is a truth universally acknowledged. '.repeat(20));
const LIMIT = 100_000;

describe('jobs', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start({ maxBytes: LIMIT, minimumRate: { bytes: 1_000, window: 200 } });
  });
  after(() => server.stop());
  afterEach(() => {
    server.codec.failure = undefined;
  });

  const viewOf = (answer: Received): View => JSON.parse(answer.body.toString()) as View;
  const submit = async (
    body: RequestInit['body'] = FILE as unknown as string,
    query = '?operation=compress',
    headers: Record<string, string> = {},
  ): Promise<View> => {
    const answer = await server.post(`/v1/jobs${query}`, body, headers);
    assert.equal(answer.status, 202, answer.body.toString());
    const view = viewOf(answer);
    assert.equal(answer.headers.get('location'), `/v1/jobs/${view.id}`);
    return view;
  };
  const state = async (id: string): Promise<View> => viewOf(await server.send(`/v1/jobs/${id}`));
  const finished = async (id: string): Promise<View> => {
    await until(async () => !['queued', 'active'].includes((await state(id)).state), 'the job does not end', 15_000);
    return await state(id);
  };
  const remove = (id: string): Promise<Received> => server.send(`/v1/jobs/${id}`, { method: 'DELETE' });
  const blobs = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of server.jobs.blobs.list()) keys.push(key);
    return keys;
  };

  describe('from the file to the result', () => {
    it('compresses and decompresses', async () => {
      const compressed = await finished(
        (await submit(FILE as unknown as string, '?operation=compress&calls=5&model=text-1')).id,
      );
      assert.equal(compressed.state, 'done');
      assert.deepEqual(server.codec.asked.at(-1), { calls: 5, model: 'text-1', length: FILE.length });
      const archive = await server.send(compressed.links.result ?? '');
      assert.deepEqual(archive.body, fakeArchive(FILE));
      assert.equal(archive.headers.get('content-type'), 'application/vnd.ardm');
      assert.equal(archive.headers.get('ardm-model'), 'text-1');
      assert.equal(archive.headers.get('ardm-original-size'), String(FILE.length));
      assert.deepEqual(compressed.progress.bytes, FILE.length);

      const restored = await finished((await submit(archive.body as unknown as string, '?operation=decompress')).id);
      const original = await server.send(restored.links.result ?? '');
      assert.deepEqual(original.body, FILE);
      assert.equal(original.headers.get('content-type'), 'application/octet-stream');
      assert.equal(original.headers.get('ardm-model'), null);
      assert.equal(restored.progress.totalBytes, FILE.length);
      // Not required by the contract, for the sake of clients, and there all the same.
      for (const name of ['result', 'failure', 'calls']) assert.ok(name in restored, name);
    });

    it('takes a form, and keeps the name', async () => {
      const { id, links } = await submit(form(['file', 'näme.txt', FILE]));
      await finished(id);
      const answer = await server.send(`${links.self}/result`);
      assert.match(answer.headers.get('content-disposition') ?? '', /filename\*=UTF-8''n%C3%A4me\.txt\.ardm/);
      assert.ok(!JSON.stringify(server.log).includes('me.txt'), 'a file name is in the log');
    });

    it('carries the request id and the trace into the log of the work', async () => {
      const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
      const { id } = await submit('x', undefined, { traceparent, 'x-request-id': 'the-request' });
      await finished(id);
      const line = server.log.find(({ msg, jobId }) => msg === 'job done' && jobId === id);
      assert.deepEqual([line?.requestId, line?.traceId], ['the-request', 'a'.repeat(32)]);
      const other = await submit('x', undefined, { traceparent: '00-nonsense' });
      assert.equal((await server.jobs.queue.get(other.id))?.origin.traceparent, null);
    });

    it('takes an empty file', async () => {
      const view = await finished((await submit('')).id);
      assert.equal(view.inputSize, 0);
      assert.equal(view.state, 'done');
    });

    it('gives ids that differ, and times in order', async () => {
      const [one, two] = [await submit(), await submit()];
      assert.notEqual(one.id, two.id);
      const view = (await finished(two.id)) as unknown as Record<string, string>;
      assert.ok((view.acceptedAt as string) <= (view.startedAt as string));
      assert.ok((view.startedAt as string) <= (view.finishedAt as string));
      assert.ok((view.finishedAt as string) < (view.expiresAt as string));
    });

    it('removes the upload when the job is done, and everything on request', async () => {
      const { id } = await submit();
      await finished(id);
      await until(async () => !(await blobs()).includes(`${id}.upload`), 'the upload is left');
      assert.ok((await blobs()).includes(`${id}.result-1`));
      assert.equal((await remove(id)).status, 204);
      assert.deepEqual(
        (await blobs()).filter((key) => key.startsWith(id)),
        [],
      );
      assert.deepEqual(failure(await server.send(`/v1/jobs/${id}`)), [404, 'job-not-found']);
      assert.deepEqual(failure(await remove(id)), [404, 'job-not-found']);
    });
  });

  describe('what is refused', () => {
    for (const [query, code] of [
      ['', 'invalid-operation'],
      ['?operation=', 'invalid-operation'],
      ['?operation=Compress', 'invalid-operation'],
      ['?operation=compress&operation=compress', 'repeated-parameter'],
      ['?operation=compress&calls=0', 'invalid-calls'],
      ['?operation=compress&x=1', 'unknown-parameter'],
      ['?operation=decompress&calls=5', 'unknown-parameter'],
    ] as const) {
      it(`POST /v1/jobs${query}`, async () => {
        assert.deepEqual(failure(await server.post(`/v1/jobs${query}`, 'x')), [400, code]);
      });
    }

    it('a model that is not there, bodies that are too large, and wrong digests, leaving nothing', async () => {
      const before = await blobs();
      const path = '/v1/jobs?operation=compress';
      assert.deepEqual(failure(await server.post(`${path}&model=none`, 'x')), [404, 'model-not-found']);
      assert.deepEqual(failure(await server.post(path, Buffer.alloc(LIMIT + 1) as unknown as string)), [
        413,
        'upload-too-large',
      ]);
      assert.deepEqual(failure(await server.post(path, form(['file', 'a', Buffer.alloc(LIMIT + 1)]))), [
        413,
        'upload-too-large',
      ]);
      assert.deepEqual(failure(await server.post(path, form(['file', 'a', 'x'], ['file', 'b', 'y']))), [
        400,
        'too-many-files',
      ]);
      assert.deepEqual(failure(await server.post(path, form(['other', 'a', 'x']))), [400, 'unexpected-field']);
      const digest = createHash('sha256').update('other').digest('base64');
      assert.deepEqual(failure(await server.post(path, 'x', { 'content-digest': `sha-256=:${digest}:` })), [
        400,
        'content-digest-mismatch',
      ]);
      assert.deepEqual(await blobs(), before);
    });

    it('an upload that is broken off, leaving nothing', async () => {
      const before = await blobs();
      const connection = server.raw(
        'POST /v1/jobs?operation=compress HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n',
        Buffer.alloc(20_000),
      );
      await sleep(100);
      connection.socket.destroy();
      await until(() => server.log.some(({ code }) => code === 'client-closed-request'), 'not noticed');
      await sleep(100);
      assert.deepEqual(await blobs(), before);
    });

    it('an upload that comes too slowly', async () => {
      const connection = server.raw(
        'POST /v1/jobs?operation=compress HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n',
        'x',
      );
      assert.match(await connection.untilClosed(), /408 Request Timeout[\s\S]*request-timeout/);
    });

    it('methods that a resource does not have', async () => {
      assert.equal((await server.send('/v1/jobs', { method: 'PUT' })).headers.get('allow'), 'GET, HEAD, POST, OPTIONS');
      const answer = await server.send('/v1/jobs/x', { method: 'PUT' });
      assert.equal(answer.headers.get('allow'), 'GET, HEAD, DELETE, OPTIONS');
    });

    it('ids of no job, whatever they are', async () => {
      for (const id of ['0'.repeat(32), 'x', '..%2f..', '%00', 'A'.repeat(32)]) {
        for (const path of ['', '/events', '/result']) {
          assert.deepEqual(failure(await server.send(`/v1/jobs/${id}${path}`)), [404, 'job-not-found']);
        }
      }
    });
  });

  it('shows its failure, and answers with it instead of a result', async () => {
    const { id } = await submit('no archive', '?operation=decompress');
    const view = await finished(id);
    assert.equal(view.state, 'failed');
    assert.deepEqual([view.failure?.code, view.failure?.status], ['not-an-archive', 422]);
    const answer = await server.send(`/v1/jobs/${id}/result`);
    assert.deepEqual(failure(answer), [422, 'job-failed']);
    assert.match(problemOf(answer).detail, /not-an-archive/);
  });

  it('tries again what failed by itself, and gives up in the end', async () => {
    server.codec.failure = new Error('a secret of the server');
    const view = await finished((await submit()).id);
    assert.deepEqual([view.state, view.attempts, view.failure?.code], ['failed', 3, 'internal-error']);
    assert.doesNotMatch(JSON.stringify(view), /secret/);
  });

  it('belongs to who made it', async () => {
    const { id } = await submit();
    await finished(id);
    await server.jobs.queue.update(id, (job) => ({ ...job, owner: 'somebody else' }));
    for (const path of ['', '/events', '/result']) {
      assert.deepEqual(failure(await server.send(`/v1/jobs/${id}${path}`)), [404, 'job-not-found']);
    }
    assert.deepEqual(failure(await remove(id)), [404, 'job-not-found']);
  });

  it('is cancelled while it runs', async () => {
    const release = server.codec.hold();
    const { id } = await submit();
    await until(async () => (await state(id)).state === 'active', 'not begun');
    assert.deepEqual(failure(await server.send(`/v1/jobs/${id}/result`)), [409, 'job-not-finished']);
    const stopped = server.codec.stopped.length;
    const answer = await remove(id);
    assert.deepEqual([answer.status, viewOf(answer).state], [200, 'cancelled']);
    await until(() => server.codec.stopped.length > stopped, 'the work goes on');
    release();
    assert.deepEqual(failure(await server.send(`/v1/jobs/${id}/result`)), [409, 'job-cancelled']);
    await until(async () => !(await blobs()).some((key) => key.startsWith(id)), 'blobs are left');
    assert.equal((await state(id)).state, 'cancelled');
    assert.equal((await remove(id)).status, 204);
  });

  it('is cancelled while it waits', async () => {
    const release = server.codec.hold();
    const running = [await submit(), await submit()];
    const { id } = await submit();
    assert.equal(viewOf(await remove(id)).state, 'cancelled');
    const asked = server.codec.asked.length;
    release();
    for (const job of running) await finished(job.id);
    assert.equal(server.codec.asked.length, asked);
    assert.equal((await state(id)).attempts, 0);
  });

  describe('Idempotency-Key', () => {
    const keyed = (key: string, body = FILE, query = '?operation=compress'): Promise<Received> =>
      server.post(`/v1/jobs${query}`, body as unknown as string, { 'idempotency-key': key });

    it('gives the same job for the same request, also as a form, and when it is done', async () => {
      const first = viewOf(await keyed('one'));
      assert.equal(viewOf(await keyed('one')).id, first.id);
      await finished(first.id);
      const asked = server.codec.asked.length;
      const again = await server.post('/v1/jobs?operation=compress&calls=balanced', form(['file', 'a', FILE]), {
        'idempotency-key': 'one',
      });
      assert.deepEqual([again.status, viewOf(again).id], [202, first.id]);
      assert.equal(viewOf(again).state, 'done');
      assert.equal(again.headers.get('retry-after'), null);
      assert.equal(server.codec.asked.length, asked);
      assert.notEqual(viewOf(await keyed('two')).id, first.id);
    });

    it('refuses another body and other parameters', async () => {
      await keyed('reused');
      assert.deepEqual(failure(await keyed('reused', Buffer.from('other'))), [422, 'idempotency-key-reuse']);
      assert.deepEqual(failure(await keyed('reused', FILE, '?operation=compress&calls=7')), [
        422,
        'idempotency-key-reuse',
      ]);
      assert.deepEqual(failure(await keyed('reused', FILE, '?operation=decompress')), [422, 'idempotency-key-reuse']);
    });

    it('refuses a second request while the first is being received, and takes it when that was broken off', async () => {
      const connection = server.raw(
        'POST /v1/jobs?operation=compress HTTP/1.1\r\nHost: x\r\nIdempotency-Key: slow\r\nContent-Length: 5\r\n\r\n',
      );
      await sleep(100);
      const answer = await keyed('slow');
      assert.deepEqual(failure(answer), [409, 'idempotency-key-in-use']);
      assert.ok(answer.headers.get('retry-after'));
      connection.socket.destroy();
      await until(async () => (await keyed('slow')).status === 202, 'the key is still in use');
    });

    it('is free again when its job is removed, and after a refusal', async () => {
      const first = viewOf(await keyed('freed'));
      await finished(first.id);
      await remove(first.id);
      assert.notEqual(viewOf(await keyed('freed', Buffer.from('other'))).id, first.id);
      assert.equal((await keyed('refused', Buffer.alloc(LIMIT + 1))).status, 413);
      assert.equal((await keyed('refused')).status, 202);
    });

    it('must be one', async () => {
      for (const key of ['', 'two words', 'é', 'x'.repeat(256)]) {
        assert.deepEqual(failure(await keyed(key)), [400, 'invalid-idempotency-key'], key);
      }
      assert.equal((await keyed('x'.repeat(255))).status, 202);
    });
  });

  describe('events', () => {
    it('begin with the state as it is, end with the last, and then the stream', async () => {
      const release = server.codec.hold();
      const { id } = await submit();
      await until(async () => (await state(id)).state === 'active', 'not begun');
      const reading = server.send(`/v1/jobs/${id}/events`);
      await sleep(100);
      release();
      const answer = await reading;
      assert.equal(answer.headers.get('content-type'), 'text/event-stream');
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      const { events } = parseEvents(answer.body.toString());
      assert.deepEqual(
        events.map(({ data }) => data.state).filter((s, i, all) => s !== all[i - 1]),
        ['active', 'done'],
      );
      assert.ok(
        events.every(({ id }, index) => index === 0 || id > (events[index - 1]?.id ?? 0)),
        'ids rise',
      );
      assert.deepEqual(events.at(-1)?.data, { ...(await state(id)) });
    });

    it('go on where a lost connection was, without losing the last', async () => {
      const release = server.codec.hold();
      const { id } = await submit();
      await until(async () => (await state(id)).state === 'active', 'not begun');
      const abort = new AbortController();
      const first = await fetch(`${server.url}/v1/jobs/${id}/events`, { signal: abort.signal });
      const reader = (first.body as ReadableStream<Uint8Array>).getReader();
      let text = '';
      while (parseEvents(text).events.length === 0) text += Buffer.from((await reader.read()).value ?? []).toString();
      abort.abort();
      const lastId = String(parseEvents(text).events.at(-1)?.id);
      release();
      await finished(id);
      const second = await server.send(`/v1/jobs/${id}/events`, { headers: { 'last-event-id': lastId } });
      const { events } = parseEvents(second.body.toString());
      assert.deepEqual([events.length, events[0]?.data.state], [1, 'done']);
      const headers = { 'last-event-id': String(events[0]?.id) };
      assert.equal((await server.send(`/v1/jobs/${id}/events`, { headers })).status, 204);
      // Nonsense is as good as none.
      const third = await server.send(`/v1/jobs/${id}/events`, { headers: { 'last-event-id': 'x' } });
      assert.equal(parseEvents(third.body.toString()).events.length, 1);
    });

    it('repeat nothing that was seen, and end when the job is cancelled', async () => {
      const release = server.codec.hold();
      const { id } = await submit();
      await until(async () => (await state(id)).state === 'active', 'not begun');
      const seen = (await server.jobs.queue.get(id))?.version;
      const reading = server.send(`/v1/jobs/${id}/events`, { headers: { 'last-event-id': String(seen) } });
      await sleep(100);
      await remove(id);
      const { events } = parseEvents((await reading).body.toString());
      assert.deepEqual(
        events.map(({ data }) => data.state),
        ['cancelled'],
      );
      release();
    });
  });

  describe('results', () => {
    let path: string;
    let whole: Buffer;
    let etag: string;
    before(async () => {
      const { id } = await submit(randomBytes(5_000, 3) as unknown as string);
      path = (await finished(id)).links.result ?? '';
      const answer = await server.send(path);
      whole = answer.body;
      etag = answer.headers.get('etag') ?? '';
    });
    const get = (headers: Record<string, string>): Promise<Received> => server.send(path, { headers });

    it('have a digest and a strong tag of their own', async () => {
      const answer = await server.send(path);
      const digest = `sha-256=:${createHash('sha256').update(whole).digest('base64')}:`;
      assert.equal(answer.headers.get('content-digest'), digest);
      assert.equal(answer.headers.get('repr-digest'), digest);
      assert.match(etag, /^"[A-Za-z0-9+/]{43}="$/);
    });

    it('come in part', async () => {
      for (const [range, start, end] of [
        ['bytes=0-0', 0, 0],
        ['bytes=10-19', 10, 19],
        ['bytes=100-', 100, whole.length - 1],
        ['bytes=-7', whole.length - 7, whole.length - 1],
        ['bytes=-999999', 0, whole.length - 1],
        ['bytes=5-999999', 5, whole.length - 1],
        ['BYTES= 1-2 ', 1, 2],
      ] as const) {
        const answer = await get({ range });
        assert.equal(answer.status, 206, range);
        assert.equal(answer.headers.get('content-range'), `bytes ${start}-${end}/${whole.length}`);
        assert.deepEqual(answer.body, whole.subarray(start, end + 1));
        assert.equal(answer.headers.get('content-digest'), null);
      }
    });

    it('come whole where a range cannot be read or does not apply', async () => {
      const headers = [
        { range: 'bytes=0-1,3-4' },
        { range: 'bytes=5-2' },
        { range: 'bytes=-' },
        { range: 'lines=1-2' },
        { range: 'bytes=1-2', 'if-range': '"another"' },
        { range: 'bytes=1-2', 'if-range': `W/${etag}` },
        { range: 'bytes=1-2', 'if-range': 'Tue, 24 Nov 2026 12:00:00 GMT' },
      ];
      for (const each of headers) {
        const answer = await get(each as Record<string, string>);
        assert.deepEqual([answer.status, answer.body.length], [200, whole.length], JSON.stringify(each));
      }
      assert.equal((await get({ range: 'bytes=1-2', 'if-range': etag })).status, 206);
    });

    it('say how long they are when a range lies outside', async () => {
      for (const range of [`bytes=${whole.length}-`, 'bytes=999999-', 'bytes=-0']) {
        const answer = await get({ range });
        assert.deepEqual(failure(answer), [416, 'range-not-satisfiable'], range);
        assert.equal(answer.headers.get('content-range'), `bytes */${whole.length}`);
      }
    });

    it('are not sent again to who has them', async () => {
      for (const tag of [etag, `"x", ${etag}`, `W/${etag}`, '*']) {
        const answer = await get({ 'if-none-match': tag, range: 'bytes=999999-' });
        assert.deepEqual([answer.status, answer.body.length, answer.headers.get('etag')], [304, 0, etag]);
      }
      assert.equal((await get({ 'if-none-match': '"x"' })).status, 200);
    });

    it('answer HEAD', async () => {
      const answer = await server.send(path, { method: 'HEAD', headers: { range: 'bytes=0-1' } });
      assert.deepEqual([answer.status, answer.headers.get('content-length')], [200, String(whole.length)]);
    });
  });
});

describe('jobs that are kept for a short time', () => {
  it('expire, with their blobs, and then are forgotten', async () => {
    const server = await TestServer.start({ jobs: { ttl: 500 } });
    try {
      const answer = await server.post('/v1/jobs?operation=compress', 'x', { 'idempotency-key': 'k' });
      const path = answer.headers.get('location') ?? '';
      await until(async () => (await server.send(`${path}/result`)).status === 200, 'not done');
      await sleep(600);
      assert.equal(await server.jobs.retention.expire(Date.now()), 1);
      for (const each of [path, `${path}/events`, `${path}/result`]) {
        assert.deepEqual(failure(await server.send(each)), [410, 'job-expired']);
      }
      for await (const { key } of server.jobs.blobs.list()) assert.fail(`${key} is left`);
      // Its key is free for a new job.
      const again = await server.post('/v1/jobs?operation=compress', 'y', { 'idempotency-key': 'k' });
      assert.equal(again.status, 202);
      assert.notEqual(again.headers.get('location'), path);
      const later = again.headers.get('location') ?? '';
      await until(async () => (await server.send(`${later}/result`)).status === 200, 'not done');
      await sleep(600);
      await server.jobs.retention.expire(Date.now());
      await sleep(600);
      await server.jobs.retention.expire(Date.now());
      assert.deepEqual(failure(await server.send(later)), [404, 'job-not-found']);
    } finally {
      await server.stop();
    }
  });
});

describe('jobs that nobody works on', () => {
  it('wait, and are refused when as many wait as may', async () => {
    const server = await TestServer.start({ jobs: { concurrency: 0, maxQueued: 2 } });
    try {
      const path = '/v1/jobs?operation=compress';
      for (let i = 0; i < 2; i++) assert.equal((await server.post(path, 'x')).status, 202);
      const answer = await server.post(path, 'x', { 'idempotency-key': 'k' });
      assert.deepEqual(failure(answer), [503, 'job-queue-full']);
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
      const [first] = await waitingIds(server);
      await server.send(`/v1/jobs/${first}`, { method: 'DELETE' });
      assert.equal((await server.post(path, 'x', { 'idempotency-key': 'k' })).status, 202);
    } finally {
      await server.stop();
    }
  });

  it('let go of their events when the server leaves', async () => {
    const server = await TestServer.start({ jobs: { concurrency: 0 } });
    try {
      const path = (await server.post('/v1/jobs?operation=compress', 'x')).headers.get('location');
      const reading = server.send(`${path}/events`);
      await sleep(100);
      server.leaving.abort();
      const { events } = parseEvents((await reading).body.toString());
      assert.deepEqual(
        events.map(({ data }) => data.state),
        ['queued'],
      );
    } finally {
      await server.stop();
    }
  });
});

async function waitingIds(server: TestServer): Promise<string[]> {
  const ids: string[] = [];
  for await (const { key } of server.jobs.blobs.list()) ids.push(key.split('.')[0] ?? '');
  return ids;
}
