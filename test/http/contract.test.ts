import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { z } from 'zod';
import * as archiveErrors from '../../src/archive/errors.js';
import * as codecErrors from '../../src/codec/errors.js';
import { readConfig } from '../../src/config.js';
import { ArdmError } from '../../src/errors.js';
import { toProblem } from '../../src/http/answers/problem.js';
import * as httpErrors from '../../src/http/errors.js';
import { compressQuerySchema, MAX_CALLS, PRESETS } from '../../src/http/query.js';
import * as jobErrors from '../../src/jobs/errors.js';
import * as runtimeErrors from '../../src/runtime/errors.js';
import { blocksOf, ROOT, read } from '../docs/markdown.js';
import { openapi } from './contract.js';

const ERRORS_PAGE = read('docs/errors.md');

/** Failures of the start, which no request can bring about, and the one that is never sent. */
const NEVER_ANSWERED = new Set([
  'client-closed-request',
  'duplicate-model',
  'invalid-manifest',
  'jobs-folder-in-use',
  'jobs-folder-unusable',
  'known-answer-mismatch',
  'model-file-mismatch',
  'no-models',
  'provider-unavailable',
]);

interface Failure {
  readonly code: string;
  readonly status: number;
}

type ErrorClass = new (...args: never[]) => ArdmError;

/** Code and status of every class of error that a request can meet. */
const failures: Failure[] = [archiveErrors, codecErrors, httpErrors, jobErrors, runtimeErrors]
  .flatMap((module) => Object.values<unknown>(module))
  .filter((value): value is ErrorClass => typeof value === 'function' && value.prototype instanceof ArdmError)
  .map((type) => {
    // The fields do not depend on the arguments; of an empty list every message can be made.
    return new type(...([[], [], []] as never[]));
  })
  .filter(({ code }) => !NEVER_ANSWERED.has(code));

/** Codes of the answers to one status, of all components. */
function documented(): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const response of Object.values(openapi.components.responses)) {
    const schema = response.content?.['application/problem+json']?.schema as {
      allOf: [unknown, { properties: { status: { const: number }; code: { enum?: string[]; const?: string } } }];
    };
    const { status, code } = schema.allOf[1].properties;
    for (const name of code.enum ?? [code.const ?? '']) {
      found.set(name, (found.get(name) ?? new Set()).add(status.const));
    }
  }
  return found;
}

function schemaOf(name: string): Record<string, unknown> {
  return openapi.components.schemas[name] ?? {};
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
    const problem = schemaOf('Problem').properties as { code: { enum: string[] } };
    assert.deepEqual([...problem.code.enum].sort(), [...new Set(failures.map(({ code }) => code))].sort());
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

  it('has the limits that the server has', () => {
    const calls = schemaOf('Calls').anyOf as [{ minimum: number; maximum: number }, unknown];
    assert.deepEqual([calls[0].minimum, calls[0].maximum], [1, MAX_CALLS]);
    assert.deepEqual(schemaOf('Preset').enum, [...PRESETS]);
    // From the schema that parses requests.
    const parsed = z.toJSONSchema(compressQuerySchema, { io: 'output' }) as unknown as {
      properties: {
        calls: { default: string; anyOf: [{ enum: string[] }, { minimum: number; maximum: number }] };
        model: { default: string };
      };
    };
    assert.deepEqual(parsed.properties.calls.anyOf[0].enum, schemaOf('Preset').enum);
    assert.equal(parsed.properties.calls.anyOf[1].minimum, calls[0].minimum);
    assert.equal(parsed.properties.calls.anyOf[1].maximum, calls[0].maximum);
    assert.equal(parsed.properties.calls.default, schemaOf('Calls').default);
    const model = openapi.components.parameters.Model as { schema: { default: string } };
    assert.equal(parsed.properties.model.default, model.schema.default);
    const names = (openapi.paths['/v1/compress']?.post?.parameters ?? []).map(({ $ref }) =>
      String($ref).split('/').at(-1),
    );
    assert.deepEqual(names, ['Calls', 'Model', 'ContentDigest', 'RequestId']);
    assert.deepEqual(Object.keys(compressQuerySchema.shape), ['calls', 'model']);
    assert.equal(readConfig({}).MAX_UPLOAD_BYTES, 2 ** 26);
  });

  it('lists of 413 only what an operation can answer', () => {
    const codes = (path: string): unknown => {
      const answer = openapi.paths[path]?.post?.responses['413'] as unknown as { $ref: string } | undefined;
      const component = openapi.components.responses[answer?.$ref.split('/').at(-1) ?? ''];
      const schema = component?.content?.['application/problem+json']?.schema as {
        allOf: [unknown, { properties: { code: { enum?: string[]; const?: string } } }];
      };
      const { code } = schema.allOf[1].properties;
      return code.enum ?? [code.const];
    };
    assert.deepEqual(codes('/v1/compress'), ['upload-too-large', 'input-too-large']);
    assert.deepEqual(codes('/v1/decompress'), ['upload-too-large', 'declared-size-too-large']);
    // It decodes nothing, so no size that is declared is too large.
    assert.deepEqual(codes('/v1/inspect'), ['upload-too-large']);
  });

  it('names each operation once, and describes what can go wrong with each', () => {
    const operations = Object.values(openapi.paths).flatMap((path) =>
      Object.entries(path).flatMap(([method, operation]) => (method === 'parameters' ? [] : [operation])),
    );
    assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
    for (const { operationId, responses } of operations) {
      assert.ok(responses['200'] ?? responses['202'], `${operationId} lacks a success`);
      for (const status of ['405', '500']) assert.ok(responses[status], `${operationId} lacks ${status}`);
    }
  });
});
