import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameCodec } from '../../src/codec/frames.js';
import { InvalidSamplesError } from '../../src/dictionaries/errors.js';
import { makeDictionary } from '../../src/dictionaries/make.js';
import { codecModel, FakeCoder } from '../codec/fakes.js';

const model = codecModel('text-1');
const lines = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => Buffer.from(`line ${i} of a log, as they are`));
const options = (rate: number, size = 500) => ({
  frames: new FrameCodec(new FakeCoder(() => rate)),
  model,
  size,
  signal: new AbortController().signal,
});

describe('making a dictionary', () => {
  it('holds a fifth of the samples out, and measures on those alone', async () => {
    const samples = lines(100);
    const { dictionary, gains } = await makeDictionary(samples, options(0.4, 100_000));
    assert.equal(gains.samples, 20);
    const kept = Buffer.from(dictionary.bytes).toString().trimEnd().split('\n');
    assert.equal(kept.length, 80);
    const held = samples.filter((sample) => !kept.includes(sample.toString()));
    assert.equal(held.length, 20);
    assert.equal(
      gains.bytes,
      held.reduce((sum, { length }) => sum + length, 0),
    );
  });

  it('says that it helps where it does, and that it does not where it does not', async () => {
    // The fake coder takes half as many bytes with a dictionary.
    assert.equal((await makeDictionary(lines(60), options(0.4))).gains.verdict, 'helps');
    const useless = await makeDictionary(lines(60), options(2.5));
    assert.equal(useless.gains.verdict, 'does-not-help');
    assert.ok(useless.gains.with >= useless.gains.brotli);
  });

  it('makes the same of the same, in its order', async () => {
    const one = await makeDictionary(lines(50), options(0.4));
    const same = await makeDictionary(lines(50), options(0.4));
    assert.equal(one.dictionary.id, same.dictionary.id);
    assert.match(one.dictionary.id, /^[0-9a-f]{64}$/);
  });

  it('measures at most 64 samples and 64 KiB', async () => {
    const { gains } = await makeDictionary(lines(5_000), options(0.4));
    assert.ok(gains.samples <= 64 && gains.samples > 50, `${gains.samples}`);
    const long = await makeDictionary(
      Array.from({ length: 40 }, (_, i) => Buffer.alloc(40_000, `text ${i} `)),
      options(0.4),
    );
    assert.ok(long.gains.bytes <= 2 ** 16, `${long.gains.bytes}`);
  });

  it('needs five samples that are not empty', async () => {
    for (const samples of [[], lines(4), [...lines(4), Buffer.alloc(0)]]) {
      await assert.rejects(makeDictionary(samples, options(0.4)), InvalidSamplesError);
    }
    assert.ok(await makeDictionary(lines(5), options(0.4)));
  });
});
