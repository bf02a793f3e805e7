import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { JobsUnavailableError } from '../../src/jobs/errors.js';
import { S3Store } from '../../src/jobs/s3-store.js';
import { freePort } from '../free-port.js';
import { blobStoreConformance } from './blob-store-conformance.js';
import { type StartedS3, startS3 } from './s3-server.js';
import { source } from './samples.js';

describe('S3Store', () => {
  let folder: string;
  let server: StartedS3;
  let endpoint: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ardm-s3-'));
    server = await startS3(folder);
    Object.assign(process.env, server.credentials);
    endpoint = server.endpoint;
  });
  after(async () => {
    await server.stop();
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
