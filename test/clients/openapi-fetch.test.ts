import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ServiceProcess } from '../e2e/process.js';
import { CHECKS, writeFiles } from './checks.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PROGRAM = join(ROOT, 'test', 'clients', 'programs', 'openapi-fetch', 'program.ts');

/** What the types must refuse. */
const WRONG = `
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';
const client = createClient<paths>({ baseUrl: '' });
await client.POST('/v1/compress', { params: { query: { calls: 64 } }, body: '' });
await client.POST('/v1/compres', { body: '' });
`;

function node(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe('a client of openapi-typescript and openapi-fetch', () => {
  let service: ServiceProcess;
  let folder: string;
  before(async () => {
    service = await ServiceProcess.start();
    // Below the project, where node_modules is found.
    folder = await mkdtemp(join(ROOT, 'dist', 'client-'));
  });
  after(async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('compiles, and does all that its recipe says', async () => {
    const generated = node(
      'node_modules/openapi-typescript/bin/cli.js',
      'openapi.yaml',
      '-o',
      join(folder, 'schema.ts'),
    );
    assert.equal(generated.status, 0, generated.output);
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await cp(PROGRAM, join(folder, 'program.ts'));
    await writeFile(join(folder, 'wrong.ts'), WRONG);
    const compilerOptions = {
      target: 'ES2023',
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      module: 'NodeNext',
      strict: true,
      skipLibCheck: true,
      types: ['node'],
    };
    for (const name of ['program', 'wrong']) {
      await writeFile(join(folder, `${name}.json`), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
    }
    const compiled = node('node_modules/typescript/bin/tsc', '-p', join(folder, 'program.json'));
    assert.equal(compiled.status, 0, compiled.output);
    const wrong = node('node_modules/typescript/bin/tsc', '-p', join(folder, 'wrong.json'), '--noEmit');
    assert.match(wrong.output, /wrong\.ts\(5,.*error/);
    assert.match(wrong.output, /wrong\.ts\(6,.*error/);

    const { binary, text } = await writeFiles(folder);
    const program = join(folder, 'program.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program, service.url, binary, text]);
    assert.deepEqual(stdout.trim().split('\n'), CHECKS);
  });
});
