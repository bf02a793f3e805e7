import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute } from 'node:path';
import { describe, it } from 'node:test';
import { ConfigError, readConfig, SETTINGS } from '../src/config.js';
import { PROVIDERS } from '../src/runtime/provider.js';

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    for (const fault of error.faults) assert.ok(error.message.includes(fault));
    return error.faults;
  }
  return [];
}

describe('the configuration', () => {
  it('has a default for everything', () => {
    const config = readConfig({});
    assert.deepEqual(Object.keys(config).sort(), Object.keys(SETTINGS).sort());
    assert.equal(config.PORT, 8080);
    assert.equal(config.MAX_UPLOAD_BYTES, 64 * 2 ** 20);
    assert.equal(config.MAX_ORIGINAL_BYTES, 64 * 2 ** 20);
    assert.equal(config.ARDM_PROVIDER, 'auto');
    assert.ok(isAbsolute(config.MODELS_DIR) && existsSync(dirname(config.MODELS_DIR)));
    assert.equal(config.ARDM_WORKERS, Math.min(availableParallelism(), 8));
  });

  it('takes an empty variable for none, and ignores what it does not know', () => {
    assert.deepEqual(readConfig({ PORT: '', HOME: '/x' }), readConfig({}));
  });

  it('reads every setting', () => {
    const env = {
      PORT: '0',
      HOST: '127.0.0.1',
      TRUST_PROXY_HOPS: '2',
      MODELS_DIR: '/models',
      ARDM_PROVIDER: 'cpu',
      ARDM_WORKERS: '3',
      ARDM_THREADS: '2',
      ARDM_DEVICES: '0,1',
      ARDM_WORKERS_PER_DEVICE: '4',
      MAX_UPLOAD_BYTES: '1000',
      MAX_ORIGINAL_BYTES: '2000',
      MAX_UPLOADS: '8',
      MIN_FREE_DISK_BYTES: '1099511627776',
      MAX_SMALL_REQUESTS: '4',
      MAX_LARGE_REQUESTS: '5',
      MAX_WAITING_REQUESTS: '0',
      API_KEYS: `a:${'0'.repeat(64)}`,
      CORS_ORIGINS: 'https://app.example,http://localhost:5173',
      PAGES: 'off',
      RATE_LIMIT_REQUESTS: '9',
      RATE_LIMIT_WINDOW_SECONDS: '10',
      REDIS_URL: 'rediss://user:password@redis.example:6380/1',
      ARDM_ROLE: 'api',
      JOBS_FOLDER: '/jobs',
      S3_BUCKET: '',
      S3_ENDPOINT: '',
      S3_REGION: 'eu-central-1',
      DEFAULT_MODEL: 'text-1',
      DATA_FOLDER: '/data',
      MAX_DICTIONARIES: '12',
      MAX_DICTIONARY_SAMPLES_BYTES: '13',
      DICTIONARY_CACHE_BYTES: '14',
      JOB_TTL_SECONDS: '8',
      JOB_ATTEMPTS: '9',
      MAX_QUEUED_JOBS: '10',
      JOB_ORPHAN_SECONDS: '11',
      SHUTDOWN_DELAY_SECONDS: '6',
      SHUTDOWN_TIMEOUT_SECONDS: '7',
      LOG_LEVEL: 'warn',
    };
    const { API_KEYS, ...config } = readConfig(env);
    assert.deepEqual(API_KEYS, [{ name: 'a', hash: '0'.repeat(64) }]);
    assert.deepEqual(
      Object.fromEntries([...Object.entries(config).map(([name, value]) => [name, String(value)])]),
      Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'API_KEYS')),
    );
  });

  it('reports all faults together, each with name, value, what is allowed, and the default', () => {
    const faults = faultsOf({
      PORT: '65536',
      ARDM_PROVIDER: 'gpu',
      ARDM_WORKERS: '0',
      MAX_UPLOAD_BYTES: '64MiB',
      LOG_LEVEL: 'loud',
    });
    assert.equal(faults.length, 5);
    assert.equal(faults[0], 'PORT="65536": must be an integer from 0 to 65535 (default 8080)');
    assert.match(faults[1] ?? '', /^ARDM_PROVIDER="gpu": must be one of auto, cpu, webgpu, cuda \(default auto\)$/);
    assert.match(faults[3] ?? '', /^MAX_UPLOAD_BYTES="64MiB": .*1073741824 \(default 67108864\)$/);
  });

  for (const value of ['-1', '1.5', '1e3', ' 80', '0x50', 'abc', '99999999999999999999']) {
    it(`does not take ${value} for a number`, () => assert.equal(faultsOf({ PORT: value }).length, 1));
  }

  it('decodes what it encodes', () => {
    assert.equal(readConfig({ MAX_UPLOAD_BYTES: '100000000' }).MAX_ORIGINAL_BYTES, 100_000_000);
    assert.equal(readConfig({ MAX_UPLOAD_BYTES: '10' }).MAX_ORIGINAL_BYTES, 64 * 2 ** 20);
    assert.match(
      faultsOf({ MAX_UPLOAD_BYTES: '1000', MAX_ORIGINAL_BYTES: '999' })[0] ?? '',
      /MAX_ORIGINAL_BYTES: must not be below/,
    );
  });

  it('reads several keys, with spaces and more than one of a name', () => {
    const hashes = ['a', 'b', 'c'].map((digit) => digit.repeat(64));
    const list = `one:${hashes[0]}, two:${hashes[1]},\n one:${hashes[2]},`;
    assert.deepEqual(readConfig({ API_KEYS: list }).API_KEYS, [
      { name: 'one', hash: hashes[0] },
      { name: 'two', hash: hashes[1] },
      { name: 'one', hash: hashes[2] },
    ]);
    assert.deepEqual(readConfig({}).API_KEYS, []);
  });

  for (const [what, list] of [
    ['a key in place of its hash', 'client:ardm_my-secret-key'],
    ['a key alone', 'my-secret-key'],
    ['a hash with capitals', `client:${'A'.repeat(64)}`],
    ['a hash that is too short', `client:${'a'.repeat(63)}`],
    ['the name of those without a key', `anonymous:${'a'.repeat(64)}`],
    ['nothing but commas', ' , '],
    ['one good and one bad key', `client:${'a'.repeat(64)},client:my-secret-key`],
  ] as const) {
    it(`does not take ${what}, nor repeat it`, () => {
      const faults = faultsOf({ API_KEYS: list });
      assert.equal(faults.length, 1);
      assert.match(faults[0] ?? '', /^API_KEYS: must be name:hash.*\(default empty\)$/);
      assert.doesNotMatch(faults[0] ?? '', /secret|a{63}/i);
    });
  }

  it('reads origins with spaces, and none', () => {
    const list = ' https://pages.example:8443, http://localhost:5173,http://[::1]:8088';
    assert.deepEqual(readConfig({ CORS_ORIGINS: list }).CORS_ORIGINS, [
      'https://pages.example:8443',
      'http://localhost:5173',
      'http://[::1]:8088',
    ]);
    assert.deepEqual(readConfig({}).CORS_ORIGINS, []);
  });

  // Browsers never send these, so that the pages would be refused without a word.
  for (const list of [
    '*',
    'null',
    'pages.example',
    'https://pages.example/',
    'https://pages.example/path',
    'https://Pages.example',
    'https://pages.example:443',
    'https://*.example',
    'https://user@pages.example',
    'ftp://pages.example',
    'https://good.example,bad',
    ',',
  ]) {
    it(`does not take ${JSON.stringify(list)} for origins`, () => {
      const faults = faultsOf({ CORS_ORIGINS: list });
      assert.equal(faults.length, 1);
      assert.match(faults[0] ?? '', /^CORS_ORIGINS=.*: must be origins such as https:.*\(default empty\)$/);
    });
  }

  it('takes only a Redis for one, and never repeats its password', () => {
    for (const url of ['redis.example:6379', 'http://:my-secret@redis.example', 'my-secret', 'redis://']) {
      const faults = faultsOf({ REDIS_URL: url });
      assert.match(faults[0] ?? '', /^REDIS_URL: must be a URL/, url);
      assert.doesNotMatch(faults[0] ?? '', /secret/);
    }
    assert.equal(readConfig({ REDIS_URL: 'redis://localhost', JOBS_FOLDER: '/shared' }).REDIS_URL, 'redis://localhost');
    assert.equal(readConfig({}).REDIS_URL, '');
  });

  it('says what is missing for jobs to be shared', () => {
    const redis = { REDIS_URL: 'redis://host:6379' };
    const bucket = { S3_BUCKET: 'jobs' };
    for (const [env, fault] of [
      [{ ARDM_ROLE: 'api' }, /^ARDM_ROLE=api: needs REDIS_URL/],
      [{ ARDM_ROLE: 'worker' }, /^ARDM_ROLE=worker: needs REDIS_URL/],
      [redis, /^REDIS_URL: needs S3_BUCKET, or JOBS_FOLDER/],
      [bucket, /^S3_BUCKET: needs REDIS_URL/],
      [{ S3_ENDPOINT: 'http://host' }, /^S3_ENDPOINT: needs S3_BUCKET/],
      [{ ...redis, ...bucket, JOBS_FOLDER: '/jobs' }, /^S3_BUCKET: give either it or JOBS_FOLDER/],
      [{ ...redis, S3_BUCKET: 'No Bucket' }, /^S3_BUCKET="No Bucket": must be the name/],
    ] as const) {
      const faults = faultsOf(env);
      assert.equal(faults.length, 1, faults.join());
      assert.match(faults[0] ?? '', fault);
    }
    for (const env of [
      { ...redis, JOBS_FOLDER: '/shared' },
      { ...redis, ...bucket, S3_ENDPOINT: 'https://host:9000', ARDM_ROLE: 'worker' },
    ]) {
      assert.deepEqual(faultsOf(env), []);
    }
  });

  it('knows the providers that the runtime knows', () => {
    for (const provider of [...PROVIDERS, 'auto'])
      assert.equal(readConfig({ ARDM_PROVIDER: provider }).ARDM_PROVIDER, provider);
  });
});
