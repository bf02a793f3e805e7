import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuplicateModelError, NoModelsError } from './errors.js';
import { type Kinds, loadModel, type Model } from './model.js';

/** The models that this process serves, found by name and by what archives say. */
export class ModelRegistry {
  private readonly byName = new Map<string, Model>();
  private readonly byArchiveName = new Map<number, Model>();

  /** @throws DuplicateModelError where an id or a short id belongs to two of them. */
  constructor(models: readonly Model[]) {
    for (const model of [...models].sort((a, b) => (a.id < b.id ? -1 : 1))) {
      const sameId = this.byName.get(model.id);
      if (sameId) throw new DuplicateModelError(sameId.folder, model.folder, `id ${model.id}`);
      const sameShortId = this.byArchiveName.get(key(model.shortId));
      if (sameShortId) {
        const hex = Buffer.from(model.shortId).toString('hex');
        throw new DuplicateModelError(sameShortId.folder, model.folder, `first two bytes of their identity (${hex})`);
      }
      this.byName.set(model.id, model);
      this.byArchiveName.set(key(model.shortId), model);
    }
  }

  byId(id: string): Model | undefined {
    return this.byName.get(id);
  }

  /** @param shortId the two bytes by which an archive names its model. */
  byShortId(shortId: Uint8Array): Model | undefined {
    return this.byArchiveName.get(key(shortId));
  }

  /** Sorted by id, whatever the file system's order. */
  list(): readonly Model[] {
    return [...this.byName.values()];
  }
}

/**
 * Loads every model below `folder`: each sub-folder that holds a manifest.json or a model.onnx.
 *
 * @throws NoModelsError, InvalidManifestError, ModelFileMismatchError, DuplicateModelError
 */
export async function loadModels(folder: string, kinds: Kinds): Promise<ModelRegistry> {
  const models: Model[] = [];
  for (const subfolder of await modelFolders(folder)) models.push(await loadModel(subfolder, kinds));
  if (models.length === 0) throw new NoModelsError(folder);
  return new ModelRegistry(models);
}

async function modelFolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const found: string[] = [];
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      const names = await readdir(path);
      if (names.includes('manifest.json') || names.includes('model.onnx')) found.push(path);
    }
    return found;
  } catch (error) {
    throw new NoModelsError(folder, { cause: error });
  }
}

function key(shortId: Uint8Array): number {
  return ((shortId[0] as number) << 8) | (shortId[1] as number);
}
