import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ROOT, ServiceProcess } from '../e2e/process.js';
import { CHECKS, KEY, KEYS, writeFiles } from './checks.js';
import { make, run } from './make.js';

/** What the types must refuse, in lines 5 and 6. */
const WRONG = `
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';
const client = createClient<paths>({ baseUrl: '' });
await client.POST('/v1/compress', { params: { query: { calls: 64 } }, body: '' });
await client.POST('/v1/compres', { body: '' });
`;

describe('a client of openapi-typescript and openapi-fetch', () => {
  let service: ServiceProcess;
  let parent: string;
  before(async () => {
    service = await ServiceProcess.start({ API_KEYS: KEYS });
    // Below the project, where node_modules is found.
    parent = await mkdtemp(join(ROOT, 'dist', 'client-'));
    await writeFile(join(parent, 'package.json'), '{ "type": "module" }');
  });
  after(async () => {
    await service.stop();
    await rm(parent, { recursive: true, force: true });
  });

  it('is made as docs/clients.md says, and does all that others do', async () => {
    const folder = join(parent, 'client');
    await make('openapi-fetch', folder);
    const { binary, text } = await writeFiles(parent);
    const said = await run(process.execPath, ['program.js', service.url, binary, text, KEY], folder);
    assert.deepEqual(said.trim().split('\n'), CHECKS);

    await writeFile(join(folder, 'wrong.ts'), WRONG);
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--skipLibCheck', '--noEmit'];
    await assert.rejects(run(process.execPath, [tsc, ...options, 'wrong.ts'], folder), (error: Error) => {
      for (const line of [5, 6]) assert.match(error.message, new RegExp(`wrong\\.ts\\(${line},.*error`));
      return true;
    });
  });
});
