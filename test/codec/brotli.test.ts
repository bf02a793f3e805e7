import assert from 'node:assert/strict';
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
    for (const length of [0, 1, 100, 4000, 65_519, 65_521, 200_000]) {
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
  const bytes = content('text', 700_000);
  assert.ok((await brotliEncode(bytes, never())).length <= reference(bytes) + 1);
});

test('encoding stops when the signal aborts', async () => {
  await assert.rejects(brotliEncode(content('text', 10), AbortSignal.abort()), WorkAbandoned);
  const controller = new AbortController();
  const bytes = content('text', 8_000_000);
  const started = performance.now();
  const work = brotliEncode(bytes, controller.signal);
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(work, WorkAbandoned);
  assert.ok(performance.now() - started < 3000);
});

test('many encoders under one signal leave no listeners', async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error) => warnings.push(warning);
  process.on('warning', listener);
  const signal = never();
  for (let i = 0; i < 15; i++) await brotliEncode(content('text', 600_000 / (i + 1), i), signal);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listener);
  assert.deepEqual(warnings, []);
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
