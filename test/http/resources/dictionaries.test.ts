import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Codec } from '../../../src/codec/codec.js';
import { codecModel, FakeCoder, FakeModels } from '../../codec/fakes.js';
import { until } from '../../until.js';
import type { Received } from '../contract.js';
import { failure, form, randomBytes, TestServer } from '../harness.js';

const SAMPLES = Array.from({ length: 50 }, (_, i) => `{"id":${i},"name":"record ${i}","tags":["a","b"]}`);
const RECORD = Buffer.from('{"id":4711,"name":"another record","tags":["c"]}');
const KEYS = ['ann', 'bob'].map((name) => ({
  name,
  hash: createHash('sha256').update(`key-of-${name}`).digest('hex'),
}));
const as = (name: string): Record<string, string> => ({ Authorization: `Bearer key-of-${name}` });

/** The codec itself, with a coder that takes half as many bytes with the right dictionary, and gives zeros with a wrong one. */
function codec(): Codec {
  return new Codec({
    models: new FakeModels([codecModel('text-1')]),
    coder: new FakeCoder(() => 0.4),
    maxOriginalSize: 2 ** 20,
  });
}

interface Made {
  readonly id: string;
  readonly size: number;
  readonly gains: { readonly verdict: string; readonly samples: number };
}
const made = ({ body }: Received): Made => JSON.parse(body.toString()) as Made;

describe('dictionaries', () => {
  let server: TestServer;
  let id: string;
  before(async () => {
    server = await TestServer.start({ codec: codec() });
    id = made(await server.post('/v1/dictionaries?size=1000', SAMPLES.join('\n'))).id;
  });
  after(() => server.stop());

  it('are made of lines, of a JSON array, and of parts of a form, and told what they gain', async () => {
    const lines = await server.post('/v1/dictionaries?size=1000', SAMPLES.join('\n'));
    assert.equal(lines.status, 201);
    assert.equal(lines.headers.get('location'), `/v1/dictionaries/${id}`);
    assert.deepEqual([made(lines).gains.verdict, made(lines).gains.samples], ['helps', 10]);
    assert.ok(made(lines).size <= 1000);
    const array = await server.post('/v1/dictionaries?size=1000&split=json', `[${SAMPLES.join(',\n')}]`);
    const parts = await server.post(
      '/v1/dictionaries',
      (() => {
        const data = form(...SAMPLES.map((text): ['sample', string, string] => ['sample', 'a.json', text]));
        data.append('size', '1000');
        return data;
      })(),
    );
    // The same samples, the same dictionary.
    assert.deepEqual([made(array).id, made(parts).id], [id, id]);
  });

  it('are listed, shown, fetched, removed when that is confirmed, and put back', async () => {
    const list = await server.send('/v1/dictionaries');
    assert.deepEqual(
      (JSON.parse(list.body.toString()) as { dictionaries: Made[] }).dictionaries.map((d) => d.id),
      [id],
    );
    const shown = await server.send(`/v1/dictionaries/${id}`);
    assert.equal(shown.status, 200);
    const content = await server.send(`/v1/dictionaries/${id}/content`);
    assert.equal(createHash('sha256').update(content.body).digest('hex'), id);
    assert.match(content.headers.get('content-disposition') ?? '', /^attachment; /);
    const path = `/v1/dictionaries/${id}`;
    assert.deepEqual(failure(await server.send(path, { method: 'DELETE' })), [400, 'confirmation-needed']);
    assert.deepEqual(failure(await server.send(`${path}?confirm=1`, { method: 'DELETE' })), [
      400,
      'confirmation-needed',
    ]);
    assert.equal((await server.send(`${path}?confirm=true`, { method: 'DELETE' })).status, 204);
    assert.deepEqual(failure(await server.send(path)), [404, 'dictionary-not-found']);
    assert.deepEqual(failure(await server.send(`${path}/content`)), [404, 'dictionary-not-found']);
    const put = (body: Uint8Array, to = path) => server.send(to, { method: 'PUT', body: Buffer.from(body) });
    assert.deepEqual(failure(await put(content.body.subarray(1))), [422, 'dictionary-mismatch']);
    assert.deepEqual(failure(await put(content.body, '/v1/dictionaries/abc')), [422, 'dictionary-mismatch']);
    assert.deepEqual(failure(await put(Buffer.alloc(0))), [422, 'invalid-dictionary']);
    assert.deepEqual(failure(await put(content.body, `${path}?model=none`)), [404, 'model-not-found']);
    const back = await put(content.body);
    assert.equal(back.status, 200);
    assert.equal(made(back).id, id);
    assert.equal((await put(content.body)).status, 200);
  });

  it('are used for archives, and found by whoever decompresses them', async () => {
    const plain = await server.post('/v1/compress?model=text-1', RECORD);
    const smaller = await server.post(`/v1/compress?model=text-1&dictionary=${id}`, RECORD);
    assert.ok(smaller.body.length < plain.body.length);
    assert.deepEqual((await server.post('/v1/decompress', smaller.body)).body, RECORD);
    assert.deepEqual((await server.post(`/v1/decompress?dictionary=${id}`, smaller.body)).body, RECORD);
    const { dictionary } = JSON.parse((await server.post('/v1/inspect', smaller.body)).body.toString()) as {
      dictionary: string;
    };
    assert.equal(dictionary, id.slice(0, 8));
    const other = made(await server.post('/v1/dictionaries?size=200', SAMPLES.join('\n'))).id;
    assert.deepEqual(failure(await server.post(`/v1/decompress?dictionary=${other}`, smaller.body)), [
      422,
      'unknown-dictionary',
    ]);
    assert.deepEqual(failure(await server.post(`/v1/compress?dictionary=${'0'.repeat(64)}`, RECORD)), [
      404,
      'dictionary-not-found',
    ]);
    assert.deepEqual(failure(await server.post('/v1/compress?dictionary=x', RECORD)), [404, 'dictionary-not-found']);
  });

  it('may come along in a form, which keeps nothing', async () => {
    const mine = Buffer.from('my own dictionary, of which the server keeps nothing\n');
    const with_ = (content: Uint8Array, file: Uint8Array) =>
      form(['dictionaryContent', 'd', content], ['file', 'a.json', file]);
    const archive = await server.post('/v1/compress?model=text-1', with_(mine, RECORD));
    assert.equal(archive.status, 200);
    assert.deepEqual(failure(await server.post('/v1/decompress', archive.body)), [422, 'unknown-dictionary']);
    assert.deepEqual((await server.post('/v1/decompress', with_(mine, archive.body))).body, RECORD);
    const backwards = form(['file', 'a.ardm', archive.body], ['dictionaryContent', 'd', mine]);
    assert.deepEqual((await server.post('/v1/decompress', backwards)).body, RECORD);
    const wrong = await server.post('/v1/decompress', with_(Buffer.from('another one'), archive.body));
    assert.deepEqual(failure(wrong), [422, 'unknown-dictionary']);
    assert.deepEqual(failure(await server.post('/v1/compress', with_(Buffer.alloc(0), RECORD))), [
      422,
      'invalid-dictionary',
    ]);
    const long = await server.post('/v1/compress', with_(Buffer.alloc(2 ** 17 + 1), RECORD));
    assert.deepEqual(failure(long), [400, 'malformed-multipart']);
    const twice = form(['dictionaryContent', 'd', mine], ['dictionaryContent', 'd', mine], ['file', 'a', RECORD]);
    assert.deepEqual(failure(await server.post('/v1/compress', twice)), [400, 'repeated-parameter']);
    const both = await server.post(`/v1/compress?dictionary=${id}`, with_(mine, RECORD));
    assert.deepEqual(failure(both), [422, 'dictionary-mismatch']);
    assert.deepEqual(failure(await server.post('/v1/inspect', with_(mine, archive.body))), [400, 'unexpected-field']);
  });

  it('make bare frames, which take whatever made them to be read', async () => {
    const bare = `framing=bare&dictionary=${id}`;
    const frame = await server.post(`/v1/compress?${bare}`, RECORD);
    assert.equal(frame.status, 200);
    assert.equal(frame.headers.get('content-type'), 'application/octet-stream');
    assert.equal(frame.headers.get('ardm-model'), 'text-1');
    const archive = await server.post(`/v1/compress?dictionary=${id}`, RECORD);
    assert.equal(frame.body.length, archive.body.length - 12);
    const read = (query: string, body: Uint8Array = frame.body) =>
      server.post(`/v1/decompress?${query}`, Buffer.from(body));
    assert.deepEqual((await read(bare)).body, RECORD);
    assert.deepEqual((await read(`${bare}&calls=balanced&model=text-1`)).body, RECORD);
    assert.deepEqual(failure(await read(`${bare}&calls=17`)), [422, 'checksum-mismatch']);
    assert.deepEqual(failure(await read('framing=bare&model=text-1&calls=balanced')), [422, 'checksum-mismatch']);
    assert.deepEqual(failure(await read(bare, frame.body.subarray(0, 3))), [422, 'truncated-archive']);
    assert.deepEqual(failure(await read(bare, Buffer.concat([frame.body, Buffer.from([1])]))), [
      422,
      'checksum-mismatch',
    ]);
    assert.deepEqual(failure(await read(bare, archive.body))[0], 422);
    assert.deepEqual(failure(await server.post('/v1/decompress', frame.body))[0], 422);
    // Nothing says what made it.
    for (const query of [
      'framing=bare',
      'framing=bare&model=text-1',
      'framing=bare&calls=5',
      'framing=bare&model=auto&calls=5',
    ]) {
      assert.deepEqual(failure(await server.post(`/v1/compress?${query}`, RECORD)), [400, 'invalid-framing'], query);
      assert.deepEqual(failure(await read(query)), [400, 'invalid-framing'], query);
    }
    assert.deepEqual(failure(await server.post(`/v1/compress?${bare}&keep=name`, RECORD)), [400, 'invalid-framing']);
    assert.deepEqual(failure(await server.post('/v1/compress?framing=raw', RECORD)), [400, 'invalid-framing']);
    assert.deepEqual(failure(await server.post('/v1/decompress?calls=5', archive.body)), [400, 'invalid-framing']);
    const long = await server.post(`/v1/compress?${bare}`, randomBytes(2 ** 19 + 1, 7));
    assert.deepEqual(failure(long), [413, 'record-too-long']);
    for (const file of [Buffer.alloc(0), randomBytes(100, 5), Buffer.alloc(2 ** 19, 'ab')]) {
      const answer = await server.post(`/v1/compress?${bare}`, file);
      assert.deepEqual((await read(bare, answer.body)).body, file);
    }
  });

  it('are used by jobs', async () => {
    const submit = async (query: string, body: Uint8Array): Promise<Received> => {
      const job = await server.post(`/v1/jobs?${query}`, Buffer.from(body));
      assert.equal(job.status, 202, job.body.toString());
      const path = job.headers.get('location') as string;
      await until(
        async () => /"state":"(done|failed)"/.test((await server.send(path)).body.toString()),
        'not finished',
      );
      return await server.send(`${path}/result`);
    };
    const archive = await submit(`operation=compress&model=text-1&dictionary=${id}`, RECORD);
    assert.deepEqual((await server.post('/v1/decompress', archive.body)).body, RECORD);
    assert.deepEqual((await submit('operation=decompress', archive.body)).body, RECORD);
    assert.deepEqual((await submit(`operation=decompress&dictionary=${id}`, archive.body)).body, RECORD);
    const none = await server.post(`/v1/jobs?operation=compress&dictionary=${'1'.repeat(64)}`, RECORD);
    assert.deepEqual(failure(none), [404, 'dictionary-not-found']);
  });

  it('are refused of too few or wrong samples, with a size or split that cannot be, and beyond the limits', async () => {
    assert.deepEqual(failure(await server.post('/v1/dictionaries', 'one\ntwo\n')), [422, 'invalid-samples']);
    assert.deepEqual(failure(await server.post('/v1/dictionaries?split=json', 'one\ntwo\n')), [422, 'invalid-samples']);
    for (const query of ['size=0', 'size=131073', 'size=x', 'size=1e3', 'split=words']) {
      assert.deepEqual(
        failure(await server.post(`/v1/dictionaries?${query}`, 'x')),
        [400, 'invalid-dictionary-request'],
        query,
      );
    }
    assert.deepEqual(failure(await server.post('/v1/dictionaries?model=none', SAMPLES.join('\n'))), [
      404,
      'model-not-found',
    ]);
    assert.deepEqual(failure(await server.post('/v1/dictionaries', Buffer.alloc(2 ** 20 + 1))), [
      413,
      'upload-too-large',
    ]);
    assert.deepEqual(failure(await server.post('/v1/dictionaries', form(['file', 'a', 'x']))), [
      400,
      'unexpected-field',
    ]);
  });
});

describe('dictionaries with API keys', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start({ codec: codec(), apiKeys: KEYS });
  });
  after(() => server.stop());

  it('belong to their keys: others get what they would get for one that does not exist', async () => {
    const { id } = made(await server.post('/v1/dictionaries?size=900', SAMPLES.join('\n'), as('ann')));
    const absent = 'f'.repeat(64);
    const archive = await server.post(`/v1/compress?model=text-1&dictionary=${id}`, RECORD, as('ann'));
    for (const [path, init] of [
      ['/v1/dictionaries/ID', {}],
      ['/v1/dictionaries/ID/content', {}],
      ['/v1/dictionaries/ID?confirm=true', { method: 'DELETE' }],
      ['/v1/compress?dictionary=ID', { method: 'POST', body: RECORD }],
      ['/v1/decompress?dictionary=ID', { method: 'POST', body: RECORD }],
      ['/v1/jobs?operation=compress&dictionary=ID', { method: 'POST', body: RECORD }],
      ['/v1/batch/compress?dictionary=ID', { method: 'POST', body: RECORD }],
    ] as const) {
      const of = async (wanted: string) => {
        const answer = await server.send(path.replace('ID', wanted), { ...init, headers: as('bob') });
        const { instance: _, ...problem } = JSON.parse(answer.body.toString()) as Record<string, unknown>;
        return JSON.stringify(problem).replaceAll(wanted, 'ID');
      };
      assert.match(await of(id), /dictionary-not-found/, path);
      assert.equal(await of(id), await of(absent), path);
    }
    assert.deepEqual(failure(await server.post('/v1/decompress', archive.body, as('bob'))), [
      422,
      'unknown-dictionary',
    ]);
    assert.equal(
      (await server.send('/v1/dictionaries', { headers: as('bob') })).body.toString(),
      '{"dictionaries":[]}',
    );
    // Who makes the same has it for himself: each removes his own.
    assert.equal(made(await server.post('/v1/dictionaries?size=900', SAMPLES.join('\n'), as('bob'))).id, id);
    const gone = await server.send(`/v1/dictionaries/${id}?confirm=true`, { method: 'DELETE', headers: as('bob') });
    assert.equal(gone.status, 204);
    assert.deepEqual((await server.post('/v1/decompress', archive.body, as('ann'))).body, RECORD);
  });

  it('are limited in number, key by key', async () => {
    for (let i = 0; i < 25; i++) {
      const answer = await server.post(`/v1/dictionaries?size=${100 + 40 * i}`, SAMPLES.join('\n'), as('bob'));
      if (answer.status === 201) continue;
      assert.deepEqual(failure(answer), [409, 'too-many-dictionaries']);
      assert.ok(i >= 15, `${i}`);
      return;
    }
    assert.fail('no limit');
  });
});
