import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type Coder, Meter } from './measure.js';
import { type Peer, RememberedSizes } from './peers.js';

const folder = mkdtempSync(join(tmpdir(), 'ardm-bench-'));
after(() => rmSync(folder, { recursive: true }));

const presets = { fast: 1, balanced: 2, small: 4 };

/** Codes a file to its bytes and one more for each call; `auto` keeps what model `a` makes. */
function coder(decoded = (bytes: Uint8Array) => bytes): Coder & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    registry: { byId: (id) => (id === 'auto' ? undefined : { presets }) },
    pool: { size: 2 },
    codec: {
      compress: async (input, { calls, model }) => {
        asked.push(`${model} ${calls} ${input.length}`);
        const number = typeof calls === 'number' ? calls : presets[calls];
        const archive = new Uint8Array(input.length + number);
        archive.set(input);
        return { archive, model: model === 'auto' ? 'a' : model, calls: number };
      },
      decompress: async (archive) => decoded(archive.subarray(0, archive.length - presets.balanced)),
    },
  };
}

function peer(): Peer & { asked: number } {
  return {
    name: 'gzip',
    version: '1',
    asked: 0,
    async size(bytes) {
      this.asked++;
      return bytes.length * 2;
    },
  };
}

const inputs = [10, 20, 30].map((length, i) => {
  return { name: i < 2 ? 'first' : 'second', bytes: new Uint8Array(length).fill(i) };
});

describe('the meter', () => {
  it('sums archives and peers over a sample, and over each of its files', async () => {
    const meter = new Meter(coder(), [peer()], new RememberedSizes(join(folder, 'sums')), ['a', 'b']);
    const { row, files } = await meter.row({ group: 'csv', size: 'whole', inputs });
    assert.deepEqual(row, {
      group: 'csv',
      size: 'whole',
      inputs: 3,
      bytes: 60,
      auto: 66,
      models: { a: 66, b: 66 },
      peers: { gzip: 120, zstd: null, brotli: null, xz: null, zpaq: null },
    });
    assert.deepEqual(
      files.map(({ file, bytes, auto }) => [file, bytes, auto]),
      [
        ['first', 30, 34],
        ['second', 30, 32],
      ],
    );
  });

  it('codes no bytes twice in the same way', async () => {
    const engine = coder();
    const meter = new Meter(engine, [], new RememberedSizes(join(folder, 'twice')), ['a', 'b']);
    const sample = { group: 'csv', size: 'whole', inputs: inputs.slice(0, 1) } as const;
    await meter.row(sample);
    // What `auto` has kept is what model `a` gives alone.
    assert.deepEqual(engine.asked, ['auto balanced 10', 'b balanced 10']);
    await meter.row(sample);
    assert.equal((await meter.ladderRow(sample, 'b', 2)).archives, 12);
    assert.equal(engine.asked.length, 2);
    assert.equal((await meter.ladderRow(sample, 'b', 4)).archives, 14);
    assert.equal(engine.asked.length, 3);
  });

  it('refuses an archive that does not give its file back', async () => {
    const meter = new Meter(
      coder((bytes) => bytes.subarray(1)),
      [],
      new RememberedSizes(join(folder, 'bad')),
      [],
    );
    await assert.rejects(meter.row({ group: 'csv', size: 'whole', inputs }), /did not give its file back/);
  });

  it('finds the file that is furthest behind brotli', async () => {
    const meter = new Meter(coder(), [], new RememberedSizes(join(folder, 'limits')), []);
    const limits = await meter.limits([
      { name: 'text', bytes: Buffer.from('abcd'.repeat(100)) },
      { name: 'byte', bytes: Buffer.from('a') },
    ]);
    assert.equal(limits.empty, 2);
    assert.equal(limits.random, 2);
    assert.equal(limits.worst.file, 'text');
    assert.equal(limits.worst.over, limits.auto - limits.brotli - (3 - 5));
  });
});

describe('remembered sizes', () => {
  it('outlast a run, and belong to the bytes and the version', async () => {
    const path = join(folder, 'sizes');
    const asked = peer();
    const first = new RememberedSizes(path);
    assert.equal(await first.size(asked, Buffer.from('abc')), 6);
    first.save();
    const second = new RememberedSizes(path);
    assert.equal(await second.size(asked, Buffer.from('abc')), 6);
    assert.equal(asked.asked, 1);
    await second.size(asked, Buffer.from('abd'));
    await second.size({ ...asked, version: '2', size: asked.size.bind(asked) }, Buffer.from('abc'));
    assert.equal(asked.asked, 3);
  });
});
