import assert from 'node:assert/strict';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Coding } from '../../src/bytes/coding.js';
import { codingSchema } from '../../src/bytes/coding-schema.js';
import { CLASSES } from '../../src/mixing/parameters.js';
import { InvalidManifestError, ModelFileMismatchError } from '../../src/runtime/errors.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { loadModel } from '../../src/runtime/model.js';
import { MODELS_FOLDER, ModelCopy } from './fixtures.js';

/** Sets of weights by class: one for each bit of a byte. */
const CLASS_SETS = 8 * CLASSES;

const RELEASED = fileURLToPath(new URL('../../../models', import.meta.url));

type Json = Record<string, unknown>;

/** Loads a tampered copy of a model and expects a refusal. */
async function refused(
  tamper: (copy: ModelCopy) => Promise<unknown>,
  kind: new (...a: never[]) => Error,
  message: RegExp,
  id = 'tiny-a',
): Promise<void> {
  const copy = await ModelCopy.make(id);
  try {
    await tamper(copy);
    await assert.rejects(loadModel(copy.folder, KINDS), (error: Error) => {
      assert.ok(error instanceof kind, `${error.name}: ${error.message}`);
      assert.match(error.message, message);
      return true;
    });
  } finally {
    await copy.remove();
  }
}

const editManifest = (change: (json: Json) => unknown) => (copy: ModelCopy) => copy.edit('manifest.json', change);

/** coding.json is hashed: a change of its content alone is told apart by making the hashes fit again. */
const editCoding = (change: (json: Json) => unknown) => async (copy: ModelCopy) => {
  await copy.edit('coding.json', change);
  await copy.rehash();
};

test('a sound model is loaded with everything that the others need of it', async () => {
  const model = await loadModel(join(MODELS_FOLDER, 'tiny-a'), KINDS);
  assert.equal(model.id, 'tiny-a');
  assert.equal(model.identity.length, 32);
  assert.equal(Buffer.from(model.identity).toString('hex'), model.manifest.identity);
  assert.deepEqual(model.shortId, model.identity.subarray(0, 2));
  const coding = codingSchema.parse(model.coding);
  assert.equal(coding.blockLength, 1024);
  assert.equal(coding.logitWeights[0], 65536);
  assert.ok(model.presets.fast <= model.presets.balanced && model.presets.balanced <= model.presets.small);
  const [graph] = model.graphs;
  assert.ok(graph && model.graphs.length === 1);
  assert.equal(model.size, (await readFile(graph.path)).length);
});

test('presets of released models are those that they were released with: a bare frame says nothing of its calls', async () => {
  const released = {
    'text-1': { fast: 32, balanced: 128, small: 1024 },
    'text-2': { fast: 32, balanced: 128, small: 1024 },
    'text-3': { fast: 32, balanced: 128, small: 1024 },
    'text-4': { fast: 32, balanced: 128, small: 1024 },
    'pictures-1': { fast: 18, balanced: 18, small: 18 },
    'sound-1': { fast: 16, balanced: 64, small: 256 },
  };
  for (const [id, presets] of Object.entries(released)) {
    const { manifest } = await loadModel(join(RELEASED, id), KINDS);
    assert.deepEqual([manifest.presets, manifest.default], [presets, 'balanced'], id);
  }
});

test('a copy whose hashes were made anew is sound', async () => {
  const copy = await ModelCopy.make();
  try {
    await copy.rehash();
    assert.equal((await loadModel(copy.folder, KINDS)).id, 'tiny-a');
  } finally {
    await copy.remove();
  }
});

test('manifest.json must be there and be JSON', async () => {
  await refused((copy) => rm(copy.path('manifest.json')), InvalidManifestError, /manifest\.json.*cannot be read/);
  await refused((copy) => writeFile(copy.path('manifest.json'), '{'), InvalidManifestError, /is not JSON/);
  await refused((copy) => writeFile(copy.path('manifest.json'), ''), InvalidManifestError, /is not JSON/);
  await refused((copy) => writeFile(copy.path('manifest.json'), '[]'), InvalidManifestError, /the whole/);
});

test('every key of the manifest is needed', async () => {
  const keys = ['id', 'kind', 'units', 'identity', 'files', 'knownAnswer', 'rate', 'presets', 'default', 'trainedOn'];
  for (const key of keys) {
    const without = editManifest((json) => {
      delete json[key];
    });
    await refused(without, InvalidManifestError, new RegExp(key));
  }
});

test('values of the manifest are checked, and all faults are told together', async () => {
  const faults: [string, unknown][] = [
    ['id', 'Tiny A'],
    ['id', '../tiny-a'],
    ['id', ''],
    ['id', 'auto'],
    ['id', 'brotli'],
    ['id', 'stored'],
    ['id', 'mixed'],
    ['kind', 'attention'],
    ['units', 'pixel'],
    ['identity', 'abc'],
    ['identity', 'A'.repeat(64)],
    ['files', {}],
    ['knownAnswer', { rows: 0, seed: 1, digest: '0'.repeat(64) }],
    ['knownAnswer', { rows: 1, seed: 0, digest: '0'.repeat(64) }],
    ['knownAnswer', { rows: 1, seed: 2 ** 32, digest: '0'.repeat(64) }],
    ['rate', [{ calls: 0, bitsPerByte: 1 }]],
    ['rate', [{ calls: 1, bitsPerByte: 0 }]],
    ['presets', { fast: 32, balanced: 85 }],
    ['presets', { fast: 32, balanced: 85, small: 1025 }],
    ['presets', { fast: 1.5, balanced: 85, small: 1024 }],
    ['default', 'best'],
    ['default', 'fast'],
  ];
  for (const [key, value] of faults) {
    await refused(
      editManifest((json) => ({ ...json, [key]: value })),
      InvalidManifestError,
      new RegExp(`${key}.*Export the model again`),
    );
  }
  const two = editManifest((json) => ({ ...json, kind: 'x', units: 'y' }));
  await refused(two, InvalidManifestError, /kind.*units/);
});

test('keys that this version does not know are left alone in the manifest', async () => {
  const copy = await ModelCopy.make();
  try {
    await copy.edit('manifest.json', (json) => ({ ...json, note: 'for people' }));
    assert.equal((await loadModel(copy.folder, KINDS)).id, 'tiny-a');
  } finally {
    await copy.remove();
  }
});

test('the folder is named as the model is', async () => {
  const copy = await ModelCopy.make('tiny-a', 'other');
  try {
    await assert.rejects(loadModel(copy.folder, KINDS), InvalidManifestError);
  } finally {
    await copy.remove();
  }
});

test('a changed, cut or missing file is refused', async () => {
  const flip = (name: string) => async (copy: ModelCopy) => {
    const bytes = await readFile(copy.path(name));
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] as number) ^ 1;
    await writeFile(copy.path(name), bytes);
  };
  for (const name of ['model.onnx', 'coding.json']) {
    await refused(flip(name), ModelFileMismatchError, /SHA-256/);
    await refused((copy) => truncate(copy.path(name), 100), ModelFileMismatchError, /SHA-256/);
    await refused((copy) => rm(copy.path(name)), ModelFileMismatchError, /cannot be read/);
  }
});

test('an identity that is not the hash of the hashes is refused', async () => {
  const other = editManifest((json) => ({ ...json, identity: '0'.repeat(64) }));
  await refused(other, ModelFileMismatchError, /identity/);
});

test('coding.json is checked, and unknown keys are refused since they may decide bits', async () => {
  const column = { context: 'order-3', bits: 4, offset: 0 };
  const faults: [RegExp, (json: Json) => unknown][] = [
    ...[512, 1023, 2048, 2 ** 18, 2 ** 19 + 1, 2 ** 20, 0, '1024'].map(
      (blockLength): [RegExp, (json: Json) => unknown] => [/blockLength/, (json) => ({ ...json, blockLength })],
    ),
    [/columns/, (json) => ({ ...json, columns: [] })],
    [/columns/, (json) => ({ ...json, columns: [{ ...column, context: 'order-99' }] })],
    [/columns/, (json) => ({ ...json, columns: [{ ...column, bits: 0 }] })],
    [/columns/, (json) => ({ ...json, columns: [{ ...column, salt: 1 }] })],
    [/columns.*must start where/, (json) => ({ ...json, columns: [{ ...column, offset: 1 }] })],
    [/columns.*must start where/, (json) => ({ ...json, columns: [column, column] })],
    [/logitWeights/, (json) => ({ ...json, logitWeights: [] })],
    [/logitWeights/, (json) => ({ ...json, logitWeights: [65536.5] })],
    [/logitWeights/, (json) => ({ ...json, logitWeights: [65536, -1] })],
    [/logitWeights.*first must be 65536/, (json) => ({ ...json, logitWeights: [65535, 1] })],
    [/logitWeights.*never rise/, (json) => ({ ...json, logitWeights: [65536, 5, 5, 6] })],
    [/randomOrderLoss/, (json) => ({ ...json, randomOrderLoss: 'none' })],
    [/temperature/, (json) => ({ ...json, temperature: 1 })],
  ];
  for (const [message, change] of faults) await refused(editCoding(change), InvalidManifestError, message);
});

test('a model that mixes is loaded with what it starts from', async () => {
  const codingOf = async (folder: string): Promise<Coding> =>
    codingSchema.parse((await loadModel(folder, KINDS)).coding);
  const coding = await codingOf(join(MODELS_FOLDER, 'tiny-c'));
  assert.equal(coding.blockLength, 2 ** 19);
  assert.deepEqual(coding.mixing?.contexts, ['order-1', 'order-2', 'order-4', 'word', 'key']);
  assert.equal((await codingOf(join(MODELS_FOLDER, 'tiny-a'))).mixing, undefined);
});

test('what mixing starts from is held to the shapes and ranges that the arithmetic relies on', async () => {
  type Mixing = Record<string, unknown> & { contexts: string[]; weights: number[][][] };
  const rows = (count: number, length: number, value: unknown = 0) =>
    Array.from({ length: count }, () => Array(length).fill(value));
  const only = (value: unknown, length: number) => [value, ...Array(length - 1).fill(0)];
  const set = (key: string, value: unknown): [RegExp, (mixing: Mixing) => unknown] => [
    new RegExp(`mixing.${key}`),
    (mixing) => ({ ...mixing, [key]: value }),
  ];
  const weights = (change: (weights: number[][][]) => unknown): [RegExp, (mixing: Mixing) => unknown] => [
    /mixing.weights/,
    (mixing) => ({ ...mixing, weights: change(mixing.weights) }),
  ];
  const byClass = (message: RegExp, classes: unknown, mixers = 3): [RegExp, (mixing: Mixing) => unknown] => [
    message,
    (mixing) => ({ ...mixing, classes, final: rows(256, mixers) }),
  ];
  const faults: [RegExp, (mixing: Mixing) => unknown][] = [
    set('contexts', []),
    set('contexts', ['order-1', 'order-2', 'order-4', 'word', 'order-99']),
    set('contexts', Array(33).fill('order-1')),
    // One context more, or less, than everything else is for.
    [/mixing.(history|weights)/, (mixing) => ({ ...mixing, contexts: [...mixing.contexts, 'order-3'] })],
    [/mixing.(history|weights)/, (mixing) => ({ ...mixing, contexts: mixing.contexts.slice(1) })],
    ...[0, 65, 1.5, '12'].map((rate) => set('rate', rate)),
    set('history', rows(4, 256)),
    set('history', rows(6, 256)),
    set('history', rows(5, 255)),
    set('history', rows(5, 257)),
    ...[-1, 2 ** 22, 0.5, null].map((value) => set('history', rows(5, 256, value))),
    [/mixing.history/, (mixing) => ({ ...mixing, historySeen: rows(4, 256) })],
    set('historySeen', rows(5, 255)),
    ...[-1, 256, 1.5].map((value) => set('historySeen', rows(5, 256, value))),
    ...[31, 33].map((length) => set('match', Array(length).fill(0))),
    ...[-1, 2 ** 22].map((value) => set('match', only(value, 32))),
    ...[31, 33].map((length) => set('matchSeen', Array(length).fill(0))),
    ...[-1, 256].map((value) => set('matchSeen', only(value, 32))),
    weights((all) => all.slice(1)),
    weights((all) => [...all, all[0]]),
    weights(([byNode = [], byMatch]) => [byNode.slice(1), byMatch]),
    weights(([byNode, byMatch = []]) => [byNode, byMatch.slice(1)]),
    weights(([byNode, byMatch = []]) => [byNode, [...byMatch.slice(1), (byMatch[0] as number[]).slice(1)]]),
    weights(([byNode = [], byMatch]) => [[...byNode.slice(1), [...(byNode[0] as number[]), 0]], byMatch]),
    ...[2 ** 22 + 1, -(2 ** 22) - 1, 0.5].map((value) =>
      weights(([byNode = [], byMatch]) => [[...byNode.slice(1), only(value, 8)], byMatch]),
    ),
    set('final', rows(255, 2)),
    set('final', rows(256, 1)),
    set('final', rows(256, 3)),
    ...[2 ** 22 + 1, -(2 ** 22) - 1, 0.5].map((value) => set('final', rows(256, 2, value))),
    // With weights by class there is a third mixer, and without them there is none.
    ...[2, 4].map((mixers) => byClass(/mixing.final/, rows(CLASS_SETS, 8), mixers)),
    ...[CLASS_SETS - 1, CLASS_SETS + 1, 0].map((count) => byClass(/mixing.classes/, rows(count, 8))),
    ...[7, 9].map((inputs) => byClass(/mixing.weights/, rows(CLASS_SETS, inputs))),
    ...[2 ** 22 + 1, -(2 ** 22) - 1, 0.5].map((value) => byClass(/mixing.classes/, rows(CLASS_SETS, 8, value))),
    [/mixing.*temperature/, (mixing) => ({ ...mixing, temperature: 1 })],
    [/mixing/, () => null],
    ...['contexts', 'rate', 'history', 'historySeen', 'match', 'matchSeen', 'weights', 'final'].map(
      (key): [RegExp, (mixing: Mixing) => unknown] => [
        new RegExp(`mixing.${key}`),
        (mixing) => ({ ...mixing, [key]: undefined }),
      ],
    ),
  ];
  for (const [message, change] of faults) {
    const tamper = editCoding((json) => ({ ...json, mixing: change(json.mixing as Mixing) }));
    await refused(tamper, InvalidManifestError, message, 'tiny-c');
  }
});

test('mixing may start from the ends of its ranges', async () => {
  for (const byClass of [false, true]) {
    const copy = await ModelCopy.make('tiny-c');
    try {
      const ends = (low: number, high: number, length: number) =>
        Array.from({ length }, (_, i) => (i % 2 ? low : high));
      const sets = (count: number, length: number) =>
        Array.from({ length: count }, () => ends(-(2 ** 22), 2 ** 22, length));
      const mixing = {
        contexts: ['order-1'],
        rate: 64,
        history: [ends(0, 2 ** 22 - 1, 256)],
        historySeen: [ends(0, 255, 256)],
        match: ends(0, 2 ** 22 - 1, 32),
        matchSeen: ends(0, 255, 32),
        weights: [sets(256, 4), sets(33, 4)],
        ...(byClass && { classes: sets(CLASS_SETS, 4) }),
        final: sets(256, byClass ? 3 : 2),
      };
      await copy.edit('coding.json', (json) => ({ ...json, mixing }));
      await copy.rehash();
      assert.deepEqual(codingSchema.parse((await loadModel(copy.folder, KINDS)).coding).mixing, mixing);
    } finally {
      await copy.remove();
    }
  }
});
