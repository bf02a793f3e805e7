import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { SETTINGS } from '../../src/config.js';
import { openapi } from '../http/contract.js';
import { blocksOf, DOCUMENTS, PAGES, read, spansOf } from './markdown.js';

const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));

/** Variables that are not the service's: of Node, of the system's loader, and of the tests and benchmarks, where they must be read. */
const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  ARDM_BENCH_DATA: 'test/bench/data.ts',
  ARDM_KEY: 'src/cli/program.ts',
  ARDM_REQUIRE_BROWSER: 'test/page/chromium.ts',
  ARDM_REQUIRE_FLEET: 'test/fleet/programs.ts',
  ARDM_REQUIRE_WEBGPU: 'test/runtime/equality-webgpu.test.ts',
  LD_LIBRARY_PATH: 'Dockerfile',
};

/** Scripts of package.json that a text names. */
function scriptsIn(text: string): string[] {
  const called = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
  const short = [...text.matchAll(/`(bench:[\w-]+)/g)].map((match) => match[1] ?? '');
  return [...called, ...short];
}

/** Method and path, without a query, of all operations that a document sets as code. */
function operationsIn(document: string): [string, string][] {
  return spansOf(document).flatMap((span) => {
    const [, method, path] = /^(GET|HEAD|POST|PUT|PATCH|DELETE) (\/[^\s?]*)/.exec(span) ?? [];
    return method && path ? [[method.toLowerCase(), path] as [string, string]] : [];
  });
}

describe('README.md', () => {
  it('has at most 150 lines, none of them longer than a table needs', () => {
    const lines = read('README.md').trimEnd().split('\n');
    assert.ok(lines.length <= 150, `${lines.length} lines: move what is not first use into docs/`);
    assert.deepEqual(
      lines.filter((line) => line.length > 140 && !line.startsWith('|')),
      [],
    );
  });

  it('has the figures of docs/performance.md', () => {
    const rows = read('docs/performance.md').split('\n');
    const figures = read('README.md').split('## Figures')[1]?.split('\n## ')[0] ?? '';
    const given = figures.split('\n').filter((line) => line.startsWith('|'));
    assert.ok(given.length > 10);
    assert.deepEqual(
      given.filter((row) => !rows.includes(row)),
      [],
    );
  });
});

describe('the documents', () => {
  it('name only scripts of npm that there are', () => {
    const named = DOCUMENTS.flatMap((document) => scriptsIn(read(document)).map((name) => ({ document, name })));
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter(({ name }) => !(name in scripts)),
      [],
    );
  });

  it('name only settings that there are', () => {
    const named = PAGES.flatMap((page) =>
      spansOf(read(page)).flatMap((span) => {
        const [name] = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?==|$)/.exec(span) ?? [];
        // Those of the resolver are codes of errors.
        return name === undefined || name.startsWith('EAI_') ? [] : [{ page, name }];
      }),
    );
    assert.ok(named.length > 50);
    assert.deepEqual(
      named.filter(({ name }) => !(name in SETTINGS || name in OTHER_VARIABLES)),
      [],
    );
  });

  it('name only operations that are in the contract', () => {
    const named = PAGES.flatMap((page) => operationsIn(read(page)).map(([method, path]) => ({ page, method, path })));
    assert.ok(named.length > 15);
    assert.deepEqual(
      named.filter(({ method, path }) => !openapi.paths[path]?.[method === 'head' ? 'get' : method]),
      [],
    );
  });

  it('name variables of tests that are read there', () => {
    for (const [name, reader] of Object.entries(OTHER_VARIABLES)) assert.ok(read(reader).includes(name), name);
  });

  it('are held to this: what is not so, is found', () => {
    assert.deepEqual(scriptsIn('`npm run none`, npm test and `bench:none -- x`'), ['none', 'test', 'bench:none']);
    assert.deepEqual(operationsIn('`GET /none?x=` and `POST /v1/jobs`'), [
      ['get', '/none'],
      ['post', '/v1/jobs'],
    ]);
    assert.deepEqual(blocksOf('```sh\na\n```\ntext\n```json\nb\n```\n', 'json'), ['b\n']);
  });
});
