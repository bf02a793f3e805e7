import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '../../src/config.js';
import { failureReason, REDIS_REASONS } from '../../src/jobs/failure-reason.js';
import { openapi, problemCodes } from '../http/contract.js';
import { METRICS } from './metrics.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const RUNBOOK = readFileSync(join(ROOT, 'deploy', 'RUNBOOK.md'), 'utf8');
const ERRORS = readFileSync(join(ROOT, 'docs', 'errors.md'), 'utf8');

const source = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(join(ROOT, 'src', path), 'utf8'))
  .join('\n');

/** All that the runbook sets as code. */
const spans = [...RUNBOOK.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);

/** Codes of problems; `status code` where the runbook says both. */
const codes = problemCodes();

/** Fields of the log and of answers, headers, values and other names, which are looked for in the source or the contract. */
const NAMES = [
  'X-Request-Id',
  'Retry-After',
  'Authorization',
  'X-API-Key',
  'instance',
  'requestId',
  'route',
  'status',
  'code',
  'owner',
  'provider',
  'workers',
  'models',
  'autoModel',
  'apiKeys',
  'reason',
  'err',
  'modelIdentity',
  'hash',
  'calls',
  'auto',
  'cpu',
  'small',
  'large',
  'lines',
  'store',
  'folder',
  'path',
];

const NOT_OURS = [
  'TMPDIR',
  'npm run api-key -- NAME',
  'maxmemory',
  'min-replicas-to-write',
  'EVAL',
  'INFO',
  'ardm:',
  'ulimit -n',
];

/** Words of the field `reason`, each as a store says it. Tests of stores that refuse are in test/jobs/refusals.test.ts. */
const REASONS = [
  ...REDIS_REASONS.map((word) => Object.assign(new Error(`${word} and why`), { name: 'ReplyError' })),
  new Error('Command timed out'),
  new Error('Connection is closed.'),
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'].map(withCode),
  ...['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'ESTALE', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'].map(
    withCode,
  ),
  ...['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'CredentialsProviderError'].map(
    named,
  ),
  ...['NoSuchBucket', 'SlowDown', 'InternalError', 'ServiceUnavailable'].map(named),
].map(failureReason);

function withCode(code: string): Error {
  return Object.assign(new Error('what the system says'), { code });
}

function named(name: string): Error {
  return Object.assign(new Error('what S3 says'), { name });
}

/** What each kind of span must be held to. */
function fault(span: string): string | undefined {
  if (span.startsWith('"')) {
    // A message: stands so in the source, where a template may break it off.
    return source.includes(span.slice(1, -1)) ? undefined : 'no such message';
  }
  if (/^(GET|POST) /.test(span)) {
    const [method = '', path = ''] = span.split(' ');
    return openapi.paths[path]?.[method.toLowerCase()] ? undefined : 'no such operation';
  }
  if (REASONS.includes(span)) return undefined;
  if (/^[A-Z][A-Z0-9_]+$/.test(span) && !NOT_OURS.includes(span))
    return span in SETTINGS ? undefined : 'no such setting';
  const [, metric, label] = /^(\w+?)="\w+"$/.exec(span) ? [undefined, undefined, span] : [undefined, span, undefined];
  if (label !== undefined) {
    const name = label.split('=')[0] ?? '';
    return Object.values(METRICS).some(({ labels }) => labels.includes(name)) ? undefined : 'no such label';
  }
  if (/^(ardm|http|process|nodejs)_/.test(metric ?? ''))
    return (metric ?? '') in METRICS ? undefined : 'no such metric';
  if (codes.includes(span)) return undefined;
  if (span === 'ardm-upload-' || span === 'ardm-alive-')
    return source.includes(`'${span}'`) ? undefined : 'no such name';
  return NAMES.includes(span) || NOT_OURS.includes(span) ? undefined : 'what is it?';
}

describe('the runbook', () => {
  it('names only settings, metrics, codes, paths and messages that there are', () => {
    assert.ok(spans.length > 100);
    assert.deepEqual(
      spans.flatMap((span) => (fault(span) === undefined ? [] : [`${span}: ${fault(span)}`])),
      [],
    );
    for (const name of NAMES) assert.match(source, new RegExp(`\\b${name}\\b`, 'i'), name);
  });

  it('is held to this: what is not so, is found', () => {
    for (const span of ['"no such line"', 'GET /health', 'POST /health/live', 'MAX_NOTHING', 'ardm_nothing', 'no-code'])
      assert.notEqual(fault(span), undefined, span);
    assert.equal(fault('nothing="x"'), 'no such label');
  });

  it('says what to do about each reason for which a store refuses', () => {
    const table = RUNBOOK.split('\n').filter((line) => line.startsWith('| `'));
    for (const reason of REASONS)
      assert.ok(
        table.some((line) => line.includes(`\`${reason}\``)),
        reason,
      );
    assert.equal(
      failureReason(new Error('ERR Error running script: @user_script:1: -READONLY You cannot')),
      'READONLY',
    );
    assert.equal(failureReason(new Error('anything else')), 'other');
  });

  it('gives each code the status that it has', () => {
    const pairs = [...RUNBOOK.matchAll(/\b(\d{3}) `([a-z-]+)`/g)];
    assert.ok(pairs.length >= 10);
    for (const [pair, status, code] of pairs) {
      const row = ERRORS.split('\n').find((line) => line.startsWith(`| ${status}`) && line.includes(`\`${code}\``));
      assert.ok(row, pair);
    }
  });

  it('says something about everything that an operator can do something about', () => {
    for (const code of ['not-ready', 'overloaded', 'too-many-uploads', 'storage-full', 'worker-lost', 'unknown-model'])
      assert.ok(spans.includes(code), code);
    for (const subject of ['provider', 'model', 'worker', 'Overload', 'disk', 'Memory', 'Redis'])
      assert.match(RUNBOOK, new RegExp(`^## .*${subject}`, 'm'));
    // Every line of warning or error that the source writes.
    const messages = [...source.matchAll(/log(?:\.warn|\.error)?\((?:\{[^}]*\}, )?'([^']+)'/g)].map(([, text]) => text);
    assert.ok(messages.length >= 4, String(messages));
    const levels = [...source.matchAll(/log\.(?:warn|error)\((?:\{[^}]*\}, )?'([^']+)'/g)].map(([, text]) => text);
    for (const text of [...levels, 'worker lost', 'worker could not be replaced', 'execution provider passed over'])
      assert.ok(RUNBOOK.includes(`\`"${text}"\``), text);
  });

  it('says the numbers of the source', () => {
    for (const [said, meant] of [
      [/at most 4,096 connections/, 'maxConnections: 4_096'],
      [/headers took longer than 80 s/, 'headersTimeout: 80 \\* SECOND'],
      [/less than 4 KiB in half a minute/, 'bytes: 4_096, window: 30_000'],
      [/whole within an hour/, 'requestTimeout: 3_600 \\* SECOND'],
      [/Redis within 3 s, S3 within 10 s/, 'COMMAND_TIMEOUT_MS = 3_000'],
      [/S3 within 10 s/, 'LIMIT_MS = 10_000'],
      [/more than a quarter of a second/, 'PATIENCE = 250'],
      [/Up to 1 MiB of lines/, 'MAX_WAITING = 2 \\*\\* 20'],
      [/answers above 1 MiB/, 'MAX_IN_MEMORY = 2 \\*\\* 20'],
      [/less than 64 MiB would stay free/, 'MIN_FREE_DISK_BYTES: integer\\(\\s*0,\\s*2 \\*\\* 40,\\s*64 \\* MEBIBYTE'],
    ] as const) {
      assert.match(RUNBOOK, said);
      assert.match(source, new RegExp(meant));
    }
  });
});
