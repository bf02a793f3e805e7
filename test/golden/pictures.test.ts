import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import { parseArchive } from '../../src/archive/parse.js';
import { Codec } from '../../src/codec/codec.js';
import { ArdmError } from '../../src/errors.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import type { PoolOptions } from '../../src/runtime/pool-options.js';
import { loadModels } from '../../src/runtime/registry.js';
import { GOLDEN_PICTURES, pictureArchive, pictureFile, pictureOf } from './pictures.js';

const { signal } = new AbortController();
const registry = await loadModels('models', KINDS);

type Setting = Partial<Pick<PoolOptions, 'workers' | 'intraOpNumThreads' | 'products' | 'mostRows'>>;
const SETTINGS: Readonly<Record<string, Setting>> = {
  'in bytes': { products: 'bytes' },
  'in floats': { products: 'floats' },
  'by two workers of two threads': { workers: 2, intraOpNumThreads: 2 },
  'in calls of 7 rows': { mostRows: 7 },
  'row by row': { mostRows: 1 },
};

async function withCodec(setting: Setting, work: (codec: Codec) => Promise<void>): Promise<void> {
  const keepOpen = [...new Set(GOLDEN_PICTURES.map(({ model }) => model))];
  const pool = await WorkerPool.start({ models: registry.list(), keepOpen, provider: 'cpu', workers: 1, ...setting });
  try {
    await work(new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 30 }));
  } finally {
    await pool.close();
  }
}

describe('golden archives of pictures', () => {
  it('are all listed, with what they were made of', () => {
    const listed = GOLDEN_PICTURES.flatMap((golden) => [pictureFile(golden), pictureArchive(golden)]);
    assert.deepEqual(readdirSync('test/golden/pictures').sort(), listed.map((path) => basename(path)).sort());
  });

  it('are of the model of pictures, but for what would grow, and of all kinds of files', () => {
    const headers = GOLDEN_PICTURES.map((golden) => parseArchive(readFileSync(pictureArchive(golden))));
    const coded = headers.filter(({ segments }) => segments.every(({ method }) => method === 'ardm'));
    assert.ok(coded.length >= 12, `${coded.length}`);
    assert.deepEqual(new Set(coded.map(({ container }) => container?.number)), new Set([0, 1, 2, 3]));
  });

  for (const [name, setting] of Object.entries(SETTINGS)) {
    it(`are decoded bit for bit, ${name}`, () =>
      withCodec(setting, async (codec) => {
        for (const golden of GOLDEN_PICTURES) {
          const back = await codec.decompress(readFileSync(pictureArchive(golden)), { signal });
          assert.equal(Buffer.compare(back, pictureOf(golden)), 0, golden.name);
        }
      }));
  }

  it('are made again', () =>
    withCodec({}, async (codec) => {
      for (const golden of GOLDEN_PICTURES) {
        const { model, pixels } = golden;
        // What a container has besides samples may be coded in brotli, whose bytes are those of the Node version that made them.
        const before = readFileSync(pictureArchive(golden));
        if (parseArchive(before).container?.file?.rest?.method === 'brotli') continue;
        const { archive } = await codec.compress(pictureOf(golden), { model, pixels, calls: 'balanced', signal });
        assert.equal(Buffer.compare(archive, before), 0, golden.name);
      }
    }));

  it('are refused when a byte is missing, follows, or has changed', () =>
    withCodec({}, async (codec) => {
      for (const golden of GOLDEN_PICTURES) {
        const archive = new Uint8Array(readFileSync(pictureArchive(golden)));
        // Not all bits of a payload's last byte decide; the first one's do.
        const place = Math.min(parseArchive(archive).headerLength, archive.length - 1);
        const changed = Uint8Array.from(archive, (byte, i) => (i === place ? byte ^ 1 : byte));
        for (const damaged of [
          archive.subarray(0, -1),
          Uint8Array.of(...archive, 7),
          Uint8Array.of(...archive, 0),
          changed,
        ]) {
          await assert.rejects(codec.decompress(damaged, { signal }), (error) => {
            assert.ok(error instanceof ArdmError, String(error));
            assert.match(
              error.code,
              /^(truncated-archive|trailing-bytes|checksum-mismatch|damaged-header)$/,
              golden.name,
            );
            return true;
          });
        }
      }
    }));
});
