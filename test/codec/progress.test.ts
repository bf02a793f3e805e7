import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Codec } from '../../src/codec/codec.js';
import { SEGMENT_LENGTH } from '../../src/codec/split.js';
import { content } from './content.js';
import { codecModel, FakeCoder, FakeModels } from './fakes.js';

const signal = new AbortController().signal;
const LENGTH = 2 * SEGMENT_LENGTH + 3_000;

/** A codec whose network codes bytes at `rate`, and what is told while it works. */
function recorded(rate: number): {
  codec: Codec;
  parts: [number, number][];
  onProgress: (b: number, c: number) => void;
} {
  const parts: [number, number][] = [];
  const codec = new Codec({
    models: new FakeModels([codecModel('a')]),
    coder: new FakeCoder(() => rate),
    maxOriginalSize: 10_000_000,
  });
  return { codec, parts, onProgress: (bytes, calls) => parts.push([bytes, calls]) };
}

describe('progress', () => {
  const sums = (parts: [number, number][]): [number, number] =>
    parts.reduce(([b, c], [bytes, calls]) => [b + bytes, c + calls] as [number, number], [0, 0]);

  for (const model of ['a', 'auto']) {
    it(`adds up to the file and its network calls, both ways: model ${model}`, async () => {
      const { codec, parts, onProgress } = recorded(0.05);
      const input = content('text', LENGTH);
      const { archive } = await codec.compress(input, { calls: 4, model, signal, onProgress });
      assert.equal(parts.length, 3);
      assert.deepEqual(sums(parts), [LENGTH, 512 + 512 + 3]);
      parts.length = 0;
      assert.equal((await codec.decompress(archive, { signal, onProgress })).length, LENGTH);
      assert.deepEqual(sums(parts), [LENGTH, codec.demand(archive).networkCalls]);
      assert.ok(codec.demand(archive).networkCalls > 0);
    });
  }

  it('counts no network calls where there are none, but all bytes', async () => {
    const { codec, parts, onProgress } = recorded(1);
    const input = content('text', LENGTH);
    const { archive, model } = await codec.compress(input, { calls: 4, model: 'auto', signal, onProgress });
    assert.equal(model, 'brotli');
    assert.equal(sums(parts)[0], LENGTH);
    parts.length = 0;
    await codec.decompress(archive, { signal, onProgress });
    assert.deepEqual(sums(parts), [LENGTH, 0]);
  });
});
