import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TestServer } from './harness.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A user's program, written against the types that are generated from openapi.yaml. */
const PROGRAM = `
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Code = components['schemas']['Problem']['code'];

export async function roundTrip(baseUrl: string, file: Uint8Array): Promise<Uint8Array> {
  const client = createClient<paths>({ baseUrl });
  const { data: list } = await client.GET('/v1/models');
  const model: string = list?.models[0]?.id ?? 'auto';
  // Binary bodies are strings in the types, and bytes in fact.
  const raw = { bodySerializer: (body: unknown) => body as Uint8Array, parseAs: 'arrayBuffer' } as const;
  const compressed = await client.POST('/v1/compress', {
    params: { query: { calls: 64, model } },
    headers: { 'Content-Type': 'application/octet-stream' },
    body: file as unknown as string,
    ...raw,
  });
  if (compressed.error) throw new Error(compressed.error.detail);
  const inspected = await client.POST('/v1/inspect', {
    headers: { 'Content-Type': 'application/vnd.ardm' },
    body: new Uint8Array(compressed.data) as unknown as string,
    bodySerializer: raw.bodySerializer,
  });
  const size: number | undefined = inspected.data?.originalSize;
  if (size !== file.length) throw new Error('inspect says ' + size);
  const restored = await client.POST('/v1/decompress', {
    headers: { 'Content-Type': 'application/vnd.ardm' },
    body: new Uint8Array(compressed.data) as unknown as string,
    ...raw,
  });
  if (restored.error) throw new Error(restored.error.detail);
  return new Uint8Array(restored.data);
}

export async function upload(baseUrl: string, file: Uint8Array): Promise<number> {
  const client = createClient<paths>({ baseUrl });
  const form = new FormData();
  form.append('file', new Blob([file as Uint8Array<ArrayBuffer>]), 'name');
  const { response } = await client.POST('/v1/compress', {
    params: { query: { calls: 'small' } },
    body: { file: '' },
    bodySerializer: () => form,
    parseAs: 'stream',
  });
  return response.status;
}

export async function codeOf(baseUrl: string, calls: number): Promise<Code | undefined> {
  const client = createClient<paths>({ baseUrl });
  const { error } = await client.POST('/v1/compress', {
    params: { query: { calls } },
    body: 'x',
    bodySerializer: (body) => body,
  });
  return error?.code;
}
`;

/** What the types must refuse. */
const WRONG = `
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';
const client = createClient<paths>({ baseUrl: '' });
await client.POST('/v1/compress', { params: { query: { calls: 'fastest' } }, body: '' });
await client.POST('/v1/compres', { body: '' });
`;

interface Client {
  roundTrip(url: string, file: Uint8Array): Promise<Uint8Array>;
  upload(url: string, file: Uint8Array): Promise<number>;
  codeOf(url: string, calls: number): Promise<string | undefined>;
}

function node(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe('a client generated from openapi.yaml', () => {
  let server: TestServer;
  let folder: string;
  before(async () => {
    server = await TestServer.start();
    // Below the project, where node_modules is found.
    folder = await mkdtemp(join(ROOT, 'dist', 'client-'));
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('compiles, and does a round trip', async () => {
    const generated = node(
      'node_modules/openapi-typescript/bin/cli.js',
      'openapi.yaml',
      '-o',
      join(folder, 'schema.ts'),
    );
    assert.equal(generated.status, 0, generated.output);
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'program.ts'), PROGRAM);
    await writeFile(join(folder, 'wrong.ts'), WRONG);
    const compilerOptions = {
      target: 'ES2023',
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      module: 'NodeNext',
      strict: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      types: [],
    };
    for (const name of ['program', 'wrong']) {
      await writeFile(join(folder, `${name}.json`), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
    }
    const compiled = node('node_modules/typescript/bin/tsc', '-p', join(folder, 'program.json'));
    assert.equal(compiled.status, 0, compiled.output);
    const wrong = node('node_modules/typescript/bin/tsc', '-p', join(folder, 'wrong.json'), '--noEmit');
    assert.match(wrong.output, /wrong\.ts\(5,.*error/);
    assert.match(wrong.output, /wrong\.ts\(6,.*error/);

    const client = (await import(pathToFileURL(join(folder, 'program.js')).href)) as Client;
    const file = new TextEncoder().encode('a round trip by a generated client, there and back');
    assert.deepEqual(await client.roundTrip(server.url, file), file);
    assert.deepEqual(server.codec.asked.at(-1), { calls: 64, model: 'text-1', length: file.length });
    assert.equal(await client.upload(server.url, file), 200);
    assert.equal(server.codec.asked.at(-1)?.length, file.length);
    assert.equal(await client.codeOf(server.url, 0), 'invalid-calls');
  });
});
