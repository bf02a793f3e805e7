import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { randomBytes } from '../http/harness.js';
import { until } from '../until.js';
import { Fleet } from './fleet.js';
import { skip } from './programs.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`;

describe('nginx before replicas', { skip }, () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await Fleet.start({ apis: [{}, {}], jobs: true });
  });
  after(() => fleet.stop());

  const lines = () => fleet.apis.flatMap(({ log }) => log);

  /** Of what nginx answers itself. */
  async function problem(answer: Response): Promise<[number, string]> {
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    const { status, code, instance } = (await answer.json()) as Record<string, unknown>;
    assert.equal(status, answer.status);
    assert.equal(instance, answer.headers.get('x-request-id'));
    return [answer.status, String(code)];
  }

  it('passes the ids of requests and traces through to logs and jobs', async () => {
    const headers = { 'X-Request-Id': 'through-nginx', traceparent: TRACEPARENT };
    const answer = await fetch(`${fleet.url}/v1/jobs?operation=compress&model=tiny-a`, {
      method: 'POST',
      body: Buffer.from('traced'),
      headers,
    });
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.get('x-request-id'), 'through-nginx');
    const done = () => lines().find(({ msg, requestId }) => msg === 'job done' && requestId === 'through-nginx');
    await until(() => done() !== undefined, 'no line of the job', 20_000);
    assert.equal(done()?.traceId, TRACE);
    const answered = lines().find(({ msg, requestId }) => msg === 'request answered' && requestId === 'through-nginx');
    assert.equal(answered?.traceId, TRACE);
    assert.ok((await fleet.nginx.log()).some(({ requestId }) => requestId === 'through-nginx'));
  });

  it('gives a request an id if it has none that is safe, the same in both logs and in the answer', async () => {
    for (const headers of [{}, { 'X-Request-Id': 'not "safe"' }]) {
      const id = (await fetch(`${fleet.url}/v1/models`, { headers })).headers.get('x-request-id') ?? '';
      assert.match(id, /^[0-9a-f]{32}$/);
      await until(() => lines().some(({ requestId }) => requestId === id), 'the replica has another id');
      await until(
        async () => (await fleet.nginx.log()).some(({ requestId }) => requestId === id),
        'nginx logs another id',
      );
    }
  });

  it('logs neither paths nor queries', async () => {
    const secret = 'a-name-of-a-file';
    await fetch(`${fleet.url}/${secret}?x=${secret}`);
    await fetch(`${fleet.url}/v1/models/${secret}`);
    assert.ok(!JSON.stringify(await fleet.nginx.log()).includes(secret));
    assert.equal(fleet.nginx.errors, '');
  });

  it('answers what it refuses itself with problem documents', async () => {
    assert.deepEqual(await problem(await fetch(`${fleet.url}/metrics`)), [404, 'not-found']);
    const long = await fetch(`${fleet.url}/${'x'.repeat(40_000)}`);
    assert.deepEqual(await problem(long), [414, 'headers-too-large']);
    const socket = connect(fleet.nginx.port, '127.0.0.1');
    socket.write(`POST /v1/compress HTTP/1.1\r\nHost: a\r\nContent-Length: ${80 * 2 ** 20}\r\n\r\n`);
    const [data] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    assert.match(data.toString(), /^HTTP\/1\.1 413 .*"code":"upload-too-large"/s);
  });

  it('passes answers of replicas through as they are', async () => {
    const answer = await fetch(`${fleet.url}/v1/decompress`, { method: 'POST', body: Buffer.from('no archive') });
    assert.deepEqual(await problem(answer), [422, 'not-an-archive']);
    assert.equal(
      (await fetch(`${fleet.url}/v1/models`, { method: 'DELETE' })).headers.get('allow'),
      'GET, HEAD, OPTIONS',
    );
  });

  it('sends the events of a job as they come, and its result in ranges', async () => {
    const file = randomBytes(200_000, 8).map((byte) => byte & 15);
    const posted = await fetch(`${fleet.url}/v1/jobs?operation=compress&model=tiny-a`, { method: 'POST', body: file });
    const { id } = (await posted.json()) as { id: string };
    const events = await fetch(`${fleet.url}/v1/jobs/${id}/events`);
    assert.equal(events.headers.get('content-type'), 'text/event-stream');
    const reader = (events.body as ReadableStream<Uint8Array>).getReader();
    const first = Buffer.from((await reader.read()).value ?? '').toString();
    assert.ok(!first.includes('"state":"done"'), 'nothing comes before the end');
    let text = first;
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) text += Buffer.from(chunk.value);
    assert.match(text, /"state":"done"/);
    const result = `${fleet.url}/v1/jobs/${id}/result`;
    const whole = Buffer.from(await (await fetch(result)).arrayBuffer());
    const part = await fetch(result, { headers: { Range: 'bytes=10-19' } });
    assert.equal(part.status, 206);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(10, 20));
  });

  it('makes one job of a request that it had to send twice, and does a synchronous one elsewhere', async () => {
    const [first] = fleet.apis as [(typeof fleet.apis)[number]];
    first.signal('SIGSTOP');
    // Connections to a stopped process are made, and requests are sent on them: nobody answers.
    const posts = Array.from({ length: 4 }, () =>
      fetch(`${fleet.url}/v1/jobs?operation=compress&model=tiny-a`, { method: 'POST', body: Buffer.from('twice') }),
    );
    const calls = Array.from({ length: 4 }, () =>
      fetch(`${fleet.url}/v1/compress?model=tiny-a`, { method: 'POST', body: Buffer.from('elsewhere') }),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    await first.end('SIGKILL');
    assert.deepEqual(
      (await Promise.all(calls)).map(({ status }) => status),
      [200, 200, 200, 200],
    );
    const answers = await Promise.all(posts);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 202, 202, 202],
    );
    const ids = await Promise.all(answers.map(async (answer) => ((await answer.json()) as { id: string }).id));
    assert.equal(new Set(ids).size, 4);
    assert.ok(
      (await fleet.nginx.log()).some(({ upstreamStatus }) => upstreamStatus === '502, 202'),
      'none was sent twice',
    );
    await first.start();
  });

  it('says so when no replica answers', async () => {
    await Promise.all(fleet.apis.map((replica) => replica.end('SIGKILL')));
    const answer = await fetch(`${fleet.url}/v1/models`);
    assert.equal(answer.headers.get('retry-after'), '5');
    assert.deepEqual(await problem(answer), [502, 'bad-gateway']);
    await Promise.all(fleet.apis.map((replica) => replica.start()));
    await until(async () => (await fetch(`${fleet.url}/v1/models`)).ok, 'nginx does not notice', 10_000);
  });
});
