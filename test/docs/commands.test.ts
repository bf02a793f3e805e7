import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { appendFile, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ServiceProcess } from '../e2e/process.js';
import { blocksOf, DOCUMENTS, ROOT, read } from './markdown.js';

/** Where the documents let the service listen. */
const SERVER = 'http://localhost:8080';

const noCurl = spawnSync('curl', ['--version']).status !== 0 && 'curl is not installed';

/** The blocks with curl of one document, as one script: a later one may use what an earlier one has made. */
function scriptOf(document: string): string {
  const blocks = blocksOf(read(document), 'sh');
  return blocks.filter((block) => block.includes('curl') && block.includes(SERVER)).join('\n');
}

/** A key and its entry of API_KEYS, by the command that docs/keys-and-limits.md gives. */
function makeKey(): { key: string; entry: string } {
  const said = execFileSync(process.execPath, [join(ROOT, 'scripts', 'api-key.mjs'), 'reports'], { encoding: 'utf8' });
  const [key = '', entry = ''] = said.split('\n').map((line) => line.split(': ')[1]?.trim() ?? '');
  return { key, entry };
}

describe('the commands with curl', { skip: noCurl }, () => {
  after(() => ServiceProcess.killAll());
  const documents = DOCUMENTS.filter((document) => scriptOf(document) !== '');

  for (const document of documents) {
    it(`of ${document} can be run in their order, and again`, async () => {
      const script = scriptOf(document);
      const { key, entry } = makeKey();
      const service = await ServiceProcess.start({
        ...(script.includes('$KEY') && { API_KEYS: entry }),
        // What models dream differs from model to model, and models of pictures are named.
        ...(/models\/text-4\/|model=pictures-1/.test(script) && { MODELS_DIR: join(ROOT, 'models') }),
      });
      const folder = await mkdtemp(join(tmpdir(), 'ardm-docs-'));
      try {
        for (const name of ['README.md', 'LICENSE']) await copyFile(join(ROOT, name), join(folder, name));
        const run = ['-eu', '-c', script.replaceAll(SERVER, service.url)];
        const options = { cwd: folder, env: { ...process.env, KEY: key }, timeout: 60_000 };
        await promisify(execFile)('sh', run, options);
        // Once more with another file, when somebody has stopped before what was made was removed.
        const kept = run.map((part) => part.replaceAll(/^.*-X DELETE.*$/gm, ''));
        for (const arguments_ of [kept, run]) {
          await appendFile(join(folder, 'README.md'), 'More of it.\n');
          await promisify(execFile)('sh', arguments_, options);
        }
      } finally {
        await service.stop();
        await rm(folder, { recursive: true, force: true });
      }
    });
  }

  it('are in the README and on the pages of jobs and keys', () => {
    for (const document of ['README.md', 'docs/jobs.md', 'docs/keys-and-limits.md'])
      assert.ok(documents.includes(document), document);
  });
});
