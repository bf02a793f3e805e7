import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Codec } from '../../../src/codec/codec.js';
import type { Estimate } from '../../../src/codec/estimate.js';
import { open } from '../../../src/containers/container.js';
import { PICTURE_MODELS } from '../../../src/pictures/kind.js';
import { SOUND_MODELS } from '../../../src/sound/kind.js';
import { codecModel, FakeCoder, FakeModels } from '../../codec/fakes.js';
import { until } from '../../until.js';
import type { Received } from '../contract.js';
import { failure, form, randomBytes, TEXT_MODEL, TestServer } from '../harness.js';

const TEXT = Buffer.from('It was late in the evening when the train from the coast came in.\n'.repeat(8));

const estimated = ({ status, body }: Received): Estimate => {
  assert.equal(status, 200, body.toString());
  return JSON.parse(body.toString()) as Estimate;
};

describe('POST /v1/estimate, of the codec itself', () => {
  let server: TestServer;
  before(async () => {
    const coder = new FakeCoder(() => 0.1);
    const codec = new Codec({ models: new FakeModels([codecModel('text-1')]), coder, maxOriginalSize: 2 ** 20 });
    server = await TestServer.start({ codec });
  });
  after(() => server.stop());

  it('is a ladder, with peers, in JSON without a null', async () => {
    const answer = await server.post('/v1/estimate', TEXT);
    const { originalBytes, model, kind, exact, ladder, peers, detail } = estimated(answer);
    assert.deepEqual([originalBytes, model, kind, exact, detail], [TEXT.length, 'text-1', 'context', true, undefined]);
    assert.deepEqual(
      ladder.map(({ calls }) => calls),
      [1, 4, 16, 32, 64, 85, 128, 256, 1024],
    );
    assert.deepEqual(
      peers.slice(0, 2).map(({ name }) => name),
      ['gzip -9', 'brotli -q 11'],
    );
    assert.doesNotMatch(answer.body.toString(), /null/);
    for (const { calls, bytes } of ladder) {
      const { body } = await server.post(`/v1/compress?calls=${calls}`, TEXT);
      assert.equal(bytes, body.length);
    }
    assert.equal(estimated(await server.post('/v1/estimate', randomBytes(300_000, 3))).exact, false);
  });

  it('takes what compress takes: forms, a model, a dictionary kept or sent along, a digest', async () => {
    const data = form(['file', 'a.txt', TEXT]);
    data.append('calls', '50');
    assert.ok(estimated(await server.post('/v1/estimate', data)).ladder.some(({ calls }) => calls === 50));
    const content = randomBytes(300, 5);
    const id = createHash('sha256').update(content).digest('hex');
    await server.send(`/v1/dictionaries/${id}`, { method: 'PUT', body: content });
    const plain = estimated(await server.post('/v1/estimate?model=text-1', TEXT));
    const kept = estimated(await server.post(`/v1/estimate?model=text-1&dictionary=${id}`, TEXT));
    const along = form(['file', 'a.txt', TEXT], ['dictionaryContent', 'd', content]);
    along.append('model', 'text-1');
    const sent = estimated(await server.post('/v1/estimate', along));
    const bytes = ({ ladder }: Estimate) => ladder.map((rung) => rung.bytes);
    assert.deepEqual(bytes(kept), bytes(sent));
    assert.ok((bytes(kept)[0] ?? 0) < (bytes(plain)[0] ?? 0));
    const wrong = { 'Content-Digest': `sha-256=:${Buffer.alloc(32).toString('base64')}:` };
    assert.deepEqual(failure(await server.post('/v1/estimate', TEXT, wrong)), [400, 'content-digest-mismatch']);
  });

  it('tells what each byte takes, where that is wanted', async () => {
    const { detail } = estimated(await server.post('/v1/estimate?detail=bytes&calls=4', TEXT));
    assert.deepEqual([detail?.calls, detail?.bits.length, detail?.call.length], [4, TEXT.length, TEXT.length]);
    assert.equal(estimated(await server.post('/v1/estimate?detail=bytes', randomBytes(20_000, 1))).detail, undefined);
    assert.deepEqual(estimated(await server.post('/v1/estimate?detail=bytes', '')).detail?.bits, []);
  });

  it('refuses what it cannot tell', async () => {
    for (const [query, ...expected] of [
      ['detail=bits', 400, 'invalid-detail'],
      ['calls=0', 400, 'invalid-calls'],
      ['keep=name', 400, 'unknown-parameter'],
      ['detail=bytes&detail=bytes', 400, 'repeated-parameter'],
      ['model=text-9', 404, 'model-not-found'],
      [`dictionary=${'0'.repeat(64)}`, 404, 'dictionary-not-found'],
    ] as const) {
      assert.deepEqual(failure(await server.post(`/v1/estimate?${query}`, TEXT)), expected, query);
    }
    assert.deepEqual(failure(await server.post('/v1/estimate', randomBytes(2 ** 20 + 1, 2))), [
      413,
      'upload-too-large',
    ]);
    assert.deepEqual(failure(await server.send('/v1/estimate')), [405, 'method-not-allowed']);
  });
});

describe('estimates and samples', () => {
  it('wait for a place as any work does, and are given up when the client leaves', async () => {
    const server = await TestServer.start({ classes: { small: 1, large: 1, waiting: 0 } });
    try {
      const release = server.codec.hold();
      const left = server.post('/v1/compress', TEXT);
      await until(() => server.codec.working === 1, 'nothing works');
      assert.deepEqual(failure(await server.post('/v1/estimate', TEXT)), [503, 'overloaded']);
      assert.deepEqual(failure(await server.send('/v1/models/text-1/sample')), [503, 'overloaded']);
      release();
      await left;
      for (const [path, init] of [
        ['/v1/estimate', { method: 'POST', body: TEXT }],
        ['/v1/models/text-1/sample', {}],
      ] as const) {
        const releaseNext = server.codec.hold();
        const stopped = server.codec.stopped.length;
        const gone = new AbortController();
        const asked = fetch(server.url + path, { ...init, signal: gone.signal }).catch(() => {});
        await until(() => server.codec.working === 1, `${path} does not work`);
        gone.abort();
        await asked;
        await until(() => server.codec.stopped.length > stopped, `${path} goes on`);
        releaseNext();
        await until(() => server.codec.working === 0, `${path} does not end`);
      }
      await server.untilClean();
    } finally {
      await server.stop();
    }
  });

  it('ask for a key where there are keys', async () => {
    const hash = createHash('sha256').update('secret').digest('hex');
    const server = await TestServer.start({ apiKeys: [{ name: 'ann', hash }] });
    try {
      assert.deepEqual(failure(await server.post('/v1/estimate', TEXT)), [401, 'unauthorized']);
      assert.deepEqual(failure(await server.send('/v1/models/text-1/sample')), [401, 'unauthorized']);
      estimated(await server.post('/v1/estimate', TEXT, { 'X-API-Key': 'secret' }));
    } finally {
      await server.stop();
    }
  });
});

describe('pictures', () => {
  let server: TestServer;
  before(async () => {
    const models = new FakeModels([
      codecModel('text-1'),
      { ...codecModel('p', [3, 4]), kind: PICTURE_MODELS },
      { ...codecModel('s', [5, 6]), kind: SOUND_MODELS },
    ]);
    // What begins as a file of a picture does is coded as bytes, which is worse.
    const coder = new FakeCoder(([first]) => (first === 0x50 ? 0.5 : 0.1));
    const codec = new Codec({ models, coder, maxOriginalSize: 2 ** 20 });
    server = await TestServer.start({ codec, models: ['text-1', 'p', 's'].map((id) => ({ ...TEXT_MODEL, id })) });
  });
  after(() => server.stop());

  it('are told of pixel by pixel, whatever their length', async () => {
    for (const [width, height] of [
      [30, 20],
      [120, 90],
    ] as const) {
      const file = Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), randomBytes(3 * width * height, 7)]);
      for (const model of ['auto', 'p']) {
        const { exact, detail } = estimated(await server.post(`/v1/estimate?detail=bytes&model=${model}`, file));
        assert.deepEqual([exact, detail?.picture], [true, { width, height, channels: 3 }]);
        assert.deepEqual([detail?.bits.length, detail?.call.length], [width * height, width * height]);
        assert.equal(estimated(await server.post(`/v1/estimate?model=${model}`, file)).detail, undefined);
      }
      const { detail } = estimated(await server.post('/v1/estimate?detail=bytes&model=text-1', file));
      assert.equal(detail?.picture, undefined);
    }
  });

  it('are dreamed of as PNG', async () => {
    for (const [query, width, height, channels] of [
      ['', 64, 64, 3],
      ['?seed=3&pixels=1x1024x1', 1, 1024, 1],
      ['?pixels=256x256x4&calls=fast', 256, 256, 4],
    ] as const) {
      const { status, headers, body } = await server.send(`/v1/models/p/sample${query}`);
      assert.deepEqual([status, headers.get('content-type')], [200, 'image/png']);
      const opened = await open(body, { maxSamples: 2 ** 20, pause: async () => undefined });
      assert.deepEqual(opened?.content.picture, { width, height, channels });
    }
  });

  it('are dreamed of, and texts, but no sound', async () => {
    const answer = await server.send('/v1/models/s/sample');
    assert.deepEqual(failure(answer), [422, 'content-not-for-model']);
    assert.match(answer.body.toString(), /no samples of it are drawn\. Ask a model of bytes or pictures\./);
  });

  it('are not dreamed of in bytes, nor texts in pixels, nor too large', async () => {
    for (const path of [
      'p/sample?length=5',
      'text-1/sample?pixels=5x5x1',
      'p/sample?pixels=257x256x1',
      'p/sample?pixels=1025x1x1',
      'p/sample?pixels=5x5x2',
      'p/sample?pixels=5x5',
      'p/sample?seed=-1',
    ]) {
      assert.deepEqual(failure(await server.send(`/v1/models/${path}`)), [400, 'invalid-sample'], path);
    }
  });
});

describe('GET /v1/models/{id}/sample', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  it('is text of the length, seed and calls that were asked for', async () => {
    const usual = await server.send('/v1/models/text-1/sample');
    assert.equal(usual.status, 200);
    assert.equal(usual.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(usual.body.length, 512);
    assert.match(usual.body.toString(), /^text-1 balanced 0 /);
    const asked = await server.send('/v1/models/text-1/sample?calls=4&seed=4294967295&length=16384');
    assert.equal(asked.body.length, 16_384);
    assert.match(asked.body.toString(), /^text-1 4 4294967295 /);
    const head = await server.send('/v1/models/text-1/sample', { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, '512']);
  });

  it('is refused where there is none', async () => {
    for (const [query, code] of [
      ['length=0', 'invalid-sample'],
      ['length=16385', 'invalid-sample'],
      ['length=1e3', 'invalid-sample'],
      ['seed=-1', 'invalid-sample'],
      ['seed=01', 'invalid-sample'],
      ['seed=4294967296', 'invalid-sample'],
      ['calls=1025', 'invalid-calls'],
      ['seed=1&seed=2', 'repeated-parameter'],
      ['size=3', 'unknown-parameter'],
    ]) {
      assert.deepEqual(failure(await server.send(`/v1/models/text-1/sample?${query}`)), [400, code], query);
    }
    assert.deepEqual(failure(await server.send('/v1/models/text-9/sample')), [404, 'model-not-found']);
    assert.deepEqual(failure(await server.send('/v1/models/auto/sample')), [404, 'model-not-found']);
    assert.deepEqual(failure(await server.post('/v1/models/text-1/sample', '')), [405, 'method-not-allowed']);
  });
});
