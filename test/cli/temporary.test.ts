import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { forgetTemporary, removeTemporaries, temporaryBeside } from '../../src/cli/temporary.js';
import { inFolder, namesIn } from './ardm.js';

const CHILD = fileURLToPath(new URL('./temporary-child.js', import.meta.url));

describe('temporary files', () => {
  it('lie beside what they will be, each with a name of its own, and are removed unless they are forgotten', async () => {
    await inFolder(async (folder) => {
      const [one, two] = [1, 2].map(() => temporaryBeside(join(folder, 'a')));
      assert.ok(one && two && one !== two);
      for (const path of [one, two]) writeFileSync(path, 'half');
      forgetTemporary(two);
      removeTemporaries();
      assert.deepEqual(await namesIn(folder), [two.slice(folder.length + 1)]);
    });
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`are removed by ${signal}, of which the process dies`, { skip: process.platform === 'win32' }, async () => {
      await inFolder(async (folder) => {
        const child = spawn(process.execPath, [CHILD, join(folder, 'a')]);
        await once(child.stdout, 'data');
        assert.equal((await namesIn(folder)).length, 1);
        child.kill(signal);
        assert.deepEqual(await once(child, 'exit'), [null, signal]);
        assert.deepEqual(await namesIn(folder), []);
      });
    });
  }
});
