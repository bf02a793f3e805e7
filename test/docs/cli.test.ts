import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { appendFile, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { CALLER, ENV, hostOfCommands, inFolder } from '../cli/ardm.js';
import { ServiceProcess } from '../e2e/process.js';
import { manPage, withReference } from './cli-reference.js';
import { blocksOf, ROOT, read } from './markdown.js';

const PAGE = read('docs/cli.md');
const SERVER = 'http://localhost:8080';
const noGroff = spawnSync('groff', ['--version']).status !== 0 && 'groff is not installed';

/** The blocks of a document that use the command. */
function blocksWithArdm(document: string): string {
  return blocksOf(read(document), 'sh')
    .filter((block) => /\bardm (compress|dictionary|models)/.test(block))
    .join('\n');
}

describe('the command in the documents', () => {
  after(() => ServiceProcess.killAll());

  it('stands as npm run docs would write it', () => {
    assert.equal(withReference(PAGE), PAGE, 'docs/cli.md is stale: run npm run docs');
    assert.equal(read('docs/ardm.1'), manPage(), 'docs/ardm.1 is stale: run npm run docs');
    assert.throws(() => withReference('no marks'), /must have/);
  });

  it('has a man page that man has nothing to say against', { skip: noGroff }, () => {
    const { status, stdout, stderr } = spawnSync('groff', ['-man', '-ww', '-Tascii', join(ROOT, 'docs', 'ardm.1')], {
      encoding: 'utf8',
    });
    assert.deepEqual([status, stderr], [0, '']);
    // Bold letters are struck twice.
    assert.match(stdout.replace(/.[\b]/g, ''), /ardm compress/);
  });

  it('is used there as it can be, and again', { skip: process.platform === 'win32' }, async () => {
    const service = await ServiceProcess.start();
    try {
      await inFolder(async (cwd) => {
        for (const name of ['README.md', 'LICENSE']) await copyFile(join(ROOT, name), join(cwd, name));
        await mkdir(join(cwd, 'bin'));
        // Its arguments are what the page shows; that it starts, the README's lines below tell.
        await writeFile(join(cwd, 'bin', 'ardm'), `#!/bin/sh\nexec '${process.execPath}' '${CALLER}' "$@"\n`, {
          mode: 0o755,
        });
        const ARDM_HOST = await hostOfCommands();
        const env = { ...ENV, ARDM_HOST, PATH: `${join(cwd, 'bin')}:${process.env.PATH}` };
        const script = blocksWithArdm('docs/cli.md').replaceAll(SERVER, service.url);
        assert.ok(script.split('\n').length > 10);
        for (let round = 0; round < 2; round++) {
          const run = promisify(execFile)('sh', ['-eu', '-c', script], { cwd, env, timeout: 120_000 });
          run.child.stdin?.end();
          await run;
          await appendFile(join(cwd, 'README.md'), 'More of it.\n');
        }
      });
    } finally {
      await service.stop();
    }
  });

  it('is used in the README as it can be', { skip: process.platform === 'win32' }, async () => {
    const script = blocksWithArdm('README.md');
    assert.match(script, /npx --no-install ardm compress/);
    await promisify(execFile)('sh', ['-eu', '-c', script], { cwd: ROOT, env: { ...process.env, ...ENV } });
  });
});
