import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { parseArchive } from '../../src/archive/parse.js';
import { Codec } from '../../src/codec/codec.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { assertRefused } from '../archive/refusals.js';
import { rewritten } from '../archive/rewritten.js';
import { format2Files, GOLDEN_2, pathOf2, REFUSED_2, refusedPathOf2 } from './format-2.js';
import { INPUTS } from './inputs.js';

const { signal } = new AbortController();

describe('golden archives of version 2', () => {
  let pool: WorkerPool;
  let codec: Codec;

  before(async () => {
    const registry = await loadModels('models', KINDS);
    pool = await WorkerPool.start({ models: registry.list(), provider: 'cpu', workers: 1 });
    codec = new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 30 });
  });
  after(() => pool.close());

  it('are all listed, and what they were made from still makes them', () => {
    const files = format2Files();
    for (const folder of ['format-2', 'format-2-refused']) {
      for (const name of readdirSync(`test/golden/${folder}`))
        assert.ok(files.has(`test/golden/${folder}/${name}`), name);
    }
    for (const [path, archive] of files) assert.deepEqual(new Uint8Array(readFileSync(path)), archive, path);
  });

  for (const golden of GOLDEN_2) {
    const archive = new Uint8Array(readFileSync(pathOf2(golden)));

    it(`says of ${golden.name} what it says, and writes it the same`, () => {
      const info = codec.inspect(archive);
      assert.equal(info.version, 2);
      assert.deepEqual({ ...info, ...golden.says }, info);
      for (const field of ['name', 'mediaType', 'dictionary', 'container'] as const) {
        assert.deepEqual(info[field], golden.says[field]);
      }
      assert.deepEqual(rewritten(archive), archive);
    });

    if (golden.input === undefined) {
      it(`does not decode ${golden.name}: its model or dictionary is not there`, async () => {
        const code = golden.plan.dictionary || !golden.plan.container ? 'unknown-dictionary' : 'unknown-model';
        await assert.rejects(codec.decompress(archive, { signal }), { code });
      });
    } else {
      const input = INPUTS[golden.input] as Uint8Array;
      it(`decodes ${golden.name}`, async () => {
        assert.equal(Buffer.compare(await codec.decompress(archive, { signal }), input), 0);
      });

      it(`refuses ${golden.name} when a byte is missing, follows, or has changed`, async () => {
        const codes = /^(truncated-archive|trailing-bytes|checksum-mismatch|damaged-header)$/;
        const { headerLength } = parseArchive(archive);
        const place = Math.min(headerLength, archive.length - 1);
        const changed = Uint8Array.from(archive, (byte, index) => (index === place ? byte ^ 1 : byte));
        for (const damaged of [
          archive.subarray(0, -1),
          Uint8Array.of(...archive, 7),
          Uint8Array.of(...archive, 0),
          changed,
        ]) {
          await assert.rejects(codec.decompress(damaged, { signal }), { code: codes });
        }
      });
    }
  }
});

describe('archives of version 2 that must be refused', () => {
  for (const refused of REFUSED_2) {
    it(`${refused.name}: ${refused.code}`, () => {
      assertRefused(new Uint8Array(readFileSync(refusedPathOf2(refused))), refused.code);
    });
  }

  it('would be read if it were not for that', () => {
    for (const golden of GOLDEN_2) assert.equal(parseArchive(readFileSync(pathOf2(golden))).version, 2);
  });
});
