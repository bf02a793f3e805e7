import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FolderStore } from '../../src/jobs/folder-store.js';
import { blobStoreConformance } from './blob-store-conformance.js';
import { bytesOf, source } from './samples.js';

describe('FolderStore', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ardm-folder-store-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  blobStoreConformance(async () => ({
    store: await FolderStore.open(join(folder, 'conformance')),
    close: async () => {},
  }));

  it('makes its folder, for this user alone, and files, too', async () => {
    const path = join(folder, 'new', 'deep');
    const store = await FolderStore.open(path);
    await store.write('a.upload', source(['x']));
    assert.equal((await stat(path)).mode & 0o777, 0o700);
    assert.equal((await stat(join(path, 'a.upload'))).mode & 0o777, 0o600);
  });

  // Not in the suite for all: the S3 server of the tests takes the range 0-0 for the whole.
  it('gives the first byte alone', async () => {
    const store = await FolderStore.open(join(folder, 'first'));
    await store.write('a.upload', source(['xyz']));
    assert.equal((await bytesOf(await store.read('a.upload', { start: 0, end: 0 }))).toString(), 'x');
  });

  it('sweeps what a killed process has left, when it is told that it is stale', async () => {
    const path = join(folder, 'swept');
    const store = await FolderStore.open(path);
    const left = '.a.upload.0123456789abcdef.tmp';
    await writeFile(join(path, left), 'half');
    await writeFile(join(path, '.not-ours'), 'x');
    const changed = new Date(1_700_000_000_000);
    await utimes(join(path, left), changed, changed);
    const asked: unknown[] = [];
    assert.equal(await store.sweep((...about) => asked.push(about) === 0), 0);
    assert.deepEqual(asked, [[left, changed.getTime()]]);
    assert.equal(await store.sweep(() => true), 1);
    assert.deepEqual(await readdir(path), ['.not-ours']);
  });
});
