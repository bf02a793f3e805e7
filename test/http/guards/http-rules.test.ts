import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../until.js';
import { TestServer } from '../harness.js';

const HOST = 'Host: a\r\n';
const CHUNKS = '\r\n1\r\nx\r\n0\r\n\r\n';

function get(target: string, headers = HOST, version = 'HTTP/1.1'): string {
  return `GET ${target} ${version}\r\n${headers}\r\n`;
}

function post(headers: string, rest = '', version = 'HTTP/1.1'): string {
  return `POST /v1/compress ${version}\r\n${HOST}${headers}${rest}`;
}

describe('what HTTP asks of a request', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  /** Status and code of the first answer. */
  const answered = async (...parts: string[]): Promise<[number, string | undefined]> => {
    const connection = server.raw(parts[0] ?? '');
    for (const part of parts.slice(1)) {
      await sleep(50);
      connection.socket.write(part);
    }
    await until(() => connection.text !== '' || connection.socket.destroyed, 'nothing is answered');
    await until(() => connection.text.includes('\r\n\r\n'), connection.text);
    await sleep(20);
    connection.socket.destroy();
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(connection.text) ?? [];
    return [Number(status), /"code":"([a-z-]+)"/.exec(connection.text)?.[1]];
  };

  for (const [what, request, expected] of [
    // Hosts.
    ['two Hosts', get('/health/live', `${HOST}Host: b\r\n`), [400, 'malformed-request']],
    ['two Hosts that are the same', get('/health/live', `${HOST}host: a\r\n`), [400, 'malformed-request']],
    ['two Hosts in HTTP/1.0', get('/health/live', `${HOST}Host: b\r\n`, 'HTTP/1.0'), [400, 'malformed-request']],
    ['a Host with a path', get('/health/live', 'Host: a/b\r\n'), [400, 'malformed-request']],
    ['a Host with a space', get('/health/live', 'Host: a b\r\n'), [400, 'malformed-request']],
    ['a Host with a user', get('/health/live', 'Host: u@a\r\n'), [400, 'malformed-request']],
    ['an empty Host', get('/health/live', 'Host:\r\n'), [200, undefined]],
    ['a Host with a port', get('/health/live', 'Host: a_b.example:8080\r\n'), [200, undefined]],
    ['a Host of IPv6', get('/health/live', 'Host: [::1]:8080\r\n'), [200, undefined]],
    ['no Host in HTTP/1.0', get('/health/live', '', 'HTTP/1.0'), [200, undefined]],
    // Transfer codings.
    ['gzip in chunks', post('Transfer-Encoding: gzip, chunked\r\n', CHUNKS), [501, 'unsupported-transfer-coding']],
    [
      'gzip in chunks, in two lines',
      post('Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n', CHUNKS),
      [501, 'unsupported-transfer-coding'],
    ],
    ['gzip alone', post('Transfer-Encoding: gzip\r\n', '\r\nxyz'), [501, 'unsupported-transfer-coding']],
    ['identity', post('Transfer-Encoding: identity\r\n', '\r\nxyz'), [501, 'unsupported-transfer-coding']],
    ['a coding like chunked', post('Transfer-Encoding: xchunked\r\n', CHUNKS), [501, 'unsupported-transfer-coding']],
    ['gzip of chunks', post('Transfer-Encoding: chunked, gzip\r\n', CHUNKS), [501, 'unsupported-transfer-coding']],
    [
      'a coding for a GET',
      get('/health/live', `${HOST}Transfer-Encoding: br\r\n`),
      [501, 'unsupported-transfer-coding'],
    ],
    ['chunks of chunks', post('Transfer-Encoding: chunked, chunked\r\n', CHUNKS), [400, 'malformed-request']],
    ['no coding at all', post('Transfer-Encoding: \r\n', CHUNKS), [400, 'malformed-request']],
    [
      'a coding and a length',
      post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', CHUNKS),
      [400, 'malformed-request'],
    ],
    [
      'a length and a coding',
      post('Content-Length: 3\r\nTransfer-Encoding: gzip\r\n', '\r\nxyz'),
      [400, 'malformed-request'],
    ],
    ['chunks in HTTP/1.0', post('Transfer-Encoding: chunked\r\n', CHUNKS, 'HTTP/1.0'), [400, 'malformed-request']],
    ['chunks in other letters', post('Transfer-Encoding: Chunked\r\n', CHUNKS), [200, undefined]],
    [
      'chunks with extensions and trailers',
      post('Transfer-Encoding: chunked\r\n', '\r\n1;a=b\r\nx\r\n0\r\nX: y\r\n\r\n'),
      [200, undefined],
    ],
    // What is there twice.
    [
      'two types',
      post(
        'Content-Type: text/plain\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1\r\n',
        '\r\nx',
      ),
      [400, 'malformed-request'],
    ],
    [
      'two keys',
      get('/v1/models', `${HOST}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n`),
      [400, 'malformed-request'],
    ],
    ['two lengths', post('Content-Length: 1\r\nContent-Length: 1\r\n', '\r\nx'), [400, 'malformed-request']],
    // Methods.
    ['a method that is made up', `BREW /v1/compress HTTP/1.1\r\n${HOST}\r\n`, [501, 'unknown-method']],
    ['a method that begins like another', `GETS /v1/models HTTP/1.1\r\n${HOST}\r\n`, [501, 'unknown-method']],
    ['a method in small letters', `get /v1/models HTTP/1.1\r\n${HOST}\r\n`, [501, 'unknown-method']],
    ['a method made up after a request', `${get('/x')}BREW / HTTP/1.1\r\n${HOST}\r\n`, [404, 'not-found']],
    ['TRACE', `TRACE /v1/models HTTP/1.1\r\n${HOST}\r\n`, [405, 'method-not-allowed']],
    ['a method of WebDAV', `PROPFIND /v1/models HTTP/1.1\r\n${HOST}\r\n`, [405, 'method-not-allowed']],
    ['CONNECT', `CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n`, [405, 'method-not-allowed']],
    ['what is no method', 'what is this?\r\n\r\n', [400, 'malformed-request']],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', [400, 'malformed-request']],
    // Versions.
    ['HTTP/2.0', get('/health/live', HOST, 'HTTP/2.0'), [505, 'http-version-not-supported']],
    ['HTTP/2 without asking', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [505, 'http-version-not-supported']],
    ['HTTP/0.9', get('/health/live', HOST, 'HTTP/0.9'), [505, 'http-version-not-supported']],
    ['HTTP/9.7', get('/health/live', HOST, 'HTTP/9.7'), [505, 'http-version-not-supported']],
    ['HTTP/3 as nobody writes it', get('/health/live', HOST, 'HTTP/3'), [400, 'malformed-request']],
    ['another protocol', get('/health/live', HOST, 'FTP/1.1'), [400, 'malformed-request']],
    // Targets.
    ['an absolute target', get('http://other.example:81/health/live'), [200, undefined]],
    ['an absolute target in other letters', get('HTTP://A/v1/models?x=1'), [400, 'unknown-parameter']],
    ['an absolute target without a path', get('http://a'), [404, 'not-found']],
    ['a target without a slash', get('health/live'), [400, 'malformed-request']],
    ['GET *', get('*'), [400, 'malformed-request']],
    ['a fragment', get('/health/live#x'), [400, 'malformed-request']],
    // Lines.
    ['a header on two lines', get('/health/live', `${HOST}X-Request-Id: a\r\n b\r\n`), [400, 'malformed-request']],
    ['a space before the colon', get('/health/live', `${HOST}X : a\r\n`), [400, 'malformed-request']],
    ['a bare carriage return', get('/health/live', `${HOST}X: a\rb\r\n`), [400, 'malformed-request']],
    ['a length with a sign', post('Content-Length: +1\r\n', '\r\nx'), [400, 'malformed-request']],
    ['an empty line before it', `\r\n${get('/health/live')}`, [200, undefined]],
    // Expectations and upgrades.
    ['an expectation that nobody knows', post('Expect: a-cake\r\nContent-Length: 1\r\n', '\r\nx'), [200, undefined]],
    ['an offer to upgrade', get('/health/live', `${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n`), [200, undefined]],
  ] as const) {
    it(`answers ${what} with ${expected[0]}`, async () => {
      assert.deepEqual(await answered(request), expected);
    });
  }

  it('knows an unknown method that comes in pieces', async () => {
    assert.deepEqual(await answered('BRE', `W / HTTP/1.1\r\n${HOST}\r\n`), [501, 'unknown-method']);
  });

  it('tells nothing before the answer to a client of HTTP/1.0, whatever it expects', async () => {
    const connection = server.raw(post('Expect: 100-continue\r\nContent-Length: 1\r\n', '\r\nx', 'HTTP/1.0'));
    assert.match(await connection.untilClosed(), /^HTTP\/1\.1 200 /);
  });

  it('gives what is refused by the parser a date, and an id that stands in the log', async () => {
    const connection = server.raw(post('X-Request-Id: mine\r\nTransfer-Encoding: gzip\r\n', '\r\nxyz'));
    const text = await connection.untilClosed();
    assert.match(text, /\r\nDate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/);
    assert.match(text, /\r\nX-Request-Id: mine\r\n/);
    await until(() => server.log.some(({ requestId }) => requestId === 'mine'), 'nothing is logged');
    const line = server.log.find(({ requestId }) => requestId === 'mine');
    assert.deepEqual([line?.status, line?.code], [501, 'unsupported-transfer-coding']);
  });

  it('tells with CONNECT which methods there are', async () => {
    const text = await server.raw(`CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n`).untilClosed();
    assert.match(text, /\r\nAllow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n/);
  });

  it('leaves nothing behind', () => server.untilClean());

  it('logs what breaks off inside a body as it was answered, not as a client that left', async () => {
    for (const chunks of ['zz\r\n', '3\r\nabc\r\nzz\r\n']) {
      const before = server.log.length;
      assert.deepEqual(await answered(post('Transfer-Encoding: chunked\r\n', `\r\n${chunks}`)), [
        400,
        'malformed-request',
      ]);
      const lines = (): Record<string, unknown>[] =>
        server.log.slice(before).filter(({ status }) => status !== undefined);
      await until(() => lines().length > 0, 'nothing is logged');
      assert.deepEqual(
        lines().map(({ status, code }) => [status, code]),
        [[400, 'malformed-request']],
      );
    }
  });
});
