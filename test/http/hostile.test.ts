import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
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
