import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Spool, sweepSpools } from '../../src/http/spool.js';

describe('the spool', () => {
  let parent: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'ardm-spool-test-'));
  });
  after(() => rm(parent, { recursive: true }));

  it('gives each request a folder of its own, closed to others, and removes it', async () => {
    const [first, second] = [await Spool.create(parent), await Spool.create(parent)];
    assert.notEqual(first.upload, second.upload);
    assert.equal((await stat(dirname(first.upload))).mode & 0o777, 0o700);
    const stream = first.openUpload();
    stream.end('bytes');
    await once(stream, 'close');
    assert.equal((await stat(first.upload)).mode & 0o777, 0o600);
    assert.equal(await first.uploadSize(), 5);
    await first.dispose();
    await second.dispose();
    assert.deepEqual(await readdir(parent), []);
  });

  it('can be disposed of while it is being written to, and twice', async () => {
    for (let i = 0; i < 20; i++) {
      const spool = await Spool.create(parent);
      const stream = spool.openUpload();
      stream.write(Buffer.alloc(100_000));
      if (i % 2) await new Promise(setImmediate);
      await spool.dispose();
      await spool.dispose();
    }
    assert.deepEqual(await readdir(parent), []);
  });

  it('sweeps what ended processes left behind, and nothing else', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const keep = [
      `ardm-upload-${process.ppid}-abcdef`,
      'ardm-upload-',
      'ardm-upload-x-abcdef',
      'other',
      `ardm-upload-${gone}-link`,
    ];
    const sweep = [`ardm-upload-${gone}-abcdef`, `ardm-upload-${process.pid}-abcdef`];
    for (const name of [...keep.slice(0, -1), ...sweep]) {
      await mkdir(join(parent, name));
      await writeFile(join(parent, name, 'upload'), 'x');
    }
    await symlink(join(parent, 'other'), join(parent, `ardm-upload-${gone}-link`));
    assert.equal(await sweepSpools(parent), sweep.length);
    assert.deepEqual((await readdir(parent)).sort(), [...keep].sort());
  });
});
