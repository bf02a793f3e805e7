import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import type { Segment } from '../../src/archive/types.js';
import { archiveLength } from '../../src/codec/archive-length.js';
import { brotliEncode } from '../../src/codec/brotli.js';
import { encodeSmallest, encodeWithModel } from '../../src/codec/choose.js';
import { ProgressMeter } from '../../src/codec/progress.js';
import type { ArdmSetting } from '../../src/codec/segments.js';
import { SEGMENT_LENGTH } from '../../src/codec/split.js';
import { CONTENTS, content, generator } from './content.js';
import { codecModel, FakeCoder } from './fakes.js';

const DIAL = { schedule: 'interleaved', calls: 79 } as const;
const never = (): AbortSignal => new AbortController().signal;
const model = codecModel('m');

const setting = (coder: FakeCoder): ArdmSetting => {
  return { coder, model, dial: DIAL, progress: new ProgressMeter(0, undefined) };
};
const at = (rate: number): FakeCoder => new FakeCoder(() => rate);
const methods = (segments: readonly Segment[]): string[] => segments.map(({ method }) => method);
const isText = (bytes: Uint8Array): boolean => bytes.filter((byte) => byte === 0x20).length > bytes.length / 20;
const lengths = (coder: FakeCoder): number[] => coder.calls.map(({ length }) => length);

test('small input: the smallest of ARDM, brotli and storing is kept', async () => {
  const words = content('text', 2000);
  assert.deepEqual(methods(await encodeSmallest(words, setting(at(0.01)), never())), ['ardm']);
  assert.deepEqual(methods(await encodeSmallest(words, setting(at(0.9)), never())), ['brotli']);
  assert.deepEqual(methods(await encodeSmallest(content('random', 900), setting(at(1.01)), never())), ['stored']);
});

test("the two bytes of the model's name count: what ties without them is not ARDM", async () => {
  const bytes = content('random', 900);
  const exactly = (payload: number) => setting(new FakeCoder(() => payload / 900));
  assert.deepEqual(methods(await encodeSmallest(bytes, exactly(897), never())), ['ardm']);
  assert.deepEqual(methods(await encodeSmallest(bytes, exactly(898), never())), ['stored']);
});

test('an empty input is stored', async () => {
  for (const encode of [encodeSmallest, encodeWithModel]) {
    assert.deepEqual(methods(await encode(new Uint8Array(0), setting(at(0.1)), never())), ['stored']);
  }
});

test('up to 64 KiB no trial is made, above it three samples are, none of them from the start', async () => {
  const few = at(0.01);
  await encodeSmallest(content('text', 65_536), setting(few), never());
  assert.deepEqual(lengths(few), [65_536]);
  const input = content('text', 65_537);
  const seen: Uint8Array[] = [];
  const more = new FakeCoder((bytes) => {
    seen.push(bytes);
    return 0.01;
  });
  await encodeSmallest(input, setting(more), never());
  assert.deepEqual(lengths(more), [2_048, 2_048, 2_048, 65_537]);
  const places = seen.slice(0, 3).map((sample) => sample.byteOffset - input.byteOffset);
  assert.deepEqual(places, [10_581, 31_744, 52_907]);
});

test('ARDM that is hopeless on the samples does not see the rest; one that is only behind does', async () => {
  const input = content('text', 150_000);
  for (const rate of [0.9, 1]) {
    const hopeless = at(rate);
    const segments = await encodeSmallest(input, setting(hopeless), never());
    assert.deepEqual(lengths(hopeless), [2_048, 2_048, 2_048]);
    assert.deepEqual(methods(segments), ['brotli']);
  }
  // Brotli takes 0.3 of the samples.
  const behind = at(0.5);
  await encodeSmallest(input, setting(behind), never());
  assert.deepEqual(lengths(behind), [2_048, 2_048, 2_048, 150_000]);
});

test('zeros and a repeated line never see the network', async () => {
  const repeated = Buffer.alloc(300_000, 'GET /health HTTP/1.1 200\n');
  for (const input of [content('zeros', 300_000), repeated, content('zeros', 4_096), Buffer.alloc(60_000, 'ab')]) {
    const coder = at(0);
    assert.deepEqual(methods(await encodeSmallest(input, setting(coder), never())), ['brotli']);
    assert.deepEqual(coder.calls, []);
  }
});

test('random and compressed bytes never see the network, at any length from 1,000 bytes on, and are stored', async () => {
  const compressed = deflateSync(content('text', 400_000), { level: 9 });
  const inputs = [1_000, 4_096, 16_384, 60_000, 400_000].map((length) => content('random', length));
  for (const input of [...inputs, compressed]) {
    const coder = at(0.9);
    assert.deepEqual(methods(await encodeSmallest(input, setting(coder), never())), ['stored']);
    assert.deepEqual(lengths(coder), []);
  }
});

test('of fewer than 1,000 bytes none are hopeless', async () => {
  const coder = at(0.9);
  assert.deepEqual(methods(await encodeSmallest(content('random', 999), setting(coder), never())), ['ardm']);
  assert.deepEqual(lengths(coder), [999]);
});

test('what looks random but continues the dictionary is coded: a sample tells', async () => {
  const dictionary = { id: 'd', bytes: new Uint8Array(1), identity: new Uint8Array(32) };
  const known = at(0.1);
  const input = content('random', 30_000);
  assert.deepEqual(methods(await encodeSmallest(input, { ...setting(known), dictionary }, never())), ['ardm']);
  // Once as dense bytes, once as a segment.
  assert.deepEqual(lengths(known), [1_024, 2_048, 2_048, 2_048, 1_024, 30_000]);
  const unknown = at(2.1);
  assert.deepEqual(methods(await encodeSmallest(input, { ...setting(unknown), dictionary }, never())), ['stored']);
  assert.deepEqual(lengths(unknown), [1_024]);
});

test('where structure is in doubt a sample is asked: eight-bit numbers all over their range', async () => {
  const next = generator(5);
  const bell = Uint8Array.from({ length: 30_000 }, () => (next() % 200) + (next() % 57));
  const hopeless = at(1.01);
  assert.deepEqual(methods(await encodeSmallest(bell, setting(hopeless), never())), ['brotli']);
  assert.deepEqual(lengths(hopeless), [1_024]);
  const worth = at(0.9);
  assert.deepEqual(methods(await encodeSmallest(bell, setting(worth), never())), ['ardm']);
  assert.deepEqual(lengths(worth), [1_024, 2_048, 2_048, 2_048, 1_024, 30_000]);
});

/** A counter of two bytes, each of which comes as often as any. */
const counter = (count: number) =>
  new Uint8Array(Uint16Array.from({ length: count }, (_, i) => Math.imul(i, 0x9e37)).buffer);

test('a counter has each byte as often as random ones have, and is coded', async () => {
  const coder = at(0.4);
  assert.deepEqual(methods(await encodeSmallest(counter(30_000), setting(coder), never())), ['ardm']);
  assert.deepEqual(lengths(coder), [2_048, 2_048, 2_048, 60_000]);
});

test('a tar of compressed files is left to brotli, and text in it is coded', async () => {
  const entry = (bytes: Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.alloc(512, 'name.gz\0 0000644 0001750 ', 'latin1'), bytes]);
  const coder = new FakeCoder((bytes) => (isText(bytes) ? 0.01 : 1.04));
  const text = content('text', 60_000);
  const input = Buffer.concat([entry(content('random', 150_000)), entry(content('random', 70_000, 2)), entry(text)]);
  const segments = await encodeSmallest(input, setting(coder), never());
  assert.deepEqual(methods(segments), ['stored', 'ardm']);
  assert.ok(lengths(coder).every((length) => length <= 80_000));
});

test('what is neither flat nor the same all over is not judged at a glance', async () => {
  const sixBits = content('random', 40_000).map((byte) => byte & 63);
  const few = at(0.5);
  assert.deepEqual(methods(await encodeSmallest(sixBits, setting(few), never())), ['ardm']);
  assert.deepEqual(lengths(few), [40_000]);
  // A line that repeats has more than two values: ARDM may still make the half of it.
  const line = Buffer.alloc(40_000, 'GET /health HTTP/1.1 200\n');
  const lines = at(0.0001);
  await encodeSmallest(line, setting(lines), never());
  assert.deepEqual(lengths(lines), [40_000]);
});

test('dense bytes amid others are a segment of their own, and the others are coded', async () => {
  const [before, dense, after] = [content('text', 50_000), content('random', 200_000), content('text', 80_000, 2)];
  const input = Buffer.concat([before, dense, after]);
  const coder = new FakeCoder((bytes) => (isText(bytes) ? 0.01 : 1.04));
  const segments = await encodeSmallest(input, setting(coder), never());
  assert.deepEqual(methods(segments), ['ardm', 'stored', 'ardm']);
  // Cut at multiples of 16 KiB, by what most of a block is.
  assert.deepEqual(
    segments.map(({ length }) => length),
    [49_152, 196_608, 84_240],
  );
});

test('dense bytes that ARDM can shrink stay with their neighbours', async () => {
  const input = Buffer.concat([content('text', 50_000), counter(40_000)]);
  const segments = await encodeSmallest(input, setting(at(0.1)), never());
  assert.deepEqual(methods(segments), ['ardm']);
});

test('several segments: each by its best method where ARDM helps', async () => {
  const input = Buffer.concat([content('text', SEGMENT_LENGTH), content('random', SEGMENT_LENGTH)]);
  const coder = new FakeCoder((bytes) => (isText(bytes) ? 0.01 : 1.5));
  const segments = await encodeSmallest(input, setting(coder), never());
  assert.deepEqual(methods(segments), ['ardm', 'stored']);
  assert.deepEqual(
    segments.map(({ length }) => length),
    [SEGMENT_LENGTH, SEGMENT_LENGTH],
  );
});

test('several segments: brotli is tried on those where it may win, and there it does', async () => {
  const input = Buffer.concat([content('text', SEGMENT_LENGTH), content('binary', SEGMENT_LENGTH)]);
  const coder = new FakeCoder((bytes) => (isText(bytes) ? 0.001 : 0.9));
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

test('property: whatever stands beside what, and whatever ARDM is worth, never more than brotli 11 and 12 bytes', async () => {
  const next = generator(12);
  for (let round = 0; round < 12; round++) {
    const parts = Array.from({ length: 1 + (next() % 4) }, () =>
      content(CONTENTS[next() % CONTENTS.length] ?? 'text', next() % 100_000, next()),
    );
    const input = Buffer.concat(parts);
    // Of each piece something else, from worth it to hopeless.
    const coder = new FakeCoder((bytes) => 1.2 * ((((bytes[0] ?? 0) + bytes.length) % 16) / 15) ** 2);
    const segments = await encodeSmallest(input, setting(coder), never());
    const most = Math.min(input.length, (await brotliEncode(input, never())).length) + 12;
    assert.ok(archiveLength(segments) <= most, `round ${round}: ${archiveLength(segments)}, at most ${most}`);
    assert.equal(
      segments.reduce((sum, { length }) => sum + length, 0),
      input.length,
    );
  }
});
