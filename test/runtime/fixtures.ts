import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONTEXT_MODELS } from '../../src/bytes/kind.js';
import type { Model } from '../../src/runtime/model.js';

/** The folder of the small models that the tests use; seen from dist/test/runtime. */
export const MODELS_FOLDER = fileURLToPath(new URL('../../../test/fixtures/models', import.meta.url));

/** A temporary copy of one small model, to be tampered with. */
export class ModelCopy {
  private constructor(
    /** The folder that holds the model folder. */
    readonly parent: string,
    readonly folder: string,
  ) {}

  static async make(id = 'tiny-a', as = id): Promise<ModelCopy> {
    const parent = await mkdtemp(join(tmpdir(), 'ardm-test-'));
    const folder = join(parent, as);
    await cp(join(MODELS_FOLDER, id), folder, { recursive: true });
    return new ModelCopy(parent, folder);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Changes a JSON file by way of its parsed content. */
  async edit(name: string, change: (json: Record<string, unknown>) => unknown): Promise<void> {
    const json: Record<string, unknown> = JSON.parse(await readFile(this.path(name), 'utf8'));
    await writeFile(this.path(name), JSON.stringify(change(json) ?? json));
  }

  /** Makes the manifest's hashes fit the files as they are now. */
  async rehash(): Promise<void> {
    const digests: Buffer[] = [];
    for (const name of ['model.onnx', 'coding.json']) {
      digests.push(
        createHash('sha256')
          .update(await readFile(this.path(name)))
          .digest(),
      );
    }
    const [onnx, coding] = digests as [Buffer, Buffer];
    const identity = createHash('sha256').update(onnx).update(coding).digest('hex');
    const files = { 'model.onnx': onnx.toString('hex'), 'coding.json': coding.toString('hex') };
    await this.edit('manifest.json', (json) => ({ ...json, files, identity }));
  }

  async remove(): Promise<void> {
    await rm(this.parent, { recursive: true, force: true });
  }
}

/** A model without files, for what only looks at names. */
export function fakeModel(id: string, identityStart: readonly number[] = [id.length, id.charCodeAt(0)]): Model {
  const identity = new Uint8Array(32);
  identity.set(identityStart);
  const presets = { fast: 16, balanced: 64, small: 1024 };
  return {
    id,
    identity,
    shortId: identity.slice(0, 2),
    presets,
    manifest: {
      id,
      kind: 'context',
      units: 'byte',
      identity: Buffer.from(identity).toString('hex'),
      files: { 'model.onnx': '0'.repeat(64), 'coding.json': '0'.repeat(64) },
      knownAnswer: { rows: 1, seed: 1, digest: '0'.repeat(64) },
      rate: [],
      presets,
      default: 'balanced',
      trainedOn: '',
    },
    kind: CONTEXT_MODELS,
    coding: null,
    graphs: [],
    folder: `models/${id}`,
    size: 0,
  };
}
