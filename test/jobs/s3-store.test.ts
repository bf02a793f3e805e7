import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { JobsUnavailableError } from '../../src/jobs/errors.js';
import { S3Store } from '../../src/jobs/s3-store.js';
import { blobStoreConformance } from './blob-store-conformance.js';
import { freePort } from './redis-server.js';
import { source } from './samples.js';

/** A small server that speaks S3, without types of its own. */
interface S3Server {
  run(): Promise<unknown>;
  close(): Promise<unknown>;
}
const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => S3Server;

describe('S3Store', () => {
  let folder: string;
  let server: S3Server;
  let endpoint: string;
  before(async () => {
    process.env.AWS_ACCESS_KEY_ID = 'S3RVER';
    process.env.AWS_SECRET_ACCESS_KEY = 'S3RVER';
    folder = await mkdtemp(join(tmpdir(), 'ardm-s3-'));
    const port = await freePort();
    server = new S3rver({
      port,
      address: '127.0.0.1',
      silent: true,
      directory: folder,
      configureBuckets: [{ name: 'jobs' }],
    });
    await server.run();
    endpoint = `http://127.0.0.1:${port}`;
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  blobStoreConformance(async () => ({
    store: new S3Store({ bucket: 'jobs', endpoint, region: 'us-east-1' }),
    close: async () => {},
  }));

  it('says that it is not available when the bucket or the service is not there', async () => {
    for (const setting of [
      { bucket: 'no-such', endpoint },
      { bucket: 'jobs', endpoint: `http://127.0.0.1:${await freePort()}` },
    ]) {
      const store = new S3Store({ ...setting, region: 'us-east-1' });
      await assert.rejects(store.write('a.upload', source(['x'])), JobsUnavailableError);
      await assert.rejects(store.read('a.upload'), JobsUnavailableError);
      await assert.rejects(async () => {
        for await (const _ of store.list());
      }, JobsUnavailableError);
    }
  });
});
