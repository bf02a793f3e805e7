import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { z } from 'zod';
import * as archiveErrors from '../../src/archive/errors.js';
import * as codecErrors from '../../src/codec/errors.js';
import { readConfig } from '../../src/config.js';
import * as dictionaryErrors from '../../src/dictionaries/errors.js';
import { ArdmError } from '../../src/errors.js';
import { toProblem } from '../../src/http/answers/problem.js';
import * as httpErrors from '../../src/http/errors.js';
import { compressQuerySchema, MAX_CALLS, PRESETS } from '../../src/http/query.js';
import { IDEMPOTENCY_KEY } from '../../src/http/resources/jobs-submit.js';
import { DigestCheck } from '../../src/http/uploads/content-digest.js';
import * as jobErrors from '../../src/jobs/errors.js';
import * as runtimeErrors from '../../src/runtime/errors.js';
import { blocksOf, ROOT, read } from '../docs/markdown.js';
import { codesOf, type Operation, openapi, problemCodes } from './contract.js';

const ERRORS_PAGE = read('docs/errors.md');

/** Failures of the start, which no request can bring about, and the one that is never sent. */
const NEVER_ANSWERED = new Set([
  'client-closed-request',
  'duplicate-model',
  'invalid-manifest',
  'jobs-folder-foreign',
  'jobs-folder-in-use',
  'jobs-folder-unusable',
  'known-answer-mismatch',
  'model-file-mismatch',
  'no-models',
  'provider-unavailable',
  'temporary-folder-unusable',
  'unknown-default-model',
]);

interface Failure {
  readonly code: string;
  readonly status: number;
}

type ErrorClass = new (...args: never[]) => ArdmError;

const operations = Object.values(openapi.paths).flatMap((path) =>
  Object.entries(path).flatMap(([method, operation]) => (method === 'parameters' ? [] : [operation])),
);

/** Code and status of every class of error that a request can meet. */
const failures: Failure[] = [archiveErrors, codecErrors, dictionaryErrors, httpErrors, jobErrors, runtimeErrors]
  .flatMap((module) => Object.values<unknown>(module))
  .filter((value): value is ErrorClass => typeof value === 'function' && value.prototype instanceof ArdmError)
  .map((type) => {
    // The fields do not depend on the arguments; of an empty list every message can be made.
    return new type(...([[], [], []] as never[]));
  })
  .filter(({ code }) => !NEVER_ANSWERED.has(code));

/** Statuses of the answers with each code, of all operations. */
function documented(): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const operation of operations) {
    for (const status of Object.keys(operation.responses)) {
      for (const code of codesOf(operation, status))
        found.set(code, (found.get(code) ?? new Set()).add(Number(status)));
    }
  }
  return found;
}

function parameterSchema(name: string): { pattern: string; default?: string } {
  return openapi.components.parameters[name]?.schema as { pattern: string; default?: string };
}

describe('openapi.yaml', () => {
  it('lints clean', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        'node_modules/@redocly/cli/bin/cli.js',
        'lint',
        'openapi.yaml',
        '--config',
        '.redocly.yaml',
        '--format',
        'stylish',
      ],
      {
        cwd: ROOT,
        encoding: 'utf8',
        env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      },
    );
    assert.equal(status, 0, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /warning.*openapi\.yaml|\d+ warnings?\b/i);
  });

  it('knows every code that can be answered, and no other', () => {
    assert.deepEqual([...problemCodes()].sort(), [...new Set(failures.map(({ code }) => code))].sort());
  });

  it('agrees with docs/errors.md on codes and statuses, each way', () => {
    const rows = [...ERRORS_PAGE.matchAll(/^\| (\d{3})[^|]* \| (.*) \|$/gm)];
    const said = rows.flatMap(([, status, codes = '']) =>
      [...codes.matchAll(/`([^`]+)`/g)].map(([, code]) => `${status} ${code}`),
    );
    const meant = failures.map(({ code, status }) => `${status} ${code}`);
    // In the notes of a row, not a code.
    assert.deepEqual(said.filter((pair) => !/ (model)$/.test(pair)).sort(), [...new Set(meant)].sort());
  });

  it('has the problem that docs/errors.md shows', () => {
    const [shown = ''] = blocksOf(ERRORS_PAGE, 'json');
    const problem: unknown = JSON.parse(shown);
    assert.deepEqual(
      problem,
      toProblem(new httpErrors.InvalidCallsError(), z.object({ instance: z.uuid() }).parse(problem).instance),
    );
  });

  it('gives every code the status that it has', () => {
    const answers = documented();
    // Answers to what no path or method describes.
    const unlisted = new Set([
      'not-found',
      'headers-too-large',
      'http-version-not-supported',
      'unknown-method',
      'unsupported-transfer-coding',
    ]);
    for (const { code, status } of failures) {
      if (!unlisted.has(code)) assert.deepEqual([...(answers.get(code) ?? [])], [status], code);
    }
  });

  it('uses each code for one kind of failure', () => {
    const codes = failures.map(({ code }) => code);
    assert.deepEqual(
      codes.filter((code, index) => codes.indexOf(code) !== index),
      [],
    );
    for (const code of codes) assert.match(code, /^[a-z]+(-[a-z]+)*$/);
  });

  it('says in words which codes an answer may have', () => {
    for (const [name, answer] of Object.entries(openapi.components.responses)) {
      for (const code of answer['x-codes'] ?? [])
        assert.ok(answer.description.includes(`\`${code}\``), `${name}: ${code}`);
    }
  });

  it('has the limits that the server has', () => {
    const calls = parameterSchema('CallsParameter');
    const values = [...Array(MAX_CALLS * 11).keys()].map(String);
    const others = ['', ' ', '-1', '+1', '01', '1.0', '1e3', '0x10', 'Fast', 'fast ', 'smallest', 'auto', '64\n'];
    for (const value of [...values, ...PRESETS, ...others]) {
      const taken = compressQuerySchema.safeParse({ calls: value }).success;
      assert.equal(new RegExp(calls.pattern, 'u').test(value), taken, value);
    }
    assert.equal(parameterSchema('JobCallsParameter').pattern, calls.pattern);
    assert.deepEqual(openapi.components.schemas.Preset.enum, [...PRESETS]);
    const defaults = compressQuerySchema.parse({});
    assert.deepEqual(defaults, { calls: calls.default, model: parameterSchema('ModelParameter').default });
    // Clients send defaults unasked, and these parameters do not belong to every job.
    assert.deepEqual(
      ['JobCallsParameter', 'JobModelParameter'].map((name) => parameterSchema(name).default),
      [undefined, undefined],
    );
    const names = (openapi.paths['/v1/compress']?.post?.parameters ?? []).map(({ $ref }) =>
      String($ref).split('/').at(-1),
    );
    assert.deepEqual(names, [
      'CallsParameter',
      'ModelParameter',
      'KeepParameter',
      'ContentDigestParameter',
      'RequestIdParameter',
      'DictionaryParameter',
      'FramingParameter',
      'PixelsParameter',
      'PcmParameter',
    ]);
    assert.deepEqual(Object.keys(compressQuerySchema.shape), ['calls', 'model', 'keep', 'dictionary', 'pixels', 'pcm']);
    assert.equal(readConfig({}).MAX_UPLOAD_BYTES, 2 ** 26);
  });

  it('has the patterns of headers that the server has', () => {
    const digest = new RegExp(parameterSchema('ContentDigestParameter').pattern, 'u');
    const [sha256, sha512] = [32, 64].map((length) => Buffer.alloc(length, 7).toString('base64'));
    for (const [header, taken] of [
      [`sha-256=:${sha256}:`, true],
      [`sha-256=:${sha256}:;a=b , sha-512=:${sha512}:`, true],
      ['md5=:AAAA:,unixsum=::', true],
      ['', false],
      [`sha-256=${sha256}`, false],
      [`sha-256=:${sha256}`, false],
      [`SHA-256=:${sha256}:`, false],
      [`sha-256=:${sha256}:,`, false],
      ['sha-256=:*:', false],
    ] as const) {
      assert.equal(digest.test(header), taken, header);
      if (taken) assert.ok(new DigestCheck(header));
      else assert.throws(() => new DigestCheck(header), httpErrors.InvalidContentDigestError, header);
    }
    assert.equal(
      new RegExp(parameterSchema('IdempotencyKeyParameter').pattern).source,
      IDEMPOTENCY_KEY.source.replace('\\x21-\\x7e', '!-~'),
    );
  });

  it('gives nothing the name that something else has, which some generators confuse', () => {
    const { schemas, parameters, responses, requestBodies } = openapi.components;
    const names = [schemas, parameters, responses, requestBodies].flatMap((kind) => Object.keys(kind));
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  it('lists of 413 only what an operation can answer', () => {
    const codes = (path: string): string[] => codesOf(openapi.paths[path]?.post as Operation, '413');
    assert.deepEqual(codes('/v1/compress'), ['upload-too-large', 'input-too-large', 'record-too-long']);
    assert.deepEqual(codes('/v1/decompress'), ['upload-too-large', 'declared-size-too-large']);
    // It decodes nothing, so no size that is declared is too large.
    assert.deepEqual(codes('/v1/inspect'), ['upload-too-large']);
  });

  it('names each operation once, and describes what can go wrong with each', () => {
    assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
    for (const { operationId, responses } of operations) {
      assert.ok(
        responses['200'] ?? responses['201'] ?? responses['202'] ?? responses['204'],
        `${operationId} lacks a success`,
      );
      for (const status of ['405', '500']) assert.ok(responses[status], `${operationId} lacks ${status}`);
    }
  });
});
