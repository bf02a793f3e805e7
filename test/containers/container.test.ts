import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { close, contentOf, open } from '../../src/containers/container.js';
import { writePng } from '../../src/containers/png/write.js';
import { openRaw } from '../../src/containers/raw.js';
import { cutTile, setTile, tilesOf } from '../../src/containers/tiles.js';
import type { Opened } from '../../src/containers/types.js';
import { ArdmError } from '../../src/errors.js';
import { bmpFile, chunk, mutated, numbers, pngFile, pnmFile, rowsOf, smallFiles, texture } from './files.js';

const pause = async (): Promise<void> => undefined;
const work = { maxSamples: 2 ** 22, pause };

const reopened = async (file: Uint8Array, parts: Opened): Promise<void> => {
  assert.deepEqual(contentOf(parts), parts.content);
  assert.deepEqual(new Uint8Array(await close(parts, file.length, pause)), file);
};

describe('containers', () => {
  for (const [name, file] of smallFiles()) {
    it(`takes ${name} apart, and makes it again`, async () => {
      const parts = await open(file, work);
      assert.ok(parts);
      await reopened(file, parts);
    });
  }

  it('says what the samples are', async () => {
    const picture = async (name: string) => (await open(smallFiles().get(name) as Uint8Array, work))?.content.picture;
    assert.deepEqual(await picture('rgb'), { width: 7, height: 6, channels: 3 });
    assert.deepEqual(await picture('rgba, cut'), { width: 5, height: 4, channels: 4 });
    assert.deepEqual(await picture('grey, level 9'), { width: 9, height: 9, channels: 1 });
    for (const name of ['palette', 'interlaced', '16 bits', 'no such filter'])
      assert.equal(await picture(name), undefined);
    assert.deepEqual(await picture('bmp 32 top down'), { width: 3, height: 3, channels: 4 });
  });

  it('gives red, green and blue in this order and rows from the first', async () => {
    const bmp = bmpFile({ width: 1, height: 2, bits: 24 });
    bmp.set([3, 2, 1, 0, 6, 5, 4, 0], 54);
    assert.deepEqual([...((await open(bmp, work))?.samples ?? [])], [4, 5, 6, 1, 2, 3]);
    // Rows 10 20 and, up, 1 2: pixels 10 20, 11 22.
    const png = pngFile({ width: 2, height: 2, colour: 0, filtered: Uint8Array.of(0, 10, 20, 2, 1, 2) });
    assert.deepEqual([...((await open(png, work))?.samples ?? [])], [10, 20, 11, 22]);
  });

  it('opens the pictures that are written', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 20 }),
        fc.nat({ max: 20 }),
        fc.constantFrom(1, 3, 4),
        async (wide, high, channels) => {
          const extent = { width: wide + 1, height: high + 1, channels } as const;
          const samples = texture(extent.width * extent.height * channels, wide);
          const file = writePng(samples, extent);
          const parts = await open(file, work);
          assert.deepEqual(parts?.content.picture, extent);
          assert.deepEqual(Buffer.from(parts?.samples ?? []), Buffer.from(samples));
          // What it keeps: a setting that makes the same stream, rows that are not filtered.
          assert.ok((parts?.rest.length ?? 99) <= 16);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('keeps nothing of the plainest files', async () => {
    for (const file of [pnmFile('P6\n2 2\n255\n', texture(12)), bmpFile({ width: 4, height: 3, bits: 24 })]) {
      assert.equal((await open(file, work))?.rest.length, 0);
    }
    const flat = new Uint8Array(5 * 16);
    for (const setting of [{ level: 6 }, { level: 9 }]) {
      const file = pngFile({ width: 5, height: 5, filtered: flat, setting: { ...setting, windowBits: 9 } });
      assert.ok(((await open(file, work))?.rest.length ?? 99) <= 3);
    }
  });

  it('knows what other writers do: cuts, chunks, what follows the end', async () => {
    const filtered = rowsOf(90, 300, (y) => (y * 7) % 5);
    const plan = { width: 100, height: 90, filtered };
    const plans = [
      { ...plan, cut: 100 },
      { ...plan, after: [] },
      { ...plan, after: [chunk('tIME', texture(7)), chunk('IEND', new Uint8Array())] },
      { ...plan, trailing: texture(1000), before: [chunk('zzZz', texture(9)), chunk('IEND', new Uint8Array())] },
      { ...plan, trailing: Buffer.from('00000000494541440badbad0', 'hex') },
      ...[2, 3, 4, 5, 6, 7, 8, 9].flatMap((level) =>
        [0, 1].map((strategy) => ({ ...plan, setting: { level, strategy } })),
      ),
      { ...plan, setting: { level: 6, memLevel: 9, strategy: 1 as const } },
      // FLEVEL 0: level 1, or strategies that look for runs or for nothing.
      ...[0, 1].map((strategy) => ({ ...plan, setting: { level: 1, strategy } })),
      ...[1, 6, 9].flatMap((level) => [2, 3].map((strategy) => ({ ...plan, setting: { level, strategy } }))),
      { ...plan, setting: { windowBits: 10 } },
    ];
    for (const each of plans) {
      const file = pngFile(each as typeof plan);
      const parts = await open(file, work);
      assert.ok(parts, JSON.stringify({ ...each, filtered: 0 }));
      await reopened(file, parts);
    }
  });

  it('leaves alone what it cannot make again', async () => {
    const filtered = rowsOf(9, 9, () => 1);
    const plan = { width: 9, height: 9, colour: 0, filtered };
    const good = pngFile(plan);
    const wrongCrc = Uint8Array.from(good);
    wrongCrc[29] = (wrongCrc[29] as number) ^ 1;
    const stored = Buffer.from([0x78, 0x9c, 1, 90, 0, 165, 255, ...filtered, 0, 0, 0, 0]);
    const files = [
      new Uint8Array(),
      good.subarray(0, 60),
      wrongCrc,
      pngFile({ ...plan, stream: stored }),
      pngFile({ ...plan, height: 8 }),
      pngFile({ ...plan, height: 10 }),
      pngFile({ ...plan, depth: 3 }),
      pnmFile('P6 2 2 255\n', texture(11)),
      pnmFile('P6 2 2 65535\n', texture(24)),
      pnmFile('P6 0 2 255\n', texture(24)),
      pnmFile(`P6 ${'9'.repeat(400)} 2 255\n`, texture(24)),
      pnmFile(`P6 #${'#'.repeat(100_000)}`, texture(0)),
      bmpFile({ width: 5, height: 3, bits: 8, greys: false }),
      bmpFile({ width: 5, height: 3, bits: 24 }).subarray(0, 90),
    ];
    for (const file of files) assert.equal(await open(file, work), undefined);
  });

  it('does not inflate more than it may, nor believe what cannot be', async () => {
    const bomb = pngFile({ width: 2000, height: 2000, filtered: new Uint8Array(6001 * 2000) });
    assert.equal(await open(bomb, work), undefined);
    const file = pngFile({ width: 2 ** 31 - 1, height: 2 ** 31 - 1, filtered: new Uint8Array(9) });
    assert.equal(await open(file, { ...work, maxSamples: Number.MAX_VALUE }), undefined);
  });

  it('takes raw pixels only of the right length', async () => {
    const file = texture(24);
    const parts = openRaw(file, { width: 4, height: 2, channels: 3 });
    assert.ok(parts);
    await reopened(file, parts);
    assert.equal(openRaw(file, { width: 4, height: 2, channels: 1 }), undefined);
  });

  it('refuses containers, engines and geometries that there are not', () => {
    const bytes = (...list: number[]): Uint8Array => Uint8Array.from(list);
    const code = (number: number, geometry: Uint8Array, expected: string): void =>
      assert.throws(() => contentOf({ number, geometry }), { code: expected });
    for (const number of [4, 11, 63]) code(number, bytes(1, 1, 1), 'unsupported-feature');
    code(0, bytes(1), 'unsupported-feature');
    for (const geometry of [
      [],
      [0],
      [0, 0x68],
      [0, 0x08, 0xc4],
      [0, 0x68, 0xf4],
      [0, 0x68, 0xd4],
      [0, 0x68, 0xc5, 1],
      [0, 0x68, 0xc5, 1, 0],
    ]) {
      code(0, bytes(...geometry), 'damaged-header');
    }
    for (const number of [1, 2, 3]) {
      for (const geometry of [[], [1, 1], [1, 0, 3], [1, 1, 2], [1, 1, 3, 0]])
        code(number, bytes(...geometry), 'damaged-header');
    }
  });

  it('makes the same file or none of 10,000 changed ones', async () => {
    const next = numbers(7);
    const files = [...smallFiles().values()];
    let opened = 0;
    for (let i = 0; i < 10_000; i++) {
      const file = changed(files[i % files.length] as Uint8Array, next, i % 2 === 0);
      const parts = await open(file, work);
      if (!parts) continue;
      opened++;
      if (i % 10 === 0) await reopened(file, parts);
    }
    assert.ok(opened > 1000, `${opened}`);
  });

  it('answers changed parts with a file of the right length or a refusal', async () => {
    const next = numbers(9);
    const all = await Promise.all(
      [...smallFiles().values()].map(async (file) => [file, await open(file, work)] as const),
    );
    let refused = 0;
    for (let i = 0; i < 5_000; i++) {
      const [file, parts] = all[i % all.length] as (typeof all)[number];
      assert.ok(parts);
      const what = i % 3 === 0 ? 'geometry' : 'rest';
      const damaged = { ...parts, [what]: changed(parts[what], next, false) };
      try {
        assert.equal((await close(damaged, file.length, pause)).length, file.length);
      } catch (error) {
        assert.ok(error instanceof ArdmError, String(error));
        assert.ok(['checksum-mismatch', 'damaged-header', 'unsupported-feature'].includes(error.code), error.code);
        refused++;
      }
    }
    assert.ok(refused > 1000);
  });
});

/** Of a PNG file with the checksum of its first chunks as it should be, now and then. */
function changed(bytes: Uint8Array, next: () => number, repair: boolean): Uint8Array {
  const made = mutated(bytes, next);
  return repair ? new Uint8Array(repaired(Buffer.from(made))) : made;
}

/** With the right CRC in every chunk that is whole. */
function repaired(file: Buffer): Buffer {
  const parts = [file.subarray(0, 8)];
  let at = 8;
  while (at + 12 <= file.length && at + 12 + file.readUInt32BE(at) <= file.length) {
    const end = at + 12 + file.readUInt32BE(at);
    parts.push(chunk(file.toString('latin1', at + 4, at + 8), file.subarray(at + 8, end - 4)));
    at = end;
  }
  return file[0] === 0x89 ? Buffer.concat([...parts, file.subarray(at)]) : file;
}

describe('tiles', () => {
  it('cover a picture once, none too large', () => {
    const sides = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1000, max: 2100 }));
    fc.assert(
      fc.property(sides, sides, fc.constantFrom(1 as const, 3 as const), (width, height, channels) => {
        const picture = { width, height, channels };
        const samples = texture(width * height * channels);
        const again = new Uint8Array(samples.length);
        let pixels = 0;
        for (const tile of tilesOf(picture)) {
          assert.ok(tile.width <= 1024 && tile.height <= 1024 && tile.width * tile.height <= 2 ** 18);
          pixels += tile.width * tile.height;
          setTile(again, picture, tile, cutTile(samples, picture, tile));
        }
        assert.equal(pixels, width * height);
        assert.equal(Buffer.compare(again, samples), 0);
      }),
      { numRuns: 15 },
    );
    assert.equal([...tilesOf({ width: 512, height: 512, channels: 3 })].length, 1);
  });
});
