import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Codec } from '../../src/codec/codec.js';
import { ArdmError } from '../../src/errors.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels, type ModelRegistry } from '../../src/runtime/registry.js';
import { GOLDEN, pathOf } from './golden.js';
import { INPUTS } from './inputs.js';

const { signal } = new AbortController();

/** Damage that must be refused, done to every golden archive, and the codes it may be refused with. */
const DAMAGE: Record<string, { damage: (archive: Uint8Array) => Uint8Array; codes: RegExp }> = {
  'one byte is missing at the end': {
    damage: (a) => a.subarray(0, -1),
    codes: /^(truncated-archive|checksum-mismatch|damaged-header)$/,
  },
  'one byte follows': {
    damage: (a) => Uint8Array.from([...a, 0]),
    codes: /^(trailing-bytes|checksum-mismatch|damaged-header)$/,
  },
  'its first byte is another': {
    damage: (a) => Uint8Array.from(a, (b, i) => (i === 0 ? b ^ 1 : b)),
    codes: /^not-an-archive$/,
  },
  'its version code is one that there is not': {
    damage: (a) => Uint8Array.from(a, (b, i) => (i === 1 ? 0xd2 : b)),
    codes: /^unsupported-version$/,
  },
  'its head check is another': {
    damage: (a) => Uint8Array.from(a, (b, i) => (i === 2 ? b ^ 0x80 : b)),
    codes: /^damaged-header$/,
  },
};

describe('golden archives', () => {
  let registry: ModelRegistry;
  let pool: WorkerPool;
  let codec: Codec;

  before(async () => {
    registry = await loadModels('models', KINDS);
    pool = await WorkerPool.start({ models: registry.list(), provider: 'cpu', workers: 2 });
    codec = new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 30 });
  });
  after(() => pool.close());

  it('are all listed', () => {
    const listed = new Set(GOLDEN.map(pathOf));
    for (const name of readdirSync('test/golden/archives')) assert.ok(listed.has(`test/golden/archives/${name}`), name);
  });

  for (const golden of GOLDEN) {
    const path = pathOf(golden);
    const input = INPUTS[golden.input] as Uint8Array;

    it(`decodes ${path}`, async () => {
      assert.ok(existsSync(path), 'make it with: node dist/test/golden/make.js');
      const back = await codec.decompress(readFileSync(path), { signal });
      assert.equal(Buffer.compare(back, input), 0);
    });

    // Brotli's bytes are those of the Node version that made them.
    if (golden.dial.schedule === 'interleaved' && golden.model.startsWith('text-')) {
      it(`makes the same archive again: ${path}`, async () => {
        const { archive } = await codec.compress(input, { model: golden.model, calls: golden.dial.calls, signal });
        assert.equal(Buffer.compare(archive, readFileSync(path)), 0);
      });
    }

    for (const [what, { damage, codes }] of Object.entries(DAMAGE)) {
      it(`refuses ${path} when ${what}`, async () => {
        await assert.rejects(codec.decompress(damage(readFileSync(path)), { signal }), (error) => {
          assert.ok(error instanceof ArdmError, String(error));
          assert.match(error.code, codes);
          return true;
        });
      });
    }
  }
});
