import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArdmError } from '../errors.js';
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

/** Told of what could not be read below the models' folder, and why, in a word such as EACCES. */
export type OnUnreadable = (path: string, reason: string) => void;

/**
 * Loads every model below `folder`: each sub-folder that holds a manifest.json or a model.onnx. What may not or cannot be read is passed over.
 *
 * @param load how one is loaded: `readModel` where its graphs are checked later.
 *
 * @throws NoModelsError, InvalidManifestError, ModelFileMismatchError, DuplicateModelError
 */
export async function loadModels(
  folder: string,
  kinds: Kinds,
  onUnreadable: OnUnreadable = () => {},
  load: typeof loadModel = loadModel,
): Promise<ModelRegistry> {
  const unreadable: string[] = [];
  const passOver = (path: string, error: unknown): void => {
    const reason = refusal(error);
    if (reason === undefined) throw error;
    unreadable.push(`${path} (${reason})`);
    onUnreadable(path, reason);
  };
  const models: Model[] = [];
  for (const path of await subfolders(folder)) {
    try {
      const names = await readdir(path);
      if (names.includes('manifest.json') || names.includes('model.onnx')) models.push(await load(path, kinds));
    } catch (error) {
      passOver(path, error);
    }
  }
  if (models.length === 0) throw new NoModelsError(folder, unreadable);
  return new ModelRegistry(models);
}

async function subfolders(folder: string): Promise<string[]> {
  try {
    const paths: string[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() || (entry.isSymbolicLink() && (await leadsToFolder(path)))) paths.push(path);
    }
    return paths;
  } catch (error) {
    const reason = refusal(error);
    throw new NoModelsError(folder, reason === undefined ? [] : [`${folder} (${reason})`], { cause: error });
  }
}

async function leadsToFolder(link: string): Promise<boolean> {
  return await stat(link).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Why the system did not let it be read; undefined where it is not that, or where nothing is there. */
function refusal(error: unknown): string | undefined {
  const thrown = error instanceof ArdmError ? error.cause : error;
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) && code !== 'ENOENT' ? code : undefined;
}

function key(shortId: Uint8Array): number {
  return ((shortId[0] as number) << 8) | (shortId[1] as number);
}
