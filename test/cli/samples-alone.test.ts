import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ROOT, ServiceProcess, TINY_MODELS } from '../e2e/process.js';
import { ardm, inFolder } from './ardm.js';

/** Nothing to recognise them by: a slope of 24 x 16 pixels, and a wave of 500 frames. */
const PIXELS = Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => 40 + (i % 72) + Math.floor(i / 72));
const FRAMES = Uint8Array.from({ length: 1_000 }, (_, i) => (i % 2 === 0 ? (i * i) % 251 : Math.floor(i / 64)));

const CASES = [
  { how: ['--pixels', '24x16x3', '--model', 'pictures-1'], file: PIXELS, says: /picture +24 x 16, channels: 3/ },
  { how: ['--pcm', 's16le,1,16000', '--model', 'sound-1'], file: FRAMES, says: /500 frames, 16000 a second/ },
];

describe('ardm, of samples alone', () => {
  let models: string;
  let service: ServiceProcess;
  before(async () => {
    models = mkdtempSync(join(tmpdir(), 'ardm-cli-models-'));
    symlinkSync(join(TINY_MODELS, 'tiny-c'), join(models, 'tiny-c'));
    for (const id of ['pictures-1', 'sound-1']) symlinkSync(join(ROOT, 'models', id), join(models, id));
    service = await ServiceProcess.start({ MODELS_DIR: models });
  });
  after(async () => {
    await ServiceProcess.killAll();
    rmSync(models, { recursive: true });
  });

  for (const { how, file, says } of CASES) {
    it(`makes the same archive of ${how[0]} with a server and without, as estimated`, async () => {
      const env = { MODELS_DIR: models };
      await inFolder(async (cwd) => {
        writeFileSync(join(cwd, 'raw'), file);
        const made = await ardm(['compress', '-c', ...how, 'raw'], { cwd, env });
        assert.deepEqual([made.code, made.stderr], [0, '']);
        const server = ['--server', service.url];
        const there = await ardm(['compress', '-c', ...how, ...server, 'raw'], { cwd, env: { MODELS_DIR: '/none' } });
        assert.deepEqual([there.code, there.stderr], [0, '']);
        assert.deepEqual(there.stdout, made.stdout);
        assert.match((await ardm(['inspect'], { input: made.stdout, env })).stdout.toString(), says);
        // The archive remembers what it holds.
        assert.deepEqual((await ardm(['decompress'], { input: made.stdout, env })).stdout, Buffer.from(file));
        for (const told of [
          await ardm(['estimate', '--json', ...how, 'raw'], { cwd, env }),
          await ardm(['estimate', '--json', ...how, ...server, 'raw'], { cwd, env: { MODELS_DIR: '/none' } }),
        ]) {
          assert.equal(told.code, 0, told.stderr);
          const { ladder } = JSON.parse(told.stdout.toString()) as { ladder: { names: string[]; bytes: number }[] };
          const balanced = ladder.find(({ names }) => names.includes('balanced'));
          assert.equal(balanced?.bytes, made.stdout.length);
        }
      });
    });
  }

  it('is told what does not fit the file, and what cannot be meant', async () => {
    const env = { MODELS_DIR: models };
    const mismatched = await ardm(['compress', '-c', '--pixels', '24x15x3'], { input: PIXELS, env });
    assert.deepEqual([mismatched.code, mismatched.stdout.length], [1, 0]);
    assert.match(mismatched.stderr, /^ardm: standard input: .* \[pixels-mismatch\]\n$/);
    const half = await ardm(['estimate', '--pcm', 's16le,2,8000'], { input: FRAMES.subarray(1), env });
    assert.match(half.stderr, /\[pcm-mismatch\]\n$/);
    for (const [option, value] of [
      ['--pixels', '24x16'],
      ['--pixels', '24x16x2'],
      ['--pixels', '024x16x3'],
      ['--pcm', 's16,1,8000'],
      ['--pcm', 's16le,9,8000'],
      ['--pcm', 's16le,1'],
    ] as const) {
      const refused = await ardm(['compress', '-c', option, value], { input: PIXELS, env });
      assert.equal(refused.code, 2, `${option} ${value}`);
      assert.match(refused.stderr, /is invalid\. It is (width x height|format, channels)/);
    }
    const both = await ardm(['compress', '--pixels', '24x16x3', '--pcm', 'u8,1,8000'], { input: PIXELS, env });
    assert.equal(both.code, 2);
  });
});
