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

it('auto tries text-1 where there is one, though another comes before it, and else the first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ardm-test-'));
  try {
    await cp(join(TINY_MODELS, 'tiny-a'), join(folder, 'tiny-a'), { recursive: true });
    await cp(join(TINY_MODELS, 'tiny-b'), join(folder, 'tiny-b'), { recursive: true });
    assert.equal(await autoModel(folder), 'tiny-a');
    await cp(join(TINY_MODELS, 'tiny-b'), join(folder, 'text-1'), { recursive: true });
    await rm(join(folder, 'tiny-b'), { recursive: true });
    // One that sorts before it.
    await cp(join(folder, 'tiny-a'), join(folder, 'audio-1'), { recursive: true });
    await rm(join(folder, 'tiny-a'), { recursive: true });
    for (const id of ['audio-1', 'text-1']) {
      const path = join(folder, id, 'manifest.json');
      const manifest: Record<string, unknown> = JSON.parse(await readFile(path, 'utf8'));
      await writeFile(path, JSON.stringify({ ...manifest, id }));
    }
    assert.equal(await autoModel(folder), 'text-1');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
