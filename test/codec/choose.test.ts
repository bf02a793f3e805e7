import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Segment } from '../../src/archive/types.js';
import { encodeSmallest, encodeWithModel } from '../../src/codec/choose.js';
import type { ArdmSetting } from '../../src/codec/segments.js';
import { SEGMENT_LENGTH } from '../../src/codec/split.js';
import { content } from './content.js';
import { codecModel, FakeCoder } from './fakes.js';

const DIAL = { schedule: 'interleaved', calls: 79 } as const;
const never = (): AbortSignal => new AbortController().signal;
const model = codecModel('m');

const setting = (coder: FakeCoder): ArdmSetting => ({ coder, model, dial: DIAL });
const at = (rate: number): FakeCoder => new FakeCoder(() => rate);
const methods = (segments: readonly Segment[]): string[] => segments.map(({ method }) => method);
const lengths = (coder: FakeCoder): number[] => coder.calls.map(({ length }) => length);

test('small input: the smallest of ARDM, brotli and storing is kept', async () => {
  const words = content('text', 2000);
  assert.deepEqual(methods(await encodeSmallest(words, setting(at(0.01)), never())), ['ardm']);
  assert.deepEqual(methods(await encodeSmallest(words, setting(at(0.9)), never())), ['brotli']);
  assert.deepEqual(methods(await encodeSmallest(content('random', 2000), setting(at(1.01)), never())), ['stored']);
});

test("the two bytes of the model's name count: what ties without them is not ARDM", async () => {
  const bytes = content('random', 1000);
  const exactly = (payload: number) => setting(new FakeCoder(() => payload / 1000));
  assert.deepEqual(methods(await encodeSmallest(bytes, exactly(997), never())), ['ardm']);
  assert.deepEqual(methods(await encodeSmallest(bytes, exactly(998), never())), ['stored']);
});

test('an empty input is stored', async () => {
  for (const encode of [encodeSmallest, encodeWithModel]) {
    assert.deepEqual(methods(await encode(new Uint8Array(0), setting(at(0.1)), never())), ['stored']);
  }
});

test('up to 64 KiB no trial is made, above it the first 8 KiB are', async () => {
  const few = at(0.01);
  await encodeSmallest(content('text', 65_536), setting(few), never());
  assert.deepEqual(lengths(few), [65_536]);
  const more = at(0.01);
  await encodeSmallest(content('text', 65_537), setting(more), never());
  assert.deepEqual(lengths(more), [8_192, 65_537]);
});

test('ARDM that is hopeless on the sample does not see the rest; one that is only behind does', async () => {
  const hopeless = at(0.9);
  const segments = await encodeSmallest(content('text', 200_000), setting(hopeless), never());
  assert.deepEqual(lengths(hopeless), [8_192]);
  assert.deepEqual(methods(segments), ['brotli']);
  // Random bytes cost brotli all they are, so 1.2 times that is behind, but within the margin.
  const behind = at(1.2);
  await encodeSmallest(content('random', 200_000), setting(behind), never());
  assert.deepEqual(lengths(behind), [8_192, 200_000]);
});

test('several segments: each by its best method where ARDM helps', async () => {
  const input = Buffer.concat([content('text', SEGMENT_LENGTH), content('random', SEGMENT_LENGTH)]);
  const coder = new FakeCoder((bytes) => (bytes[0] === input[0] && bytes[1] === input[1] ? 0.01 : 1.5));
  const segments = await encodeSmallest(input, setting(coder), never());
  assert.deepEqual(methods(segments), ['ardm', 'stored']);
  assert.deepEqual(
    segments.map(({ length }) => length),
    [SEGMENT_LENGTH, SEGMENT_LENGTH],
  );
});

test('several segments: brotli is tried on those where it may win, and there it does', async () => {
  const input = Buffer.concat([content('text', SEGMENT_LENGTH), content('zeros', SEGMENT_LENGTH)]);
  const coder = new FakeCoder((bytes) => (bytes[0] === 0 ? 0.01 : 0.001));
  const segments = await encodeSmallest(input, setting(coder), never());
  assert.deepEqual(methods(segments), ['ardm', 'brotli']);
});

test('several segments: brotli over the whole wins where repeats are far apart', async () => {
  const unit = content('random', SEGMENT_LENGTH);
  const coder = at(0.9);
  const segments = await encodeSmallest(Buffer.concat([unit, unit, unit]), setting(coder), never());
  assert.deepEqual(methods(segments), ['brotli']);
  assert.ok((segments[0]?.payload.length ?? 0) < 1.1 * SEGMENT_LENGTH);
});

test('several segments: what nothing shrinks is stored in one piece', async () => {
  const input = content('random', 2 * SEGMENT_LENGTH + 1);
  const segments = await encodeSmallest(input, setting(at(2)), never());
  assert.deepEqual(methods(segments), ['stored']);
  assert.equal(segments[0]?.length, input.length);
});

test('a named model codes every segment, and stores only where it would grow', async () => {
  const input = Buffer.concat([content('zeros', SEGMENT_LENGTH), content('random', 1000)]);
  const coder = new FakeCoder((bytes) => (bytes[0] === 0 ? 0.5 : 1));
  const segments = await encodeWithModel(input, setting(coder), never());
  assert.deepEqual(methods(segments), ['ardm', 'stored']);
  assert.deepEqual(lengths(coder), [SEGMENT_LENGTH, 1000]);
});

test('a named model that shrinks nothing leaves one stored segment', async () => {
  const input = content('random', SEGMENT_LENGTH + 1000);
  assert.deepEqual(methods(await encodeWithModel(input, setting(at(1)), never())), ['stored']);
});

test('all segments of a request share one signal, by which the pool tells requests apart', async () => {
  const coder = at(0.5);
  const signal = never();
  await encodeWithModel(content('text', 3 * SEGMENT_LENGTH), setting(coder), signal);
  assert.equal(coder.calls.length, 3);
  for (const call of coder.calls) assert.equal(call.signal, signal);
});
