import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompressionApi,
  Configuration,
  type CreateJobRequest,
  type Job,
  JobsApi,
  ModelsApi,
  OperationApi,
  type Problem,
  ProblemFromJSON,
  ResponseError,
} from './client/index.js';

const [basePath = '', binaryPath = '', textPath = '', key = ''] = process.argv.slice(2);

// begin recipe
const configuration = new Configuration({ basePath, accessToken: key });
const api = new CompressionApi(configuration);

async function digest(file: Blob): Promise<string> {
  const hash = createHash('sha256').update(new Uint8Array(await file.arrayBuffer()));
  return `sha-256=:${hash.digest('base64')}:`;
}

async function roundTrip(body: Blob): Promise<Blob> {
  const archive = await api.compress({ body, contentDigest: await digest(body) });
  return await api.decompress({ body: archive, contentDigest: await digest(archive) });
}

async function problem(error: unknown): Promise<Problem> {
  if (error instanceof ResponseError) return ProblemFromJSON(await error.response.json());
  throw error;
}
// end recipe

const jobs = new JobsApi(configuration);

async function refusal(call: Promise<unknown>): Promise<Problem> {
  return await call.then(() => assert.fail('not refused'), problem);
}

async function submit(request: Omit<CreateJobRequest, 'body'>, body: Blob): Promise<Job> {
  const headers = { contentDigest: await digest(body), idempotencyKey: randomUUID() };
  let job = await jobs.createJob({ ...request, ...headers, body });
  while (job.state === 'queued' || job.state === 'active') {
    await sleep(100);
    job = await jobs.getJob({ id: job.id });
  }
  return job;
}

async function same(actual: Blob, expected: Blob): Promise<void> {
  assert.deepEqual(new Uint8Array(await actual.arrayBuffer()), new Uint8Array(await expected.arrayBuffer()));
}

const binary = new Blob([new Uint8Array(await readFile(binaryPath))]);
const text = new Blob([new Uint8Array(await readFile(textPath))]);
const models = new ModelsApi(configuration);
const model = (await models.listModels()).models[0];
assert.ok(model);

await same(await roundTrip(binary), binary);
console.log('ok: round trip');

const options = { calls: '64', model: model.id };
const archive = await api.compress({ ...options, body: text, contentDigest: await digest(text) });
await same(await api.decompress({ body: archive }), text);
console.log('ok: round trip with calls');

const refused = await refusal(api.decompress({ body: binary }));
assert.deepEqual([refused.status, refused.code], [422, 'not-an-archive']);
console.log('ok: typed problem');

const mistaken = api.compress({ body: binary, contentDigest: await digest(text) });
assert.equal((await refusal(mistaken)).code, 'content-digest-mismatch');
console.log('ok: digest');

const ofStored = await api.inspect({ body: await api.compress({ body: binary }) });
assert.deepEqual([ofStored.originalSize, ofStored.segments[0]?.model], [binary.size, null]);
const ofArchive = await api.inspect({ body: archive });
assert.deepEqual([ofArchive.segments[0]?.model, ofArchive.segments[0]?.calls], [model.id, 64]);
console.log('ok: inspect');

const compressed = await submit({ operation: 'compress', ...options }, text);
assert.deepEqual([compressed.state, compressed.calls, compressed.failure], ['done', 64, undefined]);
assert.equal(compressed.result?.size, archive.size);
const result = await jobs.getResult({ id: compressed.id });
await same(result, archive);
const restored = await submit({ operation: 'decompress' }, result);
assert.deepEqual([restored.state, restored.calls], ['done', undefined]);
await same(await jobs.getResult({ id: restored.id }), text);
console.log('ok: job');

const failed = await submit({ operation: 'decompress' }, binary);
assert.deepEqual([failed.state, failed.failure?.code, failed.result], ['failed', 'not-an-archive', undefined]);
console.log('ok: failed job');

const operation = new OperationApi(configuration);
assert.equal((await models.getModel({ id: model.id })).hash, model.hash);
assert.equal((await operation.getReadiness()).status, 'ready');
assert.match(await operation.getContract(), /^openapi: 3/);
assert.match(await operation.getMetrics(), /^# HELP/m);
assert.match((await jobs.followJob({ id: failed.id })) ?? '', /^event: state$/m);
assert.equal(await jobs.deleteJob({ id: failed.id }), null);
assert.notEqual((await jobs.listJobs()).jobs.length, 0);
assert.equal((await refusal(jobs.getJob({ id: failed.id }))).code, 'job-not-found');
console.log('ok: other operations');
