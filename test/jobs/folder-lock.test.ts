import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { JobsFolderError, JobsFolderInUseError } from '../../src/jobs/errors.js';
import { lockFolder } from '../../src/jobs/folder-lock.js';

const SCRIPT = `
import { lockFolder } from '${new URL('../../src/jobs/folder-lock.js', import.meta.url).href}';
console.log('ready');
process.stdin.once('data', async () => {
  console.log(await lockFolder(process.argv[1]).then(() => 'held', (error) => error.name));
  setInterval(() => {}, 1e6);
});`;

/** A process that takes the lock when it is told to, and keeps it until it is killed. */
class Racer {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly ready: Promise<unknown>;

  constructor(folder: string) {
    const stdio = ['pipe', 'pipe', 'inherit'] as const;
    this.child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, folder], { stdio: [...stdio] });
    this.ready = once(this.child.stdout, 'data');
  }

  /** @returns `held`, or the name of the error. */
  async race(): Promise<string> {
    await this.ready;
    this.child.stdin.write('go');
    const [outcome] = (await once(this.child.stdout, 'data')) as [Buffer];
    return outcome.toString().trim();
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

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
    const racer = new Racer(folder);
    try {
      assert.equal(await racer.race(), 'held');
      await assert.rejects(lockFolder(folder), JobsFolderInUseError);
    } finally {
      await racer.kill();
    }
    await (await lockFolder(folder)).release();
  });

  it('is one of three processes that find the lock of one that was killed, each of 30 times', async () => {
    const folder = join(parent, 'race');
    let holder: Racer | undefined;
    for (let round = 0; round < 30; round++) {
      const racers = [new Racer(folder), new Racer(folder), new Racer(folder)];
      await Promise.all(racers.map((racer) => racer.ready));
      await holder?.kill();
      const outcomes = await Promise.all(racers.map((racer) => racer.race()));
      assert.deepEqual(outcomes.toSorted(), ['JobsFolderInUseError', 'JobsFolderInUseError', 'held'], `round ${round}`);
      holder = racers[outcomes.indexOf('held')];
      await Promise.all(racers.map((racer) => (racer === holder ? undefined : racer.kill())));
    }
    await holder?.kill();
    assert.equal((await readdir(folder)).filter((name) => name.startsWith('lock-')).length, 1);
  });

  it('is one of three that begin at once in a folder that is new', async () => {
    for (let round = 0; round < 30; round++) {
      const folder = join(parent, `new-${round}`);
      const found = await Promise.allSettled([lockFolder(folder), lockFolder(folder), lockFolder(folder)]);
      assert.equal(found.filter(({ status }) => status === 'fulfilled').length, 1, `round ${round}`);
    }
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
