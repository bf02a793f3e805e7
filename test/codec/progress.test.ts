import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Codec } from '../../src/codec/codec.js';
import { type Progress, ProgressMeter } from '../../src/codec/progress.js';
import { SEGMENT_LENGTH } from '../../src/codec/split.js';
import { content } from './content.js';
import { codecModel, FakeCoder, FakeModels } from './fakes.js';

const signal = new AbortController().signal;
const LENGTH = 2 * SEGMENT_LENGTH + 3_000;
/** Network calls of an encoder for them. */
const CALLS = 512 + 512 + 3;

/** A codec whose network codes bytes at `rate`, and what is told while it works. */
function recorded(rate: number): { codec: Codec; told: Progress[]; onProgress: (progress: Progress) => void } {
  const told: Progress[] = [];
  const codec = new Codec({
    models: new FakeModels([codecModel('a')]),
    coder: new FakeCoder(() => rate),
    maxOriginalSize: 10_000_000,
  });
  return { codec, told, onProgress: (progress) => told.push(progress) };
}

/** Asserts that neither bytes nor network calls go back, and that they move inside segments. */
function assertRises(told: readonly Progress[]): void {
  for (const [i, { bytes, networkCalls, totalNetworkCalls }] of told.entries()) {
    const before = told[i - 1];
    assert.ok(networkCalls <= totalNetworkCalls);
    assert.ok(!before || (bytes >= before.bytes && networkCalls >= before.networkCalls));
  }
  assert.ok(told.some(({ bytes }) => bytes === SEGMENT_LENGTH / 2));
}

describe('progress', () => {
  for (const model of ['a', 'auto']) {
    it(`rises to the file and its network calls, both ways: model ${model}`, async () => {
      const { codec, told, onProgress } = recorded(0.05);
      const input = content('text', LENGTH);
      const { archive } = await codec.compress(input, { calls: 4, model, signal, onProgress });
      assertRises(told);
      assert.deepEqual(told.at(-1), { bytes: LENGTH, networkCalls: CALLS, totalNetworkCalls: CALLS });
      told.length = 0;
      assert.equal((await codec.decompress(archive, { signal, onProgress })).length, LENGTH);
      assertRises(told);
      const { networkCalls } = codec.demand(archive);
      assert.ok(networkCalls > 0);
      assert.deepEqual(told.at(-1), { bytes: LENGTH, networkCalls, totalNetworkCalls: networkCalls });
    });
  }

  it('expects the network calls of the parts that the network codes, no more', async () => {
    const { codec, told, onProgress } = recorded(0.05);
    const input = Buffer.concat([content('text', SEGMENT_LENGTH), content('zeros', SEGMENT_LENGTH + 3_000)]);
    await codec.compress(input, { calls: 4, model: 'auto', signal, onProgress });
    // The short last segment is coded without a trial.
    assert.deepEqual(told.at(-1), { bytes: LENGTH, networkCalls: 512 + 3, totalNetworkCalls: 512 + 3 });
  });

  it('counts no network calls where there are none, but all bytes', async () => {
    const { codec, told, onProgress } = recorded(1);
    const input = content('text', LENGTH).subarray(0, 2 * SEGMENT_LENGTH);
    const { archive, model } = await codec.compress(input, { calls: 4, model: 'auto', signal, onProgress });
    assert.equal(model, 'brotli');
    const none = { bytes: input.length, networkCalls: 0, totalNetworkCalls: 0 };
    assert.deepEqual(told.at(-1), none);
    told.length = 0;
    await codec.decompress(archive, { signal, onProgress });
    assert.deepEqual(told, [none]);
  });

  it('waits, and does not go back, where a segment is begun again', () => {
    const told: Progress[] = [];
    const segment = new ProgressMeter(8, (progress) => told.push(progress)).segment(1_000, 8);
    for (const positions of [500, 250, 500, 1_000]) segment.onCoded(positions);
    segment.done();
    assert.deepEqual(
      told.map(({ bytes, networkCalls }) => [bytes, networkCalls]),
      [
        [500, 4],
        [999, 7],
        [1_000, 8],
      ],
    );
  });
});
