import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import express from 'express';
import request from 'supertest';
import { readConfig } from '../../../src/config.js';
import { type ApiKey, identify } from '../../../src/http/guards/api-keys.js';
import { ownerOf } from '../../../src/http/guards/owner.js';
import { until } from '../../until.js';
import { failure, TestServer } from '../harness.js';

function entry(name: string, key: string): ApiKey {
  return { name, hash: createHash('sha256').update(key).digest('hex') };
}

const KEYS = [entry('first', 'key-one'), entry('second', 'key-two'), entry('second', 'key-two-new')];

describe('API keys', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start({ apiKeys: KEYS });
  });
  after(() => server.stop());

  for (const [what, headers] of [
    ['a bearer token', { authorization: 'Bearer key-one' }],
    ['a scheme in other letters', { authorization: 'bEARER  key-one ' }],
    ['X-API-Key', { 'x-api-key': 'key-two' }],
    ['the second key of a name', { 'x-api-key': 'key-two-new' }],
    ['another scheme beside X-API-Key', { authorization: 'Basic eDp5', 'x-api-key': 'key-one' }],
  ] as const) {
    it(`are taken as ${what}`, async () => {
      assert.equal((await server.post('/v1/compress', 'x', { ...headers })).status, 200);
    });
  }

  for (const [what, headers] of [
    ['none', {}],
    ['a key that is not known', { authorization: 'Bearer key-three' }],
    ['an empty key', { 'x-api-key': '' }],
    ['the hash of a key', { 'x-api-key': KEYS[0]?.hash ?? '' }],
    ['the name of a key', { 'x-api-key': 'first' }],
    ['the entry of a key', { 'x-api-key': `first:${KEYS[0]?.hash}` }],
    ['a part of a key', { 'x-api-key': 'key-on' }],
    ['a key and more', { 'x-api-key': 'key-onee' }],
    ['two keys in one header', { 'x-api-key': 'key-one, key-two' }],
    ['a key without a scheme', { authorization: 'key-one' }],
    ['a key as a password', { authorization: `Basic ${Buffer.from('first:key-one').toString('base64')}` }],
    ['a wrong bearer token beside a right key', { authorization: 'Bearer wrong', 'x-api-key': 'key-one' }],
    ['a very long key', { 'x-api-key': 'k'.repeat(10_000) }],
  ] as const) {
    it(`refuses ${what}`, async () => {
      for (const path of ['/v1/compress', '/v1/decompress', '/v1/inspect']) {
        const answer = await server.post(path, 'x', { ...headers });
        assert.deepEqual(failure(answer), [401, 'unauthorized']);
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="ardm"');
      }
      assert.deepEqual(failure(await server.send('/v1/models', { headers })), [401, 'unauthorized']);
      assert.deepEqual(failure(await server.send('/v1/models/text-1', { headers })), [401, 'unauthorized']);
    });
  }

  it('are not looked for in the query', async () => {
    const answer = await server.post('/v1/compress?api_key=key-one&access_token=key-one', 'x');
    assert.deepEqual(failure(answer), [401, 'unauthorized']);
  });

  it('are asked for before a body is, and whatever the path', async () => {
    const connection = server.raw(
      'POST /v1/compress HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n',
    );
    assert.match(await connection.untilClosed(), /^HTTP\/1\.1 401 [\s\S]*"code":"unauthorized"/);
    // Not even what there is, is told.
    await request(server.app).get('/v1/secret').expect(401);
    await server.untilClean();
  });

  it('are not asked for by what probes and generators of clients use', async () => {
    for (const path of ['/health/live', '/health/ready', '/openapi.yaml']) {
      assert.equal((await server.send(path)).status, 200);
      assert.equal((await server.send(path, { headers: { 'x-api-key': 'wrong' } })).status, 200);
    }
  });

  it('show in the log by name, and never themselves', async () => {
    const before = server.log.length;
    await server.send('/v1/models', { headers: { 'x-api-key': 'key-one' } });
    await server.send('/v1/models', { headers: { authorization: 'Bearer key-two-wrong' } });
    await until(() => server.log.length >= before + 2, 'the log lacks lines');
    const lines = server.log.slice(before);
    assert.deepEqual(
      lines.map(({ owner, status, code }) => [owner, status, code]),
      [
        ['first', 200, undefined],
        [undefined, 401, 'unauthorized'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(server.log), /key-(one|two)/);
  });

  it('are not needed where there are none', async () => {
    const open = await TestServer.start();
    for (const headers of [{}, { authorization: 'Bearer whatever' }])
      assert.equal((await open.send('/v1/models', { headers })).status, 200);
    await open.stop();
  });
});

describe('the owner of a request', () => {
  it('is the name of its key, or anonymous', async () => {
    const app = express();
    app.use(identify(KEYS));
    app.use((req, res) => void res.json(ownerOf(req)));
    await request(app).get('/').set('X-API-Key', 'key-two-new').expect(200, '"second"');
    await request(app).get('/').set('X-API-Key', 'key-three').expect(200, '"anonymous"');
    await request(app).get('/').expect(200, '"anonymous"');
    assert.equal(ownerOf({} as IncomingMessage), 'anonymous');
  });
});

describe('npm run api-key', () => {
  const script = fileURLToPath(new URL('../../../../scripts/api-key.mjs', import.meta.url));
  const make = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

  it('makes a key and an entry of API_KEYS that fit each other, and never the same again', () => {
    const keys = ['client-1', 'client-1'].map((name) => {
      const { stdout, status } = make(name);
      assert.equal(status, 0);
      const [, key = '', list = ''] = /: (ardm_[\w-]{43})\n.*: +(\S+)\n$/.exec(stdout) ?? [];
      assert.deepEqual(readConfig({ API_KEYS: list }).API_KEYS, [entry('client-1', key)]);
      return key;
    });
    assert.notEqual(keys[0], keys[1]);
  });

  it('refuses names that the configuration would refuse', () => {
    for (const name of ['', 'anonymous', 'a b', 'a:b', 'a,b', '-a', 'x'.repeat(65)]) {
      const { status, stderr, stdout } = make(name);
      assert.equal(status, 2, name);
      assert.match(stderr, /usage/);
      assert.equal(stdout, '');
      assert.throws(() => readConfig({ API_KEYS: `${name}:${'0'.repeat(64)}` }), /API_KEYS/);
    }
  });
});
