import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { JobsFolderError, JobsFolderInUseError } from '../../src/jobs/errors.js';
import { lockFolder } from '../../src/jobs/folder-lock.js';

describe('the lock of a folder', () => {
  let parent: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'ardm-lock-'));
  });
  after(() => rm(parent, { recursive: true, force: true }));

  it('is one process at a time, and free when it is let go of', async () => {
    const folder = join(parent, 'a');
    const lock = await lockFolder(folder);
    await assert.rejects(lockFolder(folder), JobsFolderInUseError);
    await lock.release();
    await (await lockFolder(folder)).release();
  });

  it('is free when its process was killed', async () => {
    const folder = join(parent, 'b');
    const module = new URL('../../src/jobs/folder-lock.js', import.meta.url).href;
    const script = `import { lockFolder } from '${module}'; await lockFolder(process.argv[1]); console.log('held'); setInterval(() => {}, 1e6);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      await assert.rejects(lockFolder(folder), JobsFolderInUseError);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await (await lockFolder(folder)).release();
  });

  it('holds for a path that is too long for a socket', async () => {
    const folder = join(parent, 'long'.repeat(50));
    const lock = await lockFolder(folder);
    await assert.rejects(lockFolder(folder), JobsFolderInUseError);
    await lock.release();
  });

  it('says what is wrong with what is no folder', async () => {
    const file = join(parent, 'file');
    await writeFile(file, '');
    await assert.rejects(lockFolder(file), JobsFolderError);
    await assert.rejects(lockFolder(join(file, 'below')), JobsFolderError);
  });
});
