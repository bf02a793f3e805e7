import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync } from 'node:zlib';
import { structureIn } from '../../src/codec/structure.js';
import { content, generator } from './content.js';

const { signal } = new AbortController();
const LENGTH = 40_000;
const part = async (bytes: Uint8Array): Promise<number> =>
  (await structureIn(bytes, Number.POSITIVE_INFINITY, signal)) / bytes.length;
const filled = (byte: (at: number) => number): Uint8Array => Uint8Array.from({ length: LENGTH }, (_, at) => byte(at));

test('random and compressed bytes have none, at any length from 1,000 bytes on', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    for (const length of [1_000, 1_500, 2_047, 2_048, 30_001]) {
      assert.equal(await part(content('random', length, seed)), 0, `${length} bytes, seed ${seed}`);
    }
  }
  assert.ok((await part(deflateSync(content('text', 300_000)))) < 0.005);
  assert.ok((await part(brotliCompressSync(content('text', 300_000)))) < 0.005);
});

test('text, zeros, tables and records have much', async () => {
  for (const kind of ['text', 'zeros', 'repetitive', 'binary', 'last-byte'] as const) {
    assert.ok((await part(content(kind, LENGTH))) > 0.2, kind);
  }
});

test('text that is encoded or disguised still has', async () => {
  const text = Buffer.from(content('text', LENGTH));
  const key = content('random', 64);
  const disguises = {
    base64: Buffer.from(content('random', LENGTH)).toString('base64'),
    hex: Buffer.from(content('random', LENGTH)).toString('hex'),
    utf16: Buffer.from(text.toString('latin1'), 'utf16le'),
    'a substitution': text.map((byte) => Math.imul(byte, 167) + 13),
    'a key of 64 bytes': text.map((byte, i) => byte ^ (key[i % key.length] as number)),
  };
  for (const [name, bytes] of Object.entries(disguises)) {
    assert.ok((await part(Buffer.from(bytes as Uint8Array))) > 0.04, name);
  }
});

test('values as frequent as any other have structure where they depend on those before', async () => {
  const next = generator(3);
  const below = (most: number): number => next() % most;
  let value = 0;
  const walk = (step: number): Uint8Array => filled(() => (value += below(2 * step + 1) - step));
  const frames = (bytes: number): Uint8Array => {
    const samples = new Int32Array(bytes).fill(0);
    return filled((at) => (samples[at % bytes] = (samples[at % bytes] as number) + below(65) - 32));
  };
  const cases = {
    'a counter': filled((at) => at),
    'two bytes that count': new Uint8Array(Uint16Array.from({ length: LENGTH }, (_, i) => Math.imul(i, 0x9e37)).buffer),
    'a lower half that counts': filled((at) => (below(16) << 4) | (at & 15)),
    'a half that comes again': filled(() => (value = ((value & 15) << 4) | below(16))),
    'steps of at most 32': walk(32),
    'steps of at most 60': walk(60),
    'two channels': frames(2),
    'three colours': frames(3),
    'four channels': frames(4),
    'three colours of two bytes': frames(6),
    'four channels of two bytes': frames(8),
  };
  for (const [name, bytes] of Object.entries(cases)) assert.ok((await part(bytes)) > 0.02, name);
});

test('a structured part counts as what it is of the whole', async () => {
  const bytes = Buffer.concat([content('random', 60_000), content('text', 4_096)]);
  const worth = await part(bytes);
  assert.ok(worth > 0.2 * (4_096 / bytes.length) && worth < 5_120 / bytes.length, `${worth}`);
});

test('it is not looked further than to the most', async () => {
  const bytes = content('text', 4 * LENGTH);
  const worth = await structureIn(bytes, 100, signal);
  assert.ok(worth > 100 && worth <= 100 + 1_024, `${worth}`);
});

test('whoever waits no more stops it', async () => {
  const gone = new AbortController();
  gone.abort();
  await assert.rejects(structureIn(content('random', LENGTH), 0, gone.signal), { code: 'work-abandoned' });
});
