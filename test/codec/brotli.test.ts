import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { WorkAbandoned } from '../../src/ardm/errors.js';
import { BrotliDataError, brotliDecode, brotliEncode } from '../../src/codec/brotli.js';
import { CONTENTS, content } from './content.js';

const never = (): AbortSignal => new AbortController().signal;

/** What `brotli -q 11` makes of it. */
function reference(bytes: Uint8Array): number {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params }).length;
}

test('round trip, and never more than the encoder at quality 11 with the largest window, give or take a byte', async () => {
  for (const kind of CONTENTS) {
    for (const length of [0, 1, 100, 4000, 65_519, 65_521]) {
      const bytes = content(kind, length);
      const coded = await brotliEncode(bytes, never());
      assert.deepEqual(Buffer.from(await brotliDecode(coded, length)), Buffer.from(bytes));
      assert.deepEqual(brotliDecompressSync(coded), Buffer.from(bytes));
      const expected = reference(bytes);
      assert.ok(coded.length <= expected + 1, `${kind} ${length}: ${coded.length} bytes, reference ${expected}`);
    }
  }
});

test('input that is written in several chunks costs nothing', async () => {
  const bytes = content('text', 300_000);
  assert.ok((await brotliEncode(bytes, never())).length <= reference(bytes) + 1);
});

test('encoding stops when the signal aborts', async (t) => {
  await assert.rejects(brotliEncode(content('text', 10), AbortSignal.abort()), WorkAbandoned);
  const controller = new AbortController();
  const bytes = content('text', 3_000_000);
  let written = 0;
  const { write } = Transform.prototype;
  t.mock.method(Transform.prototype, 'write', function (this: Transform, ...given: Parameters<typeof write>) {
    written += (given[0] as Uint8Array).length;
    // While the first of twelve chunks is coded.
    setImmediate(() => controller.abort());
    return write.apply(this, given);
  });
  await assert.rejects(brotliEncode(bytes, controller.signal), WorkAbandoned);
  assert.ok(written > 0 && written < bytes.length / 4, `${written} bytes were coded`);
});

test('many encoders under one signal leave no listeners', async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error) => warnings.push(warning);
  process.on('warning', listener);
  const signal = never();
  for (let i = 0; i < 15; i++) await brotliEncode(content('text', 60_000 / (i + 1), i), signal);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listener);
  assert.deepEqual(warnings, []);
});

test('many encoders at once leave threads to others, and small inputs do not wait for large ones', async () => {
  const started = performance.now();
  let finished = 0;
  const encoders = Array.from({ length: 16 }, async (_, i) => {
    await brotliEncode(content('text', 60_000, i), never());
    finished++;
  });
  const small = brotliEncode(content('text', 10_000), never()).then(() => finished);
  let longest = 0;
  while (finished < encoders.length) {
    const asked = performance.now();
    await stat('.');
    longest = Math.max(longest, performance.now() - asked);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(encoders);
  const share = longest / (performance.now() - started);
  assert.ok(share < 1 / 3, `a stat() took ${longest} ms, ${share} of the time`);
  assert.ok((await small) <= 4, `the small one was done after ${await small} large ones`);
});

test('who waits for its turn is let go when its signal aborts', async () => {
  const others = Array.from({ length: 6 }, (_, i) => brotliEncode(content('text', 60_000, i), never()));
  const controller = new AbortController();
  const waiting = brotliEncode(content('text', 60_000), controller.signal);
  let finished = 0;
  for (const other of others) void other.then(() => finished++);
  setImmediate(() => controller.abort());
  await assert.rejects(waiting, WorkAbandoned);
  assert.ok(finished < others.length);
  await Promise.all(others);
});

test('every truncation is refused', async () => {
  const bytes = content('text', 300);
  const coded = await brotliEncode(bytes, never());
  for (let length = 0; length < coded.length; length++) {
    await assert.rejects(brotliDecode(coded.subarray(0, length), 300), BrotliDataError);
  }
});

test('a stream that holds fewer or more bytes than declared is refused', async () => {
  const coded = await brotliEncode(content('text', 300), never());
  for (const length of [0, 1, 299, 301, 2 ** 31]) await assert.rejects(brotliDecode(coded, length), BrotliDataError);
});

test('bytes after the stream are refused', async () => {
  const coded = await brotliEncode(content('text', 300), never());
  for (const rest of [1, 100, 100_000]) {
    const longer = Buffer.concat([coded, new Uint8Array(rest)]);
    await assert.rejects(brotliDecode(longer, 300), BrotliDataError);
  }
});

test('a bomb is stopped at the declared length', async () => {
  const bomb = await brotliEncode(new Uint8Array(30_000_000), never());
  assert.ok(bomb.length < 1000);
  const before = process.memoryUsage().rss;
  await assert.rejects(brotliDecode(bomb, 1000), /more than 1000 bytes/);
  assert.ok(process.memoryUsage().rss - before < 50_000_000);
});
