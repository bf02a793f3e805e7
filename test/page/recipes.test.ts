import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type Call, pathOf } from '../../src/page/api.js';
import { type Language, recipe } from '../../src/page/recipes.js';
import { TestServer } from '../http/harness.js';

const KEY = { value: 'secret', hash: '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b' };
const TEXT = Buffer.from("what the page's file says\n");
/** A name that shells and languages could read otherwise. */
const NAME = 'it\'s "my" $file.txt';

const COMPRESS: Call = {
  method: 'POST',
  path: 'v1/compress',
  query: { calls: 4, model: undefined, dictionary: '' },
  body: { bytes: new Uint8Array(TEXT), name: NAME },
  saveAs: `${NAME}.ardm`,
};

const PROGRAMS: Readonly<Record<Language, readonly string[]>> = {
  curl: ['sh'],
  javascript: [process.execPath],
  python: ['python3'],
};

describe('recipes', () => {
  let server: TestServer;
  let folder: string;
  before(async () => {
    server = await TestServer.start({ apiKeys: [{ name: 'page', hash: KEY.hash }] });
    folder = await mkdtemp(join(tmpdir(), 'ardm-recipes-'));
    await writeFile(join(folder, NAME), TEXT);
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs it as somebody would who has copied it. @returns what it prints. */
  async function run(language: Language, call: Call, withKey = true): Promise<string> {
    const code = recipe(language, call, `${server.url}/`, withKey);
    assert.ok(!code.includes(KEY.value));
    const path = join(folder, { curl: 'recipe.sh', javascript: 'recipe.mjs', python: 'recipe.py' }[language]);
    await writeFile(path, code);
    const [program = '', ...args] = PROGRAMS[language];
    const env = { ...process.env, KEY: KEY.value };
    return (await promisify(execFile)(program, [...args, path], { cwd: folder, env, timeout: 30_000 })).stdout;
  }

  for (const language of ['curl', 'javascript', 'python'] as const) {
    const program = language === 'curl' ? 'curl' : (PROGRAMS[language][0] ?? '');
    const missing = spawnSync(program, ['--version']).status !== 0 && `${program} is not installed`;
    describe(`for ${language}`, { skip: missing }, () => {
      it('compress and decompress a file', async () => {
        await run(language, COMPRESS);
        const archive = await readFile(join(folder, `${NAME}.ardm`));
        const body = { bytes: new Uint8Array(archive), name: `${NAME}.ardm` };
        await run(language, { method: 'POST', path: 'v1/decompress', query: {}, body, saveAs: 'back.txt' });
        assert.deepEqual(await readFile(join(folder, 'back.txt')), TEXT);
        await rm(join(folder, `${NAME}.ardm`));
        await rm(join(folder, 'back.txt'));
      });

      it('show what is answered in JSON', async () => {
        const said = await run(language, { method: 'GET', path: 'v1/models', query: {} });
        assert.match(said, /text-1/);
      });

      it('send a key if there is one, and fail aloud without it', async () => {
        await assert.rejects(run(language, COMPRESS, false), (error: { stderr: string }) => {
          assert.match(error.stderr, /401|API key/i);
          return true;
        });
      });

      it('remove what is to be removed', async () => {
        const id = 'ab'.repeat(32);
        const call: Call = { method: 'DELETE', path: `v1/dictionaries/${id}`, query: { confirm: 'true' } };
        // There is none: what is told is that DELETE came, with its parameter and its key.
        await assert.rejects(run(language, call), (error: { stderr: string }) => /404|dictionary/.test(error.stderr));
        assert.ok(server.log.some(({ method, status }) => method === 'DELETE' && status === 404));
      });
    });
  }

  it('leave out what is not said, and write the rest as addresses are written', () => {
    assert.equal(pathOf({ path: 'a', query: {} }), 'a');
    assert.equal(pathOf({ path: 'a', query: { b: undefined, c: '', d: 0, e: 'x y&z' } }), 'a?d=0&e=x%20y%26z');
  });
});
