import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BlobStore } from '../../src/jobs/blob-store.js';
import { BlobMissingError } from '../../src/jobs/errors.js';
import { randomBytes } from '../http/harness.js';
import { bytesOf, source } from './samples.js';

export interface OpenedStore {
  readonly store: BlobStore;
  readonly close: () => Promise<void>;
}

/** What the contract of BlobStore promises, whatever keeps the bytes. */
export function blobStoreConformance(open: () => Promise<OpenedStore>): void {
  describe('keeps the promises of BlobStore', () => {
    let store: BlobStore;
    let close: () => Promise<void>;
    before(async () => {
      ({ store, close } = await open());
    });
    after(() => close());

    const keys = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const { key } of store.list()) found.push(key);
      return found.sort();
    };

    it('gives back what was written, of any length', async () => {
      for (const length of [0, 1, 65_537, 12 * 2 ** 20 + 3]) {
        const bytes = Buffer.alloc(length, randomBytes(1_021, length + 1));
        const chunks = [bytes.subarray(0, length >> 1), bytes.subarray(length >> 1)];
        assert.equal(await store.write('a.upload', source(chunks)), length);
        assert.ok((await bytesOf(await store.read('a.upload'))).equals(bytes), `${length} bytes`);
      }
      await store.remove('a.upload');
    });

    it('gives a range, both ends included', async () => {
      await store.write('r.upload', source(['0123', '456789']));
      for (const [start, end, text] of [
        [0, 1, '01'],
        [1, 1, '1'],
        [2, 5, '2345'],
        [9, 9, '9'],
        [0, 9, '0123456789'],
      ] as const) {
        assert.equal((await bytesOf(await store.read('r.upload', { start, end }))).toString(), text);
      }
      await store.remove('r.upload');
    });

    it('replaces what was there', async () => {
      await store.write('x.upload', source(['long before']));
      await store.write('x.upload', source(['after']));
      assert.equal((await bytesOf(await store.read('x.upload'))).toString(), 'after');
      await store.remove('x.upload');
    });

    it('leaves nothing of a write whose source fails, and passes its error on', async () => {
      const error = new Error('the client left');
      await assert.rejects(store.write('f.upload', source(['some'], error)), error);
      const large = [Buffer.alloc(11 * 2 ** 20, 'x')];
      await assert.rejects(store.write('f.upload', source(large, error)), error);
      assert.deepEqual(await keys(), []);
      await assert.rejects(store.read('f.upload'), BlobMissingError);
    });

    it('leaves what was there when a write over it fails', async () => {
      await store.write('k.upload', source(['kept']));
      await assert.rejects(store.write('k.upload', source(['lost'], new Error('broken'))));
      assert.equal((await bytesOf(await store.read('k.upload'))).toString(), 'kept');
      await store.remove('k.upload');
    });

    it('shows nothing of a write that has not ended', async () => {
      let go = (): void => {};
      const held = new Promise<void>((resolve) => {
        go = resolve;
      });
      const slow = async function* (): AsyncIterable<Uint8Array> {
        yield Buffer.from('first');
        await held;
        yield Buffer.from('last');
      };
      const writing = store.write('s.upload', slow());
      await assert.rejects(store.read('s.upload'), BlobMissingError);
      assert.deepEqual(await keys(), []);
      go();
      await writing;
      assert.deepEqual(await keys(), ['s.upload']);
      await store.remove('s.upload');
    });

    it('lists keys with their times, and removes', async () => {
      const start = Date.now();
      for (const key of ['b.upload', 'a.result-1', 'a.result-2']) await store.write(key, source([key]));
      assert.deepEqual(await keys(), ['a.result-1', 'a.result-2', 'b.upload']);
      for await (const { writtenAt } of store.list()) {
        // Some stores count in seconds.
        assert.ok(writtenAt > start - 2_000 && writtenAt <= Date.now() + 2_000, `${writtenAt}`);
      }
      await store.remove('a.result-1');
      await store.remove('a.result-1');
      await store.remove('never.upload');
      assert.deepEqual(await keys(), ['a.result-2', 'b.upload']);
      for (const key of await keys()) await store.remove(key);
    });

    it('says that a blob is missing before the first byte', async () => {
      await assert.rejects(store.read('none.upload'), BlobMissingError);
      await assert.rejects(store.read('none.upload', { start: 0, end: 3 }), BlobMissingError);
    });

    it('sweeps nothing that was written whole', async () => {
      await store.write('w.upload', source(['whole']));
      assert.equal(await store.sweep(() => true), 0);
      assert.deepEqual(await keys(), ['w.upload']);
      await store.remove('w.upload');
    });
  });
}
