import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Kept } from '../../../src/codec/codec.js';
import { until } from '../../until.js';
import type { Received } from '../contract.js';
import { fakeArchive } from '../fake-codec.js';
import { failure, problemOf, TestServer } from '../harness.js';

const FILE = Buffer.from('a,b\n1,2\n');

function typed(name: string, type: string): FormData {
  const data = new FormData();
  data.append('file', new Blob([FILE], { type }), name);
  return data;
}

describe('keep=name', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  const kept = async (body: RequestInit['body'], headers: Record<string, string> = {}): Promise<Kept | undefined> => {
    const answer = await server.post('/v1/compress?keep=name', body, headers);
    assert.equal(answer.status, 200, answer.body.toString());
    // Undefined members say nothing.
    const { keep } = server.codec.asked.at(-1) ?? {};
    return keep && (JSON.parse(JSON.stringify(keep)) as Kept);
  };
  const raw = (headers: Record<string, string>): Promise<Kept | undefined> => kept(FILE as unknown as string, headers);

  it('keeps nothing unless it is asked for', async () => {
    await server.post('/v1/compress', typed('a.csv', 'text/csv'));
    assert.equal(server.codec.asked.at(-1)?.keep, undefined);
    const headers = { 'content-type': 'no type', 'content-disposition': 'attachment; filename="a.csv"' };
    const answer = await server.post('/v1/compress', FILE as unknown as string, headers);
    assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="data.ardm"');
    assert.equal(server.codec.asked.at(-1)?.keep, undefined);
  });

  it("keeps what a form's part says", async () => {
    assert.deepEqual(await kept(typed('Größe.csv', 'text/csv')), { name: 'Größe.csv', mediaType: 'text/csv' });
    assert.deepEqual(await kept(typed('a.bin', 'application/octet-stream')), { name: 'a.bin' });
  });

  for (const [disposition, name] of [
    ['attachment; filename="a b.csv"', 'a b.csv'],
    ['inline; filename=a.csv', 'a.csv'],
    ['attachment; filename="x.csv"; filename*=UTF-8\'\'Gr%C3%B6%C3%9Fe%20%E8%89%B2.csv', 'Größe 色.csv'],
    [Buffer.from('attachment; filename="Größe.csv"').toString('latin1'), 'Größe.csv'],
    ['attachment; filename="Gr\xf6\xdfe.csv"', 'Größe.csv'],
    ['attachment; filename="../../etc/passwd"', 'passwd'],
    ["attachment; filename*=UTF-8''a%0D%0Ab%2Fc%E2%80%AEd.txt", 'cd.txt'],
    ['attachment; filename=".."', undefined],
    ['attachment', undefined],
    ['nonsense;;;=', undefined],
  ] as const) {
    it(`keeps ${name} of a raw body with ${JSON.stringify(disposition)}`, async () => {
      const headers = { 'content-type': 'application/octet-stream', 'content-disposition': disposition };
      assert.deepEqual(await raw(headers), name === undefined ? {} : { name });
    });
  }

  for (const [type, mediaType] of [
    ['text/csv', 'text/csv'],
    ['Text/HTML;  Charset="utf-8"', 'text/html; charset=utf-8'],
    ['application/x-www-form-urlencoded', undefined],
    ['application/octet-stream; x=y', undefined],
  ] as const) {
    it(`keeps ${mediaType} of a raw body of type ${type}`, async () => {
      assert.deepEqual(await raw({ 'content-type': type }), mediaType === undefined ? {} : { mediaType });
    });
  }

  for (const type of ['text', 'text/', 'text/plain text', `text/${'x'.repeat(123)}`, 'text/plain; a="\xe4"']) {
    it(`refuses a raw body whose type is ${JSON.stringify(type.slice(0, 20))}, before it is received`, async () => {
      const answer = await server.post('/v1/compress?keep=name', FILE as unknown as string, { 'content-type': type });
      assert.deepEqual(failure(answer), [400, 'malformed-request']);
      assert.match(problemOf(answer).detail, /media type/);
    });
  }

  for (const [query, code] of [
    ['keep=', 'invalid-keep'],
    ['keep=Name', 'invalid-keep'],
    ['keep=name,type', 'invalid-keep'],
    ['keep=name&keep=name', 'repeated-parameter'],
    ['Keep=name', 'unknown-parameter'],
  ] as const) {
    it(`refuses ?${query} with ${code}`, async () => {
      for (const path of ['/v1/compress?', '/v1/jobs?operation=compress&']) {
        assert.deepEqual(failure(await server.post(path + query, 'x')), [400, code]);
      }
    });
  }

  it('refuses a type that is none before it asks for the body', async () => {
    for (const path of ['/v1/compress?keep=name', '/v1/jobs?operation=compress&keep=name']) {
      const connection = server.raw(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: foo\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`,
      );
      await connection.untilReceived('HTTP/1.1 400 ');
      assert.doesNotMatch(connection.text, /100 Continue/);
      connection.socket.destroy();
    }
  });

  it('belongs to compressing', async () => {
    for (const path of ['/v1/decompress?', '/v1/inspect?', '/v1/jobs?operation=decompress&']) {
      assert.deepEqual(failure(await server.post(`${path}keep=name`, 'x')), [400, 'unknown-parameter']);
    }
  });

  it('names the archive after what it keeps, and inspect tells it', async () => {
    const headers = { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename="a.csv"' };
    const archive = await server.post('/v1/compress?keep=name', FILE as unknown as string, headers);
    assert.equal(archive.headers.get('content-disposition'), 'attachment; filename="a.csv.ardm"');
    const info = JSON.parse(
      (await server.post('/v1/inspect', archive.body as unknown as string)).body.toString(),
    ) as Kept;
    assert.deepEqual([info.name, info.mediaType], ['a.csv', 'text/csv']);
  });

  const restored = (keep: Kept): Promise<Received> =>
    server.post('/v1/decompress', fakeArchive(FILE, FILE.length, keep) as unknown as string);

  it('gives both back, whatever the archive is called now', async () => {
    const { headers, body } = await restored({ name: 'Größe.csv', mediaType: 'text/csv; charset=utf-8' });
    assert.deepEqual(body, FILE);
    assert.equal(headers.get('content-type'), 'text/csv; charset=utf-8');
    const name = `attachment; filename="Gr__e.csv"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.csv`;
    assert.equal(headers.get('content-disposition'), name);
    const form = new FormData();
    form.append('file', new Blob([fakeArchive(FILE, FILE.length, { name: 'b.ardm' })]), 'renamed.ardm');
    const answer = await server.post('/v1/decompress', form);
    // An archive of an archive keeps its name whole.
    assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="b.ardm"');
    assert.equal(answer.headers.get('content-type'), 'application/octet-stream');
  });

  it('gives no browser a page or a script of this origin', async () => {
    for (const mediaType of ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/javascript']) {
      const { headers } = await restored({ name: 'a.html', mediaType });
      assert.equal(headers.get('content-type'), mediaType);
      assert.match(headers.get('content-disposition') ?? '', /^attachment;/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none';.*;sandbox$/);
      assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
    }
  });

  it('makes a name safe that another writer kept', async () => {
    const { headers } = await restored({ name: 'a\u00adb\u202e.txt' });
    assert.equal(headers.get('content-disposition'), 'attachment; filename="ab.txt"');
  });

  describe('in jobs', () => {
    const job = async (
      query: string,
      body: RequestInit['body'],
      headers: Record<string, string> = {},
    ): Promise<Received> => {
      const answer = await server.post(`/v1/jobs?${query}`, body, headers);
      assert.equal(answer.status, 202, answer.body.toString());
      const path = String(answer.headers.get('location'));
      await until(async () => (await server.send(path)).body.includes('"state":"done"'), 'the job is not done');
      return await server.send(`${path}/result`);
    };

    it('goes there and back', async () => {
      const headers = { 'content-type': 'text/html', 'content-disposition': 'attachment; filename="a.html"' };
      const archive = await job('operation=compress&keep=name', FILE as unknown as string, headers);
      assert.equal(archive.headers.get('content-disposition'), 'attachment; filename="a.html.ardm"');
      assert.deepEqual(archive.body, fakeArchive(FILE, FILE.length, { name: 'a.html', mediaType: 'text/html' }));
      const original = await job('operation=decompress', archive.body as unknown as string);
      assert.deepEqual(original.body, FILE);
      assert.equal(original.headers.get('content-type'), 'text/html');
      assert.equal(original.headers.get('content-disposition'), 'attachment; filename="a.html"');
      assert.match(original.headers.get('content-security-policy') ?? '', /;sandbox$/);
      assert.equal(original.headers.get('x-content-type-options'), 'nosniff');
    });

    it('is no other job under the same key, and under another name is one', async () => {
      const key = { 'idempotency-key': 'keeps-a-name' };
      const query = '/v1/jobs?operation=compress&keep=name';
      const first = await server.post(query, typed('a.csv', 'text/csv'), key);
      const again = await server.post(query, typed('a.csv', 'text/csv'), key);
      assert.equal(again.headers.get('location'), first.headers.get('location'));
      for (const other of [typed('b.csv', 'text/csv'), typed('a.csv', 'text/plain')]) {
        assert.deepEqual(failure(await server.post(query, other, key)), [422, 'idempotency-key-reuse']);
      }
      const plain = await server.post('/v1/jobs?operation=compress', typed('a.csv', 'text/csv'), key);
      assert.deepEqual(failure(plain), [422, 'idempotency-key-reuse']);
    });
  });

  it('leaves nothing behind', () => server.untilClean());
});
