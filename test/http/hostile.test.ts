import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { UploadGate } from '../../src/http/uploads/upload-gate.js';
import { until } from '../until.js';
import { fakeArchive } from './fake-codec.js';
import { random, randomBytes, TestServer } from './harness.js';

const MUTATIONS = 200;

/** Requests as they should be. */
const SOUND: readonly Buffer[] = [
  raw('/v1/compress?calls=85', 'application/octet-stream', randomBytes(3_000, 11)),
  raw('/v1/decompress', 'application/vnd.ardm', fakeArchive(Buffer.from('an original, an original'))),
  raw('/v1/inspect', 'application/vnd.ardm', fakeArchive(Buffer.from('an original, an original'))),
  raw(
    '/v1/compress?model=text-1',
    'multipart/form-data; boundary=limit-of-parts',
    Buffer.from(
      [
        '--limit-of-parts',
        'Content-Disposition: form-data; name="file"; filename="a.txt"',
        'Content-Type: text/plain',
        '',
        'content '.repeat(200),
        '--limit-of-parts--',
        '',
      ].join('\r\n'),
    ),
  ),
  Buffer.from(
    'POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n',
  ),
];

function raw(path: string, type: string, body: Buffer): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

type Mutation = (request: Buffer, next: () => number) => Buffer;

/** Ways to break a request. */
const MUTATORS: Readonly<Record<string, Mutation>> = {
  truncated: (request, next) => request.subarray(0, next() % request.length),
  'flipped bits': (request, next) => {
    const copy = Buffer.from(request);
    for (let i = 0; i < 1 + (next() % 8); i++) {
      const at = next() % copy.length;
      copy[at] = (copy[at] as number) ^ (1 << (next() % 8));
    }
    return copy;
  },
  'bytes of the head replaced': (request, next) => {
    const copy = Buffer.from(request);
    const end = copy.indexOf('\r\n\r\n');
    for (let i = 0; i < 3; i++) copy[next() % end] = next() % 256;
    return copy;
  },
  'a piece cut out': (request, next) => {
    const start = next() % request.length;
    return Buffer.concat([request.subarray(0, start), request.subarray(start + (next() % 200))]);
  },
  'a piece doubled': (request, next) => {
    const start = next() % request.length;
    const end = Math.min(request.length, start + (next() % 200));
    return Buffer.concat([request.subarray(0, end), request.subarray(start)]);
  },
  'a longer Content-Length': (request, next) => withLength(request, (length) => length + 1 + (next() % 5_000)),
  'a shorter Content-Length': (request, next) =>
    withLength(request, (length) => Math.max(0, length - 1 - (next() % length))),
  'an absurd Content-Length': (request, next) =>
    withLength(request, () => ['-1', '1e9', '0x10', '', '99999999999999999999', '5, 6', 'abc'][next() % 7] ?? ''),
  'two lengths': (request) =>
    replaced(request, 'Host: a', 'Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5'),
  'a boundary that changes': (request, next) =>
    replaced(request, 'limit-of-parts\r\n', `limit-of-part${next() % 10}\r\n`),
  'no Host': (request) => replaced(request, 'Host: a\r\n', ''),
  noise: (_request, next) => randomBytes(1 + (next() % 2_000), 1 + next()),
  'endless headers': (request) => replaced(request, 'Host: a', `Host: a\r\nX: ${'x'.repeat(20_000)}`),
  'another version': (request) => replaced(request, 'HTTP/1.1', 'HTTP/9.7'),
  twice: (request) => Buffer.concat([request, request]),
};

function withLength(request: Buffer, length: (now: number) => number | string): Buffer {
  const text = request.toString('latin1');
  return Buffer.from(
    text.replace(/Content-Length: (\d+)/, (_, now: string) => `Content-Length: ${length(Number(now))}`),
    'latin1',
  );
}

function replaced(request: Buffer, what: string, by: string): Buffer {
  return Buffer.from(request.toString('latin1').replace(what, by), 'latin1');
}

describe('hostile requests', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start({ minimumRate: { bytes: 1_000, window: 300 } });
  });
  after(() => server.stop());

  it('are sound before they are changed', async () => {
    for (const request of SOUND) {
      const connection = server.raw(replaced(request, 'Host: a', 'Host: a\r\nConnection: close'));
      assert.match(await connection.untilClosed(), /^HTTP\/1\.1 200 OK/);
    }
  });

  it(`leave the server serving and its disk clean, ${MUTATIONS} of them`, async () => {
    const next = random(20_261_124);
    const names = Object.keys(MUTATORS);
    const seen = new Map<string, number>();
    const attack = async (index: number): Promise<void> => {
      const name = names[index % names.length] as string;
      const request = (MUTATORS[name] as Mutation)(SOUND[next() % SOUND.length] as Buffer, next);
      const connection = server.raw(request);
      // Some wait for an answer with an open connection, some half-close it, some leave at once.
      const manner = next() % 4;
      if (manner === 0) connection.socket.end();
      if (manner === 1) setTimeout(() => connection.socket.destroy(), next() % 20);
      setTimeout(() => connection.socket.end(), 1_500);
      const answer = await connection.untilClosed();
      for (const [, status, rest] of answer.matchAll(/HTTP\/1\.1 (\d{3}) [^\r]*\r\n([\s\S]*?)(?=HTTP\/1\.1 |$)/g)) {
        seen.set(status as string, (seen.get(status as string) ?? 0) + 1);
        assert.notEqual(status, '500', `${name}: ${answer}`);
        // Cut off where the client left before it was all there.
        if (Number(status) >= 400 && manner > 1)
          assert.match(rest as string, /application\/problem\+json[\s\S]*"code":"/, name);
      }
    };
    for (let index = 0; index < MUTATIONS; index += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => attack(index + i)));
      assert.equal((await server.send('/health/ready')).status, 200);
    }
    await server.untilClean();
    assert.equal(server.codec.working, 0);
    assert.equal((await server.post('/v1/compress', 'as ever')).status, 200);
    // The attack was one: some were understood and many were refused.
    assert.ok((seen.get('200') ?? 0) > 10 && (seen.get('400') ?? 0) > 40, JSON.stringify([...seen]));
  });
});

/** A form with `count` parts, each with `headers` lines of headers, before its file. */
function formOf(count: number, part: (index: number) => string, rest = ''): Buffer {
  const parts = Array.from({ length: count }, (_, index) => `--b\r\n${part(index)}\r\n\r\nx\r\n`).join('');
  return raw('/v1/compress', 'multipart/form-data; boundary=b', Buffer.from(`${parts}${rest}--b--\r\n`));
}

const FILE = 'Content-Disposition: form-data; name="file"; filename="a"';

describe('hostile forms', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  for (const [what, request, status] of [
    ['a thousand fields', formOf(1_000, (i) => `Content-Disposition: form-data; name="f${i}"`), 400],
    ['a thousand files', formOf(1_000, () => FILE), 400],
    ['a name of 60,000 bytes', formOf(1, () => `Content-Disposition: form-data; name="${'n'.repeat(60_000)}"`), 400],
    ['a file name of 60,000 bytes', formOf(1, () => `${FILE.slice(0, -1)}${'n'.repeat(60_000)}"`), [200, 400]],
    ['a thousand headers', formOf(1, () => `${FILE}${'\r\nX: y'.repeat(1_000)}`), [200, 400]],
    ['a header of 60,000 bytes', formOf(1, () => `${FILE}\r\nX: ${'y'.repeat(60_000)}`), [200, 400]],
    [
      'a form in its file',
      formOf(1, () => FILE, '--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n'),
      [200, 400],
    ],
    ['nothing but boundaries', formOf(10_000, () => ''), [400, 413]],
    [
      'a boundary of 10,000 bytes',
      raw('/v1/compress', `multipart/form-data; boundary=${'b'.repeat(10_000)}`, Buffer.from('x')),
      400,
    ],
  ] as const) {
    it(`with ${what} are answered at once`, async () => {
      const connection = server.raw(replaced(request, 'Host: a', 'Host: a\r\nConnection: close'));
      const answer = await connection.untilClosed();
      const got = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
      assert.ok(
        [status].flat().some((one) => one === got),
        answer.slice(0, 500),
      );
      if (got !== 200) assert.match(answer, /application\/problem\+json[\s\S]*"code":"/);
      await server.untilClean();
    });
  }

  it('leave the server as it was', async () => {
    assert.equal((await server.post('/v1/compress', 'x')).status, 200);
    assert.equal(server.codec.working, 0);
  });
});

describe('clients that hold what they have', () => {
  // Of a length that is not declared, so that it is on disk, where the tests can see it.
  const HALF = 'POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n';
  const REST = '4\r\nhalf\r\n0\r\n\r\n';

  it('by sending nothing more cannot keep others out: their uploads are refused at once, and taken when they are gone', async () => {
    const server = await TestServer.start({
      gate: new UploadGate({ uploads: 2, freeBytes: 0 }),
      minimumRate: { bytes: 1_000, window: 1_500 },
    });
    const one = server.raw(HALF);
    const two = server.raw(HALF);
    await until(async () => (await server.spools()).length === 2, 'they do not begin');
    // Before any of the body is read: it is not even asked for.
    const third = server.raw(
      'POST /v1/decompress HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n',
    );
    assert.match(await third.untilClosed(), /^HTTP\/1\.1 503 [\s\S]*Retry-After: 5[\s\S]*"code":"too-many-uploads"/);
    assert.equal((await server.spools()).length, 2);
    // What has no body goes on.
    assert.equal((await server.send('/v1/models')).status, 200);
    // One is completed, one is given up as too slow: both places are free again.
    one.socket.write(REST);
    await one.untilReceived('HTTP/1.1 200 OK');
    assert.match(await two.untilClosed(), /^HTTP\/1\.1 408 /);
    const next = [server.post('/v1/compress', 'a'), server.post('/v1/compress', 'b')];
    for (const answer of next) assert.equal((await answer).status, 200);
    one.socket.destroy();
    await server.stop();
  });

  it('and whose uploads fail in any way leave their places', async () => {
    const server = await TestServer.start({
      gate: new UploadGate({ uploads: 1, freeBytes: 0 }),
      minimumRate: { bytes: 1_000, window: 200 },
      maxBytes: 1_000,
    });
    const chunked = 'POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    for (const request of [
      HALF,
      `${chunked}${'400\r\n'}${'x'.repeat(1_024)}\r\n0\r\n\r\n`,
      `${chunked}no length\r\n`,
      HALF.replace('Host: a', 'Host: a\r\nContent-Digest: sha-256=:AAAA:'),
      `${HALF}${REST}`.replace('Host: a', `Host: a\r\nContent-Digest: sha-256=:${'A'.repeat(43)}=:`),
      HALF.replace('Host: a', 'Host: a\r\nContent-Type: multipart/form-data'),
      HALF.replace('Host: a', 'Host: a\r\nContent-Type: multipart/form-data; boundary=b'),
    ]) {
      const connection = server.raw(request);
      await connection.untilReceived('"code":"');
      connection.socket.destroy();
      const left = server.raw(HALF);
      await until(async () => (await server.spools()).length === 1, 'the place is not free');
      left.socket.destroy();
      await server.untilClean();
      assert.equal((await server.post('/v1/compress', 'x')).status, 200, request);
    }
    await server.stop();
  });

  it('may wait for their turn to compute without a place among the uploads', async () => {
    const server = await TestServer.start({
      gate: new UploadGate({ uploads: 1, freeBytes: 0 }),
      classes: { small: 1, large: 1, waiting: 5 },
    });
    const release = server.codec.hold();
    const waiting: Promise<{ status: number }>[] = [];
    for (let i = 0; i < 4; i++) {
      waiting.push(server.post('/v1/compress', 'x'));
      await until(() => server.codec.working === 1, 'nothing works');
      const line = `ardm_queue_depth{class="small"} ${i}\n`;
      await until(async () => (await server.send('/metrics')).body.includes(line), 'it does not wait');
    }
    release();
    for (const answer of waiting) assert.equal((await answer).status, 200);
    await server.stop();
  });
});
