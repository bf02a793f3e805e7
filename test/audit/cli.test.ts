import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { contextGraph, setConstant, weights } from './graph-builder.js';

const cli = fileURLToPath(new URL('../../src/audit/cli.js', import.meta.url));
const fixtures = fileURLToPath(new URL('../../../test/fixtures/models', import.meta.url));
const shipped = fileURLToPath(new URL('../../../models', import.meta.url));

let root = '';
before(() => {
  root = mkdtempSync(path.join(tmpdir(), 'audit-'));
});
after(() => rmSync(root, { recursive: true, force: true }));

function run(...folders: string[]) {
  return spawnSync(process.execPath, [cli, ...folders], { encoding: 'utf8' });
}

const columns = [
  { context: 'order-3', bits: 2, offset: 0 },
  { context: 'word', bits: 2, offset: 4 },
];

function modelFolder(name: string, model: Uint8Array, coding: unknown = { columns }): string {
  const folder = path.join(root, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'model.onnx'), model);
  writeFileSync(path.join(folder, 'coding.json'), typeof coding === 'string' ? coding : JSON.stringify(coding));
  return folder;
}

test('prints the bounds of every node of every fixture, and succeeds', () => {
  const folders = readdirSync(fixtures).map((id) => path.join(fixtures, id));
  const { status, stdout, stderr } = run(...folders);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /layer1_matmul +MatMul +-?\d+ +\d+ +2\^-\d+ +\d+\.\d/);
  assert.equal(stdout.match(/^exact: /gm)?.length, folders.length);
});

test('every model that is shipped is exact', () => {
  const folders = readdirSync(shipped, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(path.join(shipped, entry.name)).includes('model.onnx'))
    .map((entry) => path.join(shipped, entry.name));
  if (folders.length === 0) return;
  const { status, stderr } = run(...folders);
  assert.equal(status, 0, stderr);
});

test('one refused model fails the run, and the others are still reported', () => {
  const bad = modelFolder(
    'bad',
    contextGraph((spec) => setConstant(spec, { name: 'w', dims: [4, 256], values: weights((i) => 1099 + i) })),
  );
  const good = modelFolder('good', contextGraph());
  const { status, stdout, stderr } = run(bad, good);
  assert.equal(status, 1);
  assert.match(stderr, /REFUSED \(inexact-graph\): node matmul3 \(MatMul\): operand w reaches 1102 units/);
  assert.match(stdout, /exact: 7 nodes, .* 2 columns, table 8 x 2/);
});

test('columns must match the graph and fit the table', () => {
  const one = run(modelFolder('one-column', contextGraph(), { columns: columns.slice(0, 1) }));
  assert.equal(one.status, 1);
  assert.match(one.stderr, /graph-contract.*1 columns, the graph's input 2/);
  const beyond = run(modelFolder('beyond', contextGraph(), { columns: [columns[0], { ...columns[1], bits: 3 }] }));
  assert.equal(beyond.status, 1);
  assert.match(beyond.stderr, /column word ends at row 12 of 8/);
});

test('missing and broken files give a reason, not a stack', () => {
  const cases: [string, RegExp][] = [
    [path.join(root, 'nowhere'), /unreadable-model\): cannot read .*model\.onnx/],
    [modelFolder('garbage', Buffer.from('garbage')), /unreadable-model/],
    [modelFolder('text', contextGraph(), '{'), /unreadable-model\): coding\.json/],
    [modelFolder('empty', contextGraph(), { columns: [] }), /unreadable-model\): coding\.json/],
  ];
  for (const [folder, reason] of cases) {
    const { status, stderr } = run(folder);
    assert.equal(status, 1);
    assert.match(stderr, reason);
    assert.doesNotMatch(stderr, /\n +at /);
  }
});

test('a model cut off in the middle is refused', () => {
  const bytes = readFileSync(path.join(fixtures, 'tiny-a', 'model.onnx'));
  const { status, stderr } = run(modelFolder('cut', bytes.subarray(0, bytes.length >> 1)));
  assert.equal(status, 1);
  assert.match(stderr, /unreadable-model/);
});

test('without a folder it says how it is used', () => {
  const { status, stderr } = run();
  assert.equal(status, 2);
  assert.match(stderr, /usage/);
});
