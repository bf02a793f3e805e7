import assert from 'node:assert/strict';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { StorageFullError, TooManyUploadsError } from '../../../src/http/errors.js';
import { HELD_BYTES } from '../../../src/http/uploads/spool.js';
import { UploadGate } from '../../../src/http/uploads/upload-gate.js';
import { failure, form, TestServer } from '../harness.js';

describe('the gate of uploads', () => {
  it('lets so many in, and another when one leaves, once', async () => {
    const gate = new UploadGate({ uploads: 2, freeBytes: 0 });
    const first = await gate.enter(1);
    await gate.enter(undefined);
    await assert.rejects(gate.enter(1), TooManyUploadsError);
    first();
    first();
    await gate.enter(1);
    await assert.rejects(gate.enter(1), TooManyUploadsError);
  });

  it('never lets more in than it may when all come at once', async () => {
    const gate = new UploadGate({ uploads: 5, freeBytes: 1 });
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => gate.enter(1)));
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 5);
  });

  it('keeps space free on the disk, and frees the place of who is refused for it', async () => {
    const { bavail, bsize } = await statfs(tmpdir());
    const free = bavail * bsize;
    // The disk is used by others while this runs.
    const slack = Math.floor(free / 4);
    const gate = new UploadGate({ uploads: 1, freeBytes: Math.floor(free / 2) });
    for (let i = 0; i < 3; i++) await assert.rejects(gate.enter(Math.floor(free / 2) + slack), StorageFullError);
    (await gate.enter(Math.floor(free / 2) - slack))();
    (await gate.enter(undefined))();
    await assert.rejects(new UploadGate({ uploads: 1, freeBytes: 2 * free }).enter(undefined), StorageFullError);
  });

  it('looks at the disk of the folder of uploads, and at none if all may be used', async () => {
    await assert.rejects(
      new UploadGate({ uploads: 1, freeBytes: 1, folder: '/nowhere' }).enter(HELD_BYTES + 1),
      /ENOENT/,
    );
    // Held in memory.
    (await new UploadGate({ uploads: 1, freeBytes: 1, folder: '/nowhere' }).enter(HELD_BYTES))();
    (await new UploadGate({ uploads: 1, freeBytes: 0, folder: '/nowhere' }).enter(Number.MAX_SAFE_INTEGER))();
  });

  it('refuses with 507, before a body is asked for, raw or as a form', async () => {
    const server = await TestServer.start({ gate: new UploadGate({ uploads: 9, freeBytes: Number.MAX_SAFE_INTEGER }) });
    const long = 'x'.repeat(HELD_BYTES + 1);
    for (const body of [long, form(['file', 'a', long])]) {
      const answer = await server.post('/v1/compress', body);
      assert.deepEqual(failure(answer), [507, 'storage-full']);
      assert.equal(answer.headers.get('retry-after'), '30');
    }
    const connection = server.raw(
      'POST /v1/compress HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999\r\n\r\n',
    );
    assert.match(await connection.untilClosed(), /^HTTP\/1\.1 507 /);
    assert.equal((await server.post('/v1/compress', 'x')).status, 200, 'what is short needs no disk');
    assert.deepEqual(await server.spools(), []);
    assert.equal((await server.send('/v1/models')).status, 200);
    await server.stop();
  });
});
