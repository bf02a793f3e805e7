import assert from 'node:assert/strict';
import { get } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { OPENAPI_TEXT } from '../contract.js';
import { TestServer } from '../harness.js';

describe('a text', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  /** Undecoded, as fetch would not give it. */
  const ask = (
    accept: string | undefined,
  ): Promise<{ coding: string | undefined; vary: unknown; length: number; body: Buffer }> =>
    new Promise((resolve, reject) => {
      const headers = accept === undefined ? {} : { 'accept-encoding': accept };
      get(`${server.url}/openapi.yaml`, { headers }, (res) => {
        buffer(res).then((body) => {
          const { 'content-encoding': coding, 'content-length': length, vary } = res.headers;
          resolve({ coding, vary, length: Number(length), body });
        }, reject);
      }).on('error', reject);
    });

  const decoded = { gzip: gunzipSync, br: brotliDecompressSync } as const;

  for (const [accept, coding] of [
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['deflate, zstd', undefined],
    ['gzip, deflate, br, zstd', 'gzip'],
    ['gzip;q=0.5, br;q=0.9', 'br'],
    ['br;q=0.2, gzip;q=0.9', 'gzip'],
    ['br;q=0, gzip;q=0', undefined],
    ['gzip;q=0.1, identity;q=0.9', undefined],
    ['*', 'br'],
    ['*;q=0', undefined],
    ['GZIP', 'gzip'],
  ] as const) {
    it(`is sent as ${coding ?? 'it is'} to who accepts ${JSON.stringify(accept)}`, async () => {
      const answer = await ask(accept);
      assert.equal(answer.coding, coding);
      assert.equal(answer.vary, 'Accept, Accept-Encoding');
      assert.equal(answer.length, answer.body.length);
      const text = coding === undefined ? answer.body : decoded[coding](answer.body);
      assert.equal(text.toString(), OPENAPI_TEXT);
      if (coding !== undefined) assert.ok(answer.body.length < OPENAPI_TEXT.length / 4);
    });
  }

  it('is the only thing that is compressed: archives and events are not', async () => {
    for (const [path, method] of [
      ['/v1/compress', 'POST'],
      ['/v1/models', 'GET'],
    ] as const) {
      const answer = await server.send(path, { method, headers: { 'accept-encoding': 'gzip, br' } });
      assert.equal(answer.headers.get('content-encoding'), null);
    }
  });
});
