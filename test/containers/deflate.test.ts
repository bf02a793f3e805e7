import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { deflateRaw } from 'pako';
import { deflate, inflate, type Setting } from '../../src/containers/deflate.js';
import { texture } from './files.js';

const pause = async (): Promise<void> => undefined;
const GOLDEN = new URL('../../../test/containers/engine-0.json', import.meta.url);

const INPUTS = { empty: new Uint8Array(), short: texture(100), long: texture(200_000), zeros: new Uint8Array(70_000) };

export function settings(): Setting[] {
  const levels = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const all = levels.flatMap((level) =>
    ([0, 1, 2, 3, 4] as const).flatMap((strategy) =>
      [8, 9].map((memLevel) => ({ level, strategy, memLevel, windowBits: 15 })),
    ),
  );
  return [
    ...all,
    ...[9, 10, 12, 14].map((windowBits) => ({ level: 6, strategy: 1 as const, memLevel: 8, windowBits })),
  ];
}

/** By input and setting, the first 64 bits of a SHA-256. */
function made(): Record<string, string> {
  return Object.fromEntries(
    settings().flatMap((setting) =>
      Object.entries(INPUTS).map(([name, data]) => [
        `${name} ${Object.values(setting).join(' ')}`,
        createHash('sha256')
          .update(Buffer.concat([...deflate(data, setting)]))
          .digest('hex')
          .slice(0, 16),
      ]),
    ),
  );
}

describe('the deflate engine', () => {
  it('makes the bytes that archives were made with, under every setting', () => {
    const pinned = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Record<string, string>;
    assert.deepEqual(
      made(),
      pinned,
      'archives of PNG files depend on these bytes: a new pako that makes others needs a new engine number',
    );
  });

  it('makes the same of all at once', () => {
    for (const setting of settings().slice(0, 90)) {
      const all = deflateRaw(INPUTS.long, { ...setting, legacyHash: true });
      assert.equal(Buffer.compare(Buffer.concat([...deflate(INPUTS.long, setting)]), all), 0);
    }
  });

  it('inflates exactly as much as it should', async () => {
    const stream = deflateRaw(INPUTS.long);
    const { length } = INPUTS.long;
    const longer = Buffer.concat([stream, texture(9)]);
    assert.deepEqual((await inflate(longer, length, pause))?.data, INPUTS.long);
    assert.equal((await inflate(longer, length, pause))?.taken, stream.length);
    for (const wrong of [0, 1, length - 1, length + 1, 2 ** 40])
      assert.equal(await inflate(stream, wrong, pause), undefined);
    assert.equal(await inflate(stream.subarray(0, -1), length, pause), undefined);
  });
});
