import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { ChecksumMismatchError } from '../../src/archive/errors.js';
import { dictionaryOf } from '../../src/codec/dictionary.js';
import { DictionaryNotForModelError, RecordTooLongError } from '../../src/codec/errors.js';
import { FrameCodec } from '../../src/codec/frames.js';
import type { CallsOption, CodecModel } from '../../src/codec/models.js';
import { ArdmError } from '../../src/errors.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { MODELS_FOLDER } from '../runtime/fixtures.js';
import { codecModel, FakeCoder } from './fakes.js';

const { signal } = new AbortController();
const DICTIONARY = dictionaryOf(Buffer.from('{"id":1,"state":"on"}\n{"id":2,"state":"off"}\n'.repeat(20)));
const OTHER = dictionaryOf(Buffer.from('something else'));

describe('bare frames with real networks', () => {
  let pool: WorkerPool;
  let frames: FrameCodec;
  let models: readonly CodecModel[];
  before(async () => {
    const registry = await loadModels(MODELS_FOLDER, KINDS);
    models = registry.list();
    pool = await WorkerPool.start({ models: registry.list(), provider: 'cpu', workers: 2 });
    frames = new FrameCodec(pool);
  });
  after(() => pool.close());

  it('are there and back, with any dictionary, model and calls', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 400 }),
          fc.string({ maxLength: 600 }).map((text) => Buffer.from(text)),
        ),
        fc.nat(models.length - 1),
        fc.constantFrom(undefined, DICTIONARY, OTHER),
        fc.constantFrom<CallsOption>('fast', 'balanced', 'small', 1, 3, 1024),
        async (record, index, dictionary, calls) => {
          const options = { model: models[index] as CodecModel, calls, dictionary, signal } as const;
          const frame = await frames.compress(record, options);
          assert.ok(frame.length <= record.length + 6);
          assert.deepEqual(Buffer.from(await frames.decompress(frame, options)), Buffer.from(record));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('refuse every changed bit, cut and extension, and all that is said wrongly', async () => {
    const [model, other] = models as [CodecModel, CodecModel];
    const options = { model, calls: 64, dictionary: DICTIONARY, signal } as const;
    const record = Buffer.from('{"id":3,"state":"on"}');
    const frame = await frames.compress(record, options);
    const refused = async (bytes: Uint8Array, changes: Partial<Parameters<FrameCodec['decompress']>[1]> = {}) =>
      await assert.rejects(frames.decompress(bytes, { ...options, ...changes }), ArdmError);
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const changed = Uint8Array.from(frame);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      await refused(changed);
    }
    for (let length = 0; length < frame.length; length++) await refused(frame.subarray(0, length));
    await refused(Buffer.concat([frame, Uint8Array.of(1)]));
    await refused(Buffer.concat([frame, Uint8Array.of(0)]));
    await refused(frame, { dictionary: OTHER });
    await refused(frame, { dictionary: undefined });
    await refused(frame, { calls: 63 });
    if (other) await refused(frame, { model: other });
    const stored = await frames.compress(Uint8Array.of(1, 200, 3), options);
    await assert.rejects(frames.decompress(stored, { ...options, calls: 5 }), ChecksumMismatchError);
  });
});

describe('bare frames', () => {
  it('hold no more than a segment, and take a dictionary only where the model does', async () => {
    const frames = new FrameCodec(new FakeCoder(() => 0.1));
    const model = codecModel('text-1');
    const { longestSegment } = model.kind;
    const options = { model, calls: 5, signal };
    await assert.rejects(frames.compress(new Uint8Array(longestSegment + 1), options), RecordTooLongError);
    const longest = await frames.compress(new Uint8Array(longestSegment), options);
    assert.equal((await frames.decompress(longest, options)).length, longestSegment);
    const ofPictures = { ...model, kind: { ...model.kind, takesConditions: false } };
    for (const operation of ['compress', 'decompress'] as const) {
      const asked = frames[operation](longest, { ...options, model: ofPictures, dictionary: DICTIONARY });
      await assert.rejects(asked, DictionaryNotForModelError);
    }
  });
});
