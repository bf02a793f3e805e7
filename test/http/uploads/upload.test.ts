import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { until } from '../../until.js';
import { failure, form, problemOf, TestServer } from '../harness.js';

const LIMIT = 100_000;

function digest(algorithm: 'sha256' | 'sha512', bytes: string | Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('base64');
}

/** A form as it goes over the wire. */
function parts(...lines: string[]): string {
  return lines.join('\r\n');
}

describe('uploads', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start({ maxBytes: LIMIT, minimumRate: { bytes: 1_000, window: 200 } });
  });
  after(() => server.stop());

  describe('forms', () => {
    it('refuses two files, no file, and a wrong field', async () => {
      const extra = form(['file', 'a', 'x']);
      extra.append('call', '5');
      const cases: [FormData, string][] = [
        [form(['file', 'a', 'x'], ['file', 'b', 'y']), 'too-many-files'],
        [form(['file', 'a', 'x'], ['file2', 'b', 'y']), 'too-many-files'],
        [new FormData(), 'missing-file'],
        [form(['files', 'a', 'x']), 'unexpected-field'],
        [form(['__proto__', 'a', 'x']), 'unexpected-field'],
        [form(['file[]', 'a', 'x']), 'unexpected-field'],
        [extra, 'unexpected-field'],
      ];
      for (const [body, code] of cases) {
        for (const path of ['/v1/compress', '/v1/decompress', '/v1/inspect']) {
          assert.deepEqual(failure(await server.post(path, body)), [400, code]);
        }
      }
    });

    const type = 'multipart/form-data; boundary=b';
    const file = 'Content-Disposition: form-data; name="file"; filename="a"';
    for (const [what, contentType, body, code] of [
      ['no boundary', 'multipart/form-data', 'x', 'malformed-multipart'],
      ['an empty boundary', 'multipart/form-data; boundary=', 'x', 'malformed-multipart'],
      ['a body that is no form', type, 'nothing of the kind', 'malformed-multipart'],
      ['an empty body', type, '', 'malformed-multipart'],
      ['no end', type, parts('--b', file, '', 'content'), 'malformed-multipart'],
      ['a broken part header', type, parts('--b', 'Content-Disposition', '', 'x', '--b--', ''), 'malformed-multipart'],
      [
        'an unnamed part',
        type,
        parts('--b', 'Content-Disposition: form-data', '', 'x', '--b--', ''),
        'unexpected-field',
      ],
      [
        'a file without a name',
        type,
        parts(
          '--b',
          'Content-Disposition: form-data; name="file"; filename=""',
          'Content-Type: application/octet-stream',
          '',
          '',
          '--b--',
          '',
        ),
        'missing-file',
      ],
      ['a part of no kind', type, parts('--b', 'X: y', '', 'x', '--b--', ''), 'missing-file'],
    ] as const) {
      it(`refuses ${what}`, async () => {
        assert.deepEqual(failure(await server.post('/v1/compress', body, { 'content-type': contentType })), [
          400,
          code,
        ]);
      });
    }

    it('never uses a name as a path', async () => {
      for (const name of ['../../../tmp/ardm-escape', '/etc/ardm-escape', '..', 'C:\\ardm', `${'n'.repeat(5_000)}`]) {
        const { status, headers } = await server.post('/v1/compress', form(['file', name, 'x']));
        assert.equal(status, 200, name.slice(0, 30));
        assert.doesNotMatch(headers.get('content-disposition') ?? '', /\/|\\/);
      }
    });
  });

  describe('media types and codings', () => {
    for (const type of ['multipart/mixed; boundary=b', 'multipart/byteranges', 'MULTIPART/RELATED', 'multipart/']) {
      it(`refuses ${type}`, async () => {
        const answer = await server.post('/v1/compress', 'x', { 'content-type': type });
        assert.deepEqual(failure(answer), [415, 'unsupported-media-type']);
      });
    }

    it('refuses a coded body, but not the identity', async () => {
      for (const coding of ['gzip', 'br', 'gzip, identity', 'x']) {
        const answer = await server.post('/v1/compress', 'x', { 'content-encoding': coding });
        assert.deepEqual(failure(answer), [415, 'unsupported-content-coding']);
      }
      assert.equal((await server.post('/v1/compress', 'x', { 'content-encoding': 'identity' })).status, 200);
    });
  });

  describe('Content-Digest', () => {
    it('accepts what fits, and ignores algorithms that it does not know', async () => {
      for (const header of [
        `sha-256=:${digest('sha256', 'body')}:`,
        `sha-512=:${digest('sha512', 'body')}:, sha-256=:${digest('sha256', 'body')}:`,
        `sha-256=:${digest('sha256', 'body')}:;q=1`,
        'md5=:AAAA:',
      ]) {
        assert.equal((await server.post('/v1/compress', 'body', { 'content-digest': header })).status, 200, header);
      }
    });

    it('refuses what does not fit', async () => {
      for (const header of [
        `sha-256=:${digest('sha256', 'other')}:`,
        `sha-256=:${digest('sha256', 'body')}:, sha-512=:${digest('sha512', 'other')}:`,
      ]) {
        const answer = await server.post('/v1/compress', 'body', { 'content-digest': header });
        assert.deepEqual(failure(answer), [400, 'content-digest-mismatch']);
      }
    });

    it('refuses what cannot be read', async () => {
      for (const header of [
        'x',
        'sha-256=abc',
        'sha-256=:AAAA:',
        'sha-256=::',
        '=:AAAA:',
        `sha-256=:${'!'.repeat(43)}=:`,
        'a=:AA:,',
      ]) {
        const answer = await server.post('/v1/compress', 'body', { 'content-digest': header });
        assert.deepEqual(failure(answer), [400, 'invalid-content-digest'], header);
      }
    });

    it('is of the whole body where that is a form', async () => {
      const body = parts('--b', 'Content-Disposition: form-data; name="file"; filename="a"', '', 'x', '--b--', '');
      const send = (digested: string) =>
        server.post('/v1/compress', body, {
          'content-type': 'multipart/form-data; boundary=b',
          'content-digest': `sha-256=:${digest('sha256', digested)}:`,
        });
      assert.equal((await send(body)).status, 200);
      assert.deepEqual(failure(await send('x')), [400, 'content-digest-mismatch']);
    });
  });

  describe('sizes', () => {
    const tooLarge = new Uint8Array(LIMIT + 1);

    it('refuses one byte too many, raw and as a form, and names the limit', async () => {
      for (const body of [tooLarge, form(['file', 'a', tooLarge])]) {
        const answer = await server.post('/v1/compress', body);
        assert.deepEqual(failure(answer), [413, 'upload-too-large']);
        assert.match(problemOf(answer).detail, /100000/);
      }
    });

    it('refuses a declared length before it reads anything', async () => {
      const connection = server.raw('POST /v1/compress HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n');
      assert.match(await connection.untilClosed(), /^HTTP\/1\.1 413 [\s\S]*"code":"upload-too-large"/);
      assert.equal(connection.error, undefined);
    });

    it('answers a client that asks first, and lets the others go on', async () => {
      const head = (length: number) =>
        `POST /v1/compress HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
      const refused = server.raw(head(LIMIT + 1));
      assert.match(await refused.untilClosed(), /^HTTP\/1\.1 413 /);
      const accepted = server.raw(head(4));
      await accepted.untilReceived('HTTP/1.1 100 Continue\r\n\r\n');
      accepted.socket.write('body');
      assert.match(await accepted.untilClosed(), /HTTP\/1\.1 200 OK/);
    });

    it('counts a body without a declared length, and the client gets the answer although it is still sending', async () => {
      const connection = server.raw('POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
      const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')]);
      for (let i = 0; i < 60; i++) connection.socket.write(chunk);
      connection.socket.write('0\r\n\r\n');
      const answer = await connection.untilClosed();
      assert.match(answer, /^HTTP\/1\.1 413 [\s\S]*Connection: close[\s\S]*"code":"upload-too-large"/);
      assert.equal(connection.error, undefined);
    });

    it('does not read an endless body to its end', async () => {
      const connection = server.raw('POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
      const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(2 ** 20), Buffer.from('\r\n')]);
      let written = 0;
      const more = (): void => {
        while (!connection.socket.destroyed && written < 200 && connection.socket.write(chunk)) written++;
      };
      connection.socket.on('drain', more);
      more();
      assert.match(await connection.untilClosed(), /^HTTP\/1\.1 413 /);
      assert.ok(written < 100, `${written} MiB were read`);
    });

    it('bounds what a form adds to its file', async () => {
      const body = parts('x'.repeat(LIMIT), 'x'.repeat(70_000 + 2 ** 17));
      const answer = await server.post('/v1/compress', body, { 'content-type': 'multipart/form-data; boundary=b' });
      assert.deepEqual(failure(answer), [413, 'upload-too-large']);
    });
  });

  describe('senders', () => {
    it('gives up those that send next to nothing', async () => {
      const connection = server.raw('POST /v1/compress HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc');
      assert.match(await connection.untilClosed(), /^HTTP\/1\.1 408 [\s\S]*"code":"request-timeout"/);
      const trickle = server.raw(
        'POST /v1/compress HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n--b\r\n',
      );
      const timer = setInterval(() => trickle.socket.write('x'), 20);
      await trickle.untilReceived('HTTP/1.1 408 ');
      clearInterval(timer);
      await trickle.untilClosed();
    });

    it('cleans up after those that leave in the middle, and logs them as gone', async () => {
      const before = server.log.length;
      for (const start of [
        'POST /v1/compress HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc',
        'POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
        'POST /v1/decompress HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n' +
          '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
      ]) {
        const connection = server.raw(start);
        await until(async () => (await server.spools()).length === 1, 'the upload does not begin');
        connection.socket.destroy();
        await server.untilClean();
      }
      const ends = server.log.slice(before).filter((line) => line.status === 499);
      assert.equal(ends.length, 3);
      assert.equal(server.codec.working, 0);
    });
  });

  it('leaves nothing behind', () => server.untilClean());
});
