import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { PROBLEM_TYPE } from '../../src/http/answers/problem.js';
import { parseEvents } from './sse.js';

/** openapi.yaml, as far as the tests look into it. References are left as they are. */
export interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<string, Schema>;
    readonly parameters: Record<string, Schema>;
    readonly responses: Record<string, Answer>;
    readonly requestBodies: Record<string, Schema>;
  };
}

type Schema = Record<string, unknown>;

export interface Operation {
  readonly operationId: string;
  readonly parameters?: Schema[];
  readonly responses: Record<string, Answer>;
}

interface Answer {
  readonly description: string;
  readonly headers?: Record<string, unknown>;
  /** Absent where there is no body. */
  readonly content?: Record<string, Content>;
  /** Whether it may be of any type, that of a file whose archive kept it. */
  readonly 'x-kept-types'?: boolean;
  /** Of the problems that it may be. */
  readonly 'x-codes'?: string[];
}

interface Content {
  readonly schema: unknown;
  /** Of server-sent events: their types, and what the data of each is. */
  readonly 'x-event-data'?: Record<string, Schema>;
}

export const OPENAPI_TEXT = readFileSync(new URL('../../../openapi.yaml', import.meta.url), 'utf8');
export const openapi = (await parsed(OPENAPI_TEXT)) as OpenApi;

/** A document in YAML, which is parsed once and then kept as JSON in dist: parsing takes half a second, and most files of tests want it. */
async function parsed(yaml: string): Promise<unknown> {
  const digest = createHash('sha256').update(yaml).digest('hex').slice(0, 16);
  const kept = fileURLToPath(new URL('./openapi.json', import.meta.url));
  try {
    const { of, document } = JSON.parse(readFileSync(kept, 'utf8')) as { of: string; document: unknown };
    if (of === digest) return document;
  } catch {
    // It was not parsed yet.
  }
  const { parse } = await import('yaml');
  const document: unknown = parse(yaml);
  // Others may write it at the same time.
  const written = `${kept}.${process.pid}`;
  writeFileSync(written, JSON.stringify({ of: digest, document }));
  renameSync(written, kept);
  return document;
}

// That the schemas are schemas is looked at once, by contract.test.ts.
const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
formats.default(ajv);
ajv.addFormat('binary', true);
// Clients must take values that are not listed, and members: this server sends none.
ajv.addKeyword({ keyword: 'x-values', validate: (values: unknown[], value: unknown) => values.includes(value) });
ajv.addSchema({ ...closed(openapi), $id: 'openapi' });

/** The document with objects that have the properties which they list, and no others. */
function closed<T>(node: T): T {
  if (Array.isArray(node)) return node.map(closed) as T;
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, closed(value)]);
  const isObject = 'type' in node && node.type === 'object' && 'properties' in node;
  return Object.fromEntries(isObject ? [...entries, ['additionalProperties', false]] : entries) as T;
}

/** All codes that a problem may have. */
export function problemCodes(): string[] {
  const { code } = openapi.components.schemas.Problem.properties as { code: { 'x-codes': string[] } };
  return code['x-codes'];
}

/** Codes of an answer by its status, of an operation. */
export function codesOf(operation: Operation, status: string): string[] {
  const answer = operation.responses[status];
  return answer === undefined ? [] : (resolve('', answer).value['x-codes'] ?? []);
}

const validators = new Map<string, ValidateFunction>();

function validator(pointer: string): ValidateFunction {
  let validate = validators.get(pointer);
  if (!validate) {
    validate = ajv.compile({ $ref: `openapi#${pointer}` });
    validators.set(pointer, validate);
  }
  return validate;
}

/** An answer as it came over the wire. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Sends a request to the server at `server`, and holds the answer against openapi.yaml. */
export async function sendChecked(server: string, path: string, init: RequestInit): Promise<Received> {
  const response = await fetch(server + path, init);
  const body = Buffer.from(await response.arrayBuffer());
  const received = { status: response.status, headers: response.headers, body };
  if (init.method !== 'HEAD') checkAnswer(init.method ?? 'GET', path, received);
  return received;
}

/** Fails unless openapi.yaml describes this answer: its status, media type, headers and JSON. */
function checkAnswer(method: string, url: string, { status, headers, body }: Received): void {
  const what = `${method} ${url}: ${status}`;
  const path = new URL(`http://server${url}`).pathname;
  const template = Object.keys(openapi.paths).find((key) =>
    new RegExp(`^${key.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  const type = headers.get('content-type')?.split(';', 1)[0] ?? '';
  // No document can list what is not there.
  if (template === undefined) {
    checkProblem(what, type, status, body, 'not-found');
    return;
  }
  // Described once for all paths.
  if (method === 'OPTIONS') {
    assert.deepEqual([status, body.length], [204, 0], what);
    assert.match(headers.get('allow') ?? '', /^([A-Z]+, )+OPTIONS$/, what);
    return;
  }
  const operation = openapi.paths[template]?.[method.toLowerCase()];
  if (operation === undefined) {
    checkProblem(what, type, status, body, 'method-not-allowed');
    return;
  }
  const base = `/paths/${pointerStep(template)}/${method.toLowerCase()}/responses/${status}`;
  assert.ok(operation.responses[status], `${what} is not described`);
  const { pointer, value } = resolve(base, operation.responses[status]);
  for (const [name, header] of Object.entries(value.headers ?? {})) {
    checkHeader(what, `${pointer}/headers/${pointerStep(name)}`, header, name, headers.get(name));
  }
  if (!value.content) {
    assert.equal(body.length, 0, `${what} has a body`);
    return;
  }
  const content = value.content[type];
  assert.ok(content ?? value['x-kept-types'], `${what} has the type ${type}`);
  if (!content) return;
  const at = `${pointer}/content/${pointerStep(type)}`;
  if (type === 'text/event-stream') checkEvents(what, at, content, body);
  if (!type.endsWith('json')) return;
  const validate = validator(`${at}/schema`);
  const json = JSON.parse(body.toString()) as Schema;
  assert.ok(validate(json), `${what} ${body}: ${ajv.errorsText(validate.errors)}`);
  if (type !== PROBLEM_TYPE) return;
  assert.equal(json.status, status, what);
  assert.ok(value['x-codes']?.includes(String(json.code)), `${what} has the code ${json.code}`);
}

function checkEvents(what: string, pointer: string, content: Content, body: Buffer): void {
  for (const { event, data } of parseEvents(body.toString()).events) {
    assert.ok(content['x-event-data']?.[event], `${what} has the event ${event}`);
    const validate = validator(`${pointer}/x-event-data/${event}`);
    assert.ok(validate(data), `${what} ${JSON.stringify(data)}: ${ajv.errorsText(validate.errors)}`);
  }
}

function checkProblem(what: string, type: string, status: number, body: Buffer, code: string): void {
  assert.equal(type, PROBLEM_TYPE, what);
  const problem: unknown = JSON.parse(body.toString());
  const validate = validator('/components/schemas/Problem');
  assert.ok(validate(problem), `${what} ${body}: ${ajv.errorsText(validate.errors)}`);
  assert.deepEqual(
    { status: (problem as Schema).status, code: (problem as Schema).code },
    { status, code: code },
    what,
  );
}

function checkHeader(what: string, pointer: string, header: unknown, name: string, text: string | null): void {
  const resolved = resolve(pointer, header as Schema);
  if (text === null) {
    assert.ok(!resolved.value.required, `${what} lacks the header ${name}`);
    return;
  }
  const schema = resolved.value.schema as Schema;
  const validate = validator(`${resolved.pointer}/schema`);
  assert.ok(
    validate(schema.type === 'integer' ? Number(text) : text),
    `${what}, ${name}: ${text}: ${ajv.errorsText(validate.errors)}`,
  );
}

/** Follows one reference, the deepest there are here. */
function resolve<T extends object>(pointer: string, value: T): { pointer: string; value: T } {
  if (!('$ref' in value)) return { pointer, value };
  const target = String(value.$ref).slice(1);
  const steps = target.slice(1).split('/');
  const found = steps.reduce<unknown>((node, step) => (node as Schema)[step], openapi);
  return { pointer: target, value: found as T };
}

/** A step of a JSON pointer in a URI fragment. */
function pointerStep(step: string): string {
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));
}
