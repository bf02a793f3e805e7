import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { TemporaryFolderError } from '../../../src/http/errors.js';
import { HELD_BYTES, holdSpools, Spool } from '../../../src/http/uploads/spool.js';
import { holdFolder, isHeld } from '../../../src/locks/held-folder.js';

describe('the spool', () => {
  let parent: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'ardm-spool-test-'));
  });
  after(() => rm(parent, { recursive: true }));

  it('gives each request that is long, or of unknown length, a folder of its own, closed to others, and removes it', async () => {
    const [first, second] = [new Spool(undefined, parent), new Spool(HELD_BYTES + 1, parent)];
    await first.receive(Readable.from([Buffer.from('by'), Buffer.from('tes')]));
    await second.receive(Readable.from([Buffer.alloc(HELD_BYTES + 1, 7)]));
    const folders = await readdir(parent);
    assert.equal(folders.length, 2);
    for (const folder of folders) {
      assert.equal((await stat(join(parent, folder))).mode & 0o777, 0o700);
      assert.equal((await stat(join(parent, folder, 'upload'))).mode & 0o777, 0o600);
    }
    assert.equal(first.size, 5);
    assert.deepEqual(Buffer.from(await first.read()), Buffer.from('bytes'));
    assert.equal(second.size, HELD_BYTES + 1);
    assert.deepEqual(Buffer.from(await second.read()), Buffer.alloc(HELD_BYTES + 1, 7));
    await first.dispose();
    await second.dispose();
    assert.deepEqual(await readdir(parent), []);
  });

  it('holds a short one in memory, and makes a folder only for a long answer', async () => {
    const spool = new Spool(5, parent);
    await spool.receive(Readable.from([Buffer.from('by'), Buffer.from('tes')]));
    assert.deepEqual(await readdir(parent), []);
    assert.equal(spool.size, 5);
    for (let i = 0; i < 2; i++) assert.deepEqual(Buffer.from(await spool.read()), Buffer.from('bytes'));
    await writeFile(await spool.answer(), 'x');
    assert.equal((await readdir(parent)).length, 1);
    await spool.dispose();
    assert.deepEqual(await readdir(parent), []);
  });

  it('can be disposed of while it is being written to, and twice', async () => {
    for (const size of [undefined, 10]) {
      for (let i = 0; i < 20; i++) {
        const spool = new Spool(size, parent);
        const file = new PassThrough();
        const receiving = spool.receive(file);
        receiving.catch(() => {});
        file.write(Buffer.alloc(100_000));
        if (i % 2) await new Promise(setImmediate);
        await spool.dispose();
        await spool.dispose();
        file.destroy();
      }
    }
    assert.deepEqual(await readdir(parent), []);
  });

  it('fails where its file does', async () => {
    for (const size of [undefined, 10]) {
      const spool = new Spool(size, parent);
      const file = new PassThrough();
      file.on('error', () => {});
      const receiving = spool.receive(file);
      file.destroy(new RangeError('no more'));
      await assert.rejects(receiving);
      await spool.dispose();
    }
    assert.deepEqual(await readdir(parent), []);
  });

  it('sweeps what ended processes left behind, and nothing else', async () => {
    const [gone, alive] = ['0123456789abcdef', 'fedcba9876543210'];
    const held = await holdFolder(parent, `ardm-alive-${alive}`);
    const keep = [
      `ardm-upload-${alive}-abcdef`,
      'ardm-upload-',
      'ardm-upload-1234-abcdef',
      `ardm-upload-${gone}`,
      'other',
      `ardm-upload-${gone}-link`,
    ];
    const sweep = [`ardm-upload-${gone}-abcdef`, `ardm-upload-${gone}-ghijkl`];
    for (const name of [...keep.slice(0, -1), ...sweep, `ardm-alive-${gone}`]) {
      await mkdir(join(parent, name));
      await writeFile(join(parent, name, 'upload'), 'x');
    }
    await symlink(join(parent, 'other'), join(parent, `ardm-upload-${gone}-link`));
    const spools = await holdSpools(parent);
    assert.equal(spools.swept, sweep.length);
    const mine = (await readdir(parent)).find((name) => name.startsWith('ardm-alive-') && !name.endsWith(alive)) ?? '';
    assert.deepEqual((await readdir(parent)).sort(), [...keep, `ardm-alive-${alive}`, mine].sort());
    assert.equal(await isHeld(join(parent, mine)), true);
    await spools.release();
    await held?.release();
    assert.ok(!(await readdir(parent)).includes(mine));
  });

  it('says in a sentence that there is no folder for it', async () => {
    await assert.rejects(holdSpools(join(parent, 'missing')), (error: unknown) => {
      assert.ok(error instanceof TemporaryFolderError);
      assert.match(
        error.message,
        /^Uploads cannot be kept in .*missing: there is no such folder\. Set TMPDIR to a folder/,
      );
      return true;
    });
    await assert.rejects(
      holdSpools(join(parent, 'other', 'upload')),
      /Uploads cannot be kept in .*ENOTDIR.*Set TMPDIR/,
    );
  });
});
