import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { ServiceProcess, TINY_MODELS } from './process.js';

after(() => ServiceProcess.killAll());

/** The model that `auto` tries in a service with these two. */
async function autoModel(folder: string): Promise<unknown> {
  const service = await ServiceProcess.start({ MODELS_DIR: folder });
  const line = service.log.find(({ msg }) => msg.startsWith('listening'));
  assert.equal(await service.stop(), 0);
  return line?.autoModel;
}

async function rename(folder: string, from: string, to: string): Promise<void> {
  await cp(join(folder, from), join(folder, to), { recursive: true });
  await rm(join(folder, from), { recursive: true });
  const path = join(folder, to, 'manifest.json');
  const manifest: Record<string, unknown> = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...manifest, id: to }));
}

it('auto tries text-4, else an older one, though others come before them, and else the first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ardm-test-'));
  try {
    for (const id of ['tiny-a', 'tiny-b']) await cp(join(TINY_MODELS, id), join(folder, id), { recursive: true });
    assert.equal(await autoModel(folder), 'tiny-a');
    await rename(folder, 'tiny-a', 'audio-1');
    await rename(folder, 'tiny-b', 'text-1');
    assert.equal(await autoModel(folder), 'text-1');
    await cp(join(TINY_MODELS, 'tiny-a'), join(folder, 'tiny-a'), { recursive: true });
    await rm(join(folder, 'audio-1'), { recursive: true });
    await rename(folder, 'tiny-a', 'text-2');
    assert.equal(await autoModel(folder), 'text-2');
    await rename(folder, 'text-2', 'text-3');
    assert.equal(await autoModel(folder), 'text-3');
    await rename(folder, 'text-1', 'text-4');
    assert.equal(await autoModel(folder), 'text-4');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('DEFAULT_MODEL says what auto tries, and must be there', async () => {
  const service = await ServiceProcess.start({ DEFAULT_MODEL: 'tiny-b' });
  assert.equal(service.log.find(({ msg }) => msg.startsWith('listening'))?.autoModel, 'tiny-b');
  assert.equal(await service.stop(), 0);
  const none = await ServiceProcess.spawn({ DEFAULT_MODEL: 'text-9' });
  assert.equal(await none.ended(), 1);
  assert.match(none.errors, /DEFAULT_MODEL is text-9, but MODELS_DIR has only tiny-a/);
  await none.stop();
});
