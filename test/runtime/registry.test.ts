import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuplicateModelError, InvalidManifestError, NoModelsError } from '../../src/runtime/errors.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { loadModels, ModelRegistry } from '../../src/runtime/registry.js';
import { fakeModel, MODELS_FOLDER } from './fixtures.js';

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ardm-test-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('models are found by id and by the first two bytes of their identity', () => {
  const [a, b] = [fakeModel('a', [1, 2, 3]), fakeModel('b', [2, 1, 3])];
  const registry = new ModelRegistry([a, b]);
  assert.equal(registry.byId('a'), a);
  assert.equal(registry.byId('b'), b);
  assert.equal(registry.byId('c'), undefined);
  assert.equal(registry.byId('__proto__'), undefined);
  assert.equal(registry.byShortId(Uint8Array.of(1, 2)), a);
  assert.equal(registry.byShortId(Uint8Array.of(2, 1)), b);
  assert.equal(registry.byShortId(Uint8Array.of(2, 2)), undefined);
});

test('the list is sorted by id, whatever order they came in', () => {
  const models = ['text-2', 'audio-1', 'text-1'].map((id, i) => fakeModel(id, [i, i]));
  const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);
  assert.deepEqual(ids(new ModelRegistry(models).list()), ['audio-1', 'text-1', 'text-2']);
  assert.deepEqual(ids(new ModelRegistry([...models].reverse()).list()), ['audio-1', 'text-1', 'text-2']);
});

test('two models with one id, or with one short id, are refused', () => {
  assert.throws(() => new ModelRegistry([fakeModel('a', [1, 2]), fakeModel('a', [3, 4])]), DuplicateModelError);
  assert.throws(
    () => new ModelRegistry([fakeModel('a', [1, 2, 3]), fakeModel('b', [1, 2, 4])]),
    (error: unknown) => error instanceof DuplicateModelError && /models\/a and models\/b.*0102/.test(error.message),
  );
});

test('all sub-folders with a model are loaded', async () => {
  const registry = await loadModels(MODELS_FOLDER, KINDS);
  assert.deepEqual(
    registry.list().map(({ id }) => id),
    ['tiny-a', 'tiny-b', 'tiny-c'],
  );
});

test('files and folders without a model are passed over', async () => {
  await inFolder(async (folder) => {
    await cp(join(MODELS_FOLDER, 'tiny-b'), join(folder, 'tiny-b'), { recursive: true });
    await mkdir(join(folder, 'training'));
    await writeFile(join(folder, 'training', 'train.py'), '');
    await writeFile(join(folder, 'README.md'), '');
    assert.equal((await loadModels(folder, KINDS)).list().length, 1);
  });
});

test('links to folders are followed, and what they lead nowhere is passed over', async () => {
  await inFolder(async (folder) => {
    await symlink(join(MODELS_FOLDER, 'tiny-b'), join(folder, 'tiny-b'));
    await symlink(join(folder, 'nowhere'), join(folder, 'broken'));
    assert.deepEqual(
      (await loadModels(folder, KINDS)).list().map(({ id }) => id),
      ['tiny-b'],
    );
  });
});

test('a model without its manifest is an error, not a model less', async () => {
  await inFolder(async (folder) => {
    await cp(join(MODELS_FOLDER, 'tiny-b'), join(folder, 'tiny-b'), { recursive: true });
    await rm(join(folder, 'tiny-b', 'manifest.json'));
    await assert.rejects(loadModels(folder, KINDS), InvalidManifestError);
  });
});

test('a folder that is missing or has no model is an error that says what belongs there', async () => {
  await inFolder(async (folder) => {
    await assert.rejects(
      loadModels(folder, KINDS),
      (error: unknown) => error instanceof NoModelsError && error.message.includes('manifest.json'),
    );
    await assert.rejects(loadModels(join(folder, 'missing'), KINDS), NoModelsError);
  });
});
