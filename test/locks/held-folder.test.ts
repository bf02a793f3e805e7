import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { holdFolder, isHeld } from '../../src/locks/held-folder.js';

describe('a folder that is held', () => {
  let parent: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'ardm-held-'));
  });
  after(() => rm(parent, { recursive: true, force: true }));

  it('is one of all that make it at a time, and shows that it is until it is let go of', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => holdFolder(parent, 'one')));
    const [held, ...more] = all.filter((one) => one !== undefined);
    assert.ok(held && more.length === 0);
    assert.equal(await isHeld(held.path), true);
    assert.deepEqual(await readdir(parent), ['one']);
    await held.release();
    assert.equal(await isHeld(held.path), false);
    assert.equal(await holdFolder(parent, 'one'), undefined, 'it stays');
  });

  it('is none where nothing, or something else, is there', async () => {
    await mkdir(join(parent, 'empty'));
    await mkdir(join(parent, 'file'));
    await writeFile(join(parent, 'file', 'alive'), '');
    for (const name of ['missing', 'empty', 'file', 'file/alive'])
      assert.equal(await isHeld(join(parent, name)), false);
    await assert.rejects(holdFolder(join(parent, 'missing'), 'one'), { code: 'ENOENT' });
  });

  it('may have a path that is too long for a socket', {
    skip: process.platform !== 'linux' && 'it may not',
  }, async () => {
    const long = join(parent, 'long'.repeat(50));
    await mkdir(long);
    const held = await holdFolder(long, 'one');
    assert.equal(await isHeld(join(long, 'one')), true);
    await held?.release();
    assert.equal(await isHeld(join(long, 'one')), false);
  });
});
