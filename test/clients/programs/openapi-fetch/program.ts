// A user's program, written against the types that openapi-typescript makes of openapi.yaml.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

const [baseUrl = '', binaryPath = '', textPath = '', key = ''] = process.argv.slice(2);
type Job = components['schemas']['Job'];

// begin recipe
const headers = { 'Content-Type': 'application/octet-stream', Authorization: `Bearer ${key}` };
const bodySerializer = (body: unknown) => body as Uint8Array; // not as JSON
const client = createClient<paths>({ baseUrl, headers, bodySerializer });
const digestOf = async (file: Uint8Array<ArrayBuffer>) =>
  `sha-256=:${btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-256', file))))}:`;
async function call(path: '/v1/compress' | '/v1/decompress', file: Uint8Array<ArrayBuffer>, query = {}) {
  const header = { 'Content-Digest': await digestOf(file) };
  const body = file as unknown as string; // what the types call binary
  const { data, error } = await client.POST(path, { params: { query, header }, body, parseAs: 'arrayBuffer' });
  if (error) throw new Error(`${error.code}: ${error.detail}`, { cause: error });
  return new Uint8Array(data);
}
// end recipe

const unwrap = <T>({ data, error }: { data?: T; error?: components['schemas']['Problem'] }): T => {
  if (error) throw new Error(`${error.code}: ${error.detail}`, { cause: error });
  return data as T;
};

async function finished(job: Job): Promise<Job> {
  let seen = job;
  while (seen.state === 'queued' || seen.state === 'active') {
    await sleep(100);
    seen = unwrap(await client.GET('/v1/jobs/{id}', { params: { path: { id: job.id } } }));
  }
  return seen;
}

async function submit(
  query: paths['/v1/jobs']['post']['parameters']['query'],
  file: Uint8Array<ArrayBuffer>,
): Promise<Job> {
  const header = { 'Content-Digest': await digestOf(file), 'Idempotency-Key': crypto.randomUUID() };
  const body = file as unknown as string;
  return finished(unwrap(await client.POST('/v1/jobs', { params: { query, header }, body })));
}

async function resultOf(job: Job): Promise<Uint8Array<ArrayBuffer>> {
  const params = { path: { id: job.id } };
  return new Uint8Array(unwrap(await client.GET('/v1/jobs/{id}/result', { params, parseAs: 'arrayBuffer' })));
}

async function inspect(archive: Uint8Array): Promise<components['schemas']['Archive']> {
  return unwrap(await client.POST('/v1/inspect', { body: archive as unknown as string }));
}

const file = new Uint8Array(await readFile(binaryPath));
const text = new Uint8Array(await readFile(textPath));
const [model] = unwrap(await client.GET('/v1/models')).models;

const stored = await call('/v1/compress', file);
assert.deepEqual(await call('/v1/decompress', stored), file);
console.log('ok: round trip');

const archive = await call('/v1/compress', text, { calls: '64', model: model.id });
assert.deepEqual(await call('/v1/decompress', archive), text);
console.log('ok: round trip with calls');

const refused = await client.POST('/v1/decompress', { body: file as unknown as string, parseAs: 'arrayBuffer' });
assert.equal(refused.response.status, 422);
assert.equal(refused.error?.code, 'not-an-archive');
console.log('ok: typed problem');

const header = { 'Content-Digest': await digestOf(text) };
const asJson = { bodySerializer: JSON.stringify, headers: { 'Content-Type': 'application/json' } };
const mistaken = new Blob([text]) as unknown as string;
const noticed = await client.POST('/v1/compress', { params: { header }, body: mistaken, ...asJson });
assert.equal(noticed.response.status, 400);
assert.equal(noticed.error?.code, 'content-digest-mismatch');
console.log('ok: digest');

const ofStored = await inspect(stored);
assert.deepEqual([ofStored.originalSize, ofStored.compressedSize], [file.length, stored.length]);
assert.equal(ofStored.segments[0].model, null);
const ofArchive = await inspect(archive);
assert.deepEqual([ofArchive.segments[0].model, ofArchive.segments[0].calls], [model.id, 64]);
console.log('ok: inspect');

const compressed = await submit({ operation: 'compress', calls: '64', model: model.id }, text);
assert.deepEqual([compressed.state, compressed.calls, compressed.failure], ['done', 64, null]);
assert.equal(compressed.result?.size, archive.length);
const result = await resultOf(compressed);
assert.deepEqual(result, archive);
const restored = await submit({ operation: 'decompress' }, result);
assert.deepEqual([restored.state, restored.calls], ['done', null]);
assert.deepEqual(await resultOf(restored), text);
console.log('ok: job');

const failed = await submit({ operation: 'decompress' }, file);
assert.deepEqual([failed.state, failed.failure?.code, failed.result], ['failed', 'not-an-archive', null]);
console.log('ok: failed job');

const one = unwrap(await client.GET('/v1/models/{id}', { params: { path: { id: model.id } } }));
assert.equal(one.hash, model.hash);
assert.equal(unwrap(await client.GET('/health/ready')).status, 'ready');
assert.match(unwrap(await client.GET('/openapi.yaml', { parseAs: 'text' })), /^openapi: 3/);
assert.match(unwrap(await client.GET('/metrics', { parseAs: 'text' })), /^# HELP/m);
const params = { path: { id: failed.id } };
assert.match(unwrap(await client.GET('/v1/jobs/{id}/events', { params, parseAs: 'text' })), /^event: state$/m);
assert.equal((await client.DELETE('/v1/jobs/{id}', { params })).response.status, 204);
assert.notEqual(unwrap(await client.GET('/v1/jobs')).jobs.length, 0);
assert.equal((await client.GET('/v1/jobs/{id}', { params })).error?.code, 'job-not-found');
console.log('ok: other operations');
