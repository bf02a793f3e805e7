import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { dictionaryOf } from '../../src/codec/dictionary.js';
import {
  DictionariesUnavailableError,
  DictionaryNotFoundError,
  TooManyDictionariesError,
} from '../../src/dictionaries/errors.js';
import { MemoryBlobs } from '../../src/dictionaries/memory-blobs.js';
import { DictionaryStore } from '../../src/dictionaries/store.js';
import type { BlobStore } from '../../src/jobs/blob-store.js';
import { JobsUnavailableError } from '../../src/jobs/errors.js';
import { FolderStore } from '../../src/jobs/folder-store.js';
import { S3Store } from '../../src/jobs/s3-store.js';
import { blobStoreConformance } from '../jobs/blob-store-conformance.js';
import { startS3 } from '../jobs/s3-server.js';

const ABOUT = { model: 'text-1', createdAt: 1 };
const LIMITS = { most: 3, cacheBytes: 1_000 };
const dictionary = (text: string) => dictionaryOf(Buffer.from(text));

/** A clock that is moved by hand. */
class Clock {
  at = 0;
  readonly now = (): number => this.at;
}

describe('blobs in memory', () => {
  blobStoreConformance(async () => ({ store: new MemoryBlobs(), close: async () => {} }));
});

async function conforms(open: () => Promise<BlobStore>): Promise<void> {
  const clock = new Clock();
  const [here, there] = [
    new DictionaryStore(await open(), LIMITS, clock.now),
    new DictionaryStore(await open(), LIMITS, clock.now),
  ];
  const one = dictionary('{"id":1}\n{"id":2}\n');
  await here.put('ann', one, ABOUT);
  // At once, and durably: another process that looks finds it.
  const found = await there.get('ann', one.id);
  assert.deepEqual(
    [Buffer.from(found.dictionary.bytes), found.model, found.createdAt],
    [Buffer.from(one.bytes), 'text-1', 1],
  );
  assert.deepEqual(
    (await there.list('ann')).map(({ dictionary: { id } }) => id),
    [one.id],
  );
  assert.deepEqual(
    (await there.of('ann').byShortId(one.identity.subarray(0, 4))).map(({ id }) => id),
    [one.id],
  );

  // Whose it is: for others it does not exist, until they make the same one.
  await assert.rejects(there.get('bob', one.id), DictionaryNotFoundError);
  await assert.rejects(there.remove('bob', one.id), DictionaryNotFoundError);
  assert.deepEqual(await there.of('bob').byShortId(one.identity.subarray(0, 4)), []);
  await there.put('bob', one, { ...ABOUT, model: 'text-2' });
  assert.equal((await here.get('bob', one.id)).model, 'text-2');
  await there.remove('bob', one.id);
  assert.equal((await here.get('ann', one.id)).model, 'text-1');

  // Putting it again changes nothing; three are enough.
  assert.equal((await there.put('ann', one, { model: 'text-9', createdAt: 9 })).createdAt, 1);
  for (const text of ['two', 'three']) await here.put('ann', dictionary(text), ABOUT);
  await assert.rejects(there.put('ann', dictionary('four'), ABOUT), TooManyDictionariesError);
  await here.put('bob', dictionary('four'), ABOUT);

  // What is removed is gone here at once, and elsewhere soon.
  await here.remove('ann', one.id);
  await assert.rejects(here.get('ann', one.id), DictionaryNotFoundError);
  clock.at += 10_001;
  await assert.rejects(there.get('ann', one.id), DictionaryNotFoundError);
  assert.deepEqual(await there.of('ann').byShortId(one.identity.subarray(0, 4)), []);

  // What is put is kept, though it was removed elsewhere a moment ago.
  const again = { ...ABOUT, createdAt: 2 };
  await here.put('ann', one, again);
  await there.get('ann', one.id);
  await here.remove('ann', one.id);
  assert.equal((await there.put('ann', one, again)).createdAt, 2);
  const fresh = new DictionaryStore(await open(), LIMITS, clock.now);
  assert.equal((await fresh.get('ann', one.id)).createdAt, 2);
  for (const id of ['', '..', one.id.toUpperCase(), `${one.id}0`, '../../etc/passwd']) {
    await assert.rejects(here.get('ann', id), DictionaryNotFoundError, id);
  }
}

describe('the store of dictionaries', () => {
  it('keeps them in memory', async () => {
    const blobs = new MemoryBlobs();
    await conforms(async () => blobs);
  });

  it('keeps them in a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ardm-dictionaries-'));
    try {
      await conforms(() => FolderStore.open(folder));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('keeps them in S3', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ardm-dictionaries-s3-'));
    const s3 = await startS3(folder);
    Object.assign(process.env, s3.credentials);
    try {
      await conforms(async () => new S3Store({ bucket: s3.bucket, endpoint: s3.endpoint, region: 'us-east-1' }));
    } finally {
      await s3.stop();
      await rm(folder, { recursive: true });
    }
  });

  it('passes over what it did not write, and what is not what its name says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ardm-dictionaries-'));
    try {
      const store = new DictionaryStore(await FolderStore.open(folder), LIMITS);
      const one = dictionary('one');
      await store.put('ann', one, ABOUT);
      const [file = ''] = await readdir(folder);
      await writeFile(join(folder, '0123456789abcdef0123456789abcdef.upload'), 'of a job');
      await writeFile(join(folder, file), '{"model":"text-1","createdAt":1}\nother bytes');
      const again = new DictionaryStore(await FolderStore.open(folder), LIMITS);
      await assert.rejects(again.get('ann', one.id), DictionaryNotFoundError);
      assert.deepEqual(await again.list('ann'), []);
      for (const damaged of ['', 'one', '{"model":', '{"model":1}\none', '{"model":"text-1","createdAt":1}']) {
        await writeFile(join(folder, file), damaged);
        await assert.rejects(again.get('ann', one.id), DictionaryNotFoundError, damaged);
        assert.deepEqual(await again.list('ann'), []);
        assert.deepEqual(await again.of('ann').byShortId(one.identity.subarray(0, 4)), []);
      }
      // Its backup mends it.
      await again.put('ann', one, ABOUT);
      assert.equal((await again.list('ann')).length, 1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says so where its blobs cannot be reached', async () => {
    const blobs = new MemoryBlobs();
    blobs.read = async () => {
      throw new JobsUnavailableError();
    };
    const store = new DictionaryStore(blobs, LIMITS);
    await assert.rejects(store.get('ann', dictionary('x').id), DictionariesUnavailableError);
  });

  it('holds as many bytes in memory as it may, and reads the others again', async () => {
    const blobs = new MemoryBlobs();
    let reads = 0;
    const read = blobs.read.bind(blobs);
    blobs.read = async (key) => {
      reads++;
      return await read(key);
    };
    const store = new DictionaryStore(blobs, { most: 10, cacheBytes: 1_000 });
    const three = ['a', 'b', 'c'].map((letter) => dictionary(letter.repeat(400)));
    for (const each of three) await store.put('ann', each, ABOUT);
    const asked = reads;
    const [a, b, c] = three.map(({ id }) => id) as [string, string, string];
    for (const id of [c, b, c, b]) await store.get('ann', id);
    assert.equal(reads, asked);
    await store.get('ann', a);
    assert.equal(reads, asked + 1);
  });
});
