import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { wavFile } from '../containers/sound-files.js';
import { bytesOf } from '../sound/fakes.js';
import { voice } from '../sound/signals.js';
import { until } from '../until.js';
import { ROOT, ServiceProcess, TINY_MODELS } from './process.js';

const SAMPLES = bytesOf(voice(16, 2), 12_000, [1, 16, 1, 16_000]);
const WAV = Buffer.from(wavFile({ samples: SAMPLES, rate: 16_000 }));

describe('sound in a service, whole', () => {
  let service: ServiceProcess;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ardm-e2e-sound-'));
    await cp(join(TINY_MODELS, 'tiny-a'), join(folder, 'tiny-a'), { recursive: true });
    await cp(join(ROOT, 'models', 'sound-1'), join(folder, 'sound-1'), { recursive: true });
    service = await ServiceProcess.start({ MODELS_DIR: folder });
  });
  after(async () => {
    await ServiceProcess.killAll();
    await rm(folder, { recursive: true, force: true });
  });

  const json = async (path: string, body?: Buffer): Promise<Record<string, unknown>> => {
    const answer = body ? await service.post(path, body) : await service.send(path);
    assert.ok(answer.status < 300, answer.body.toString('latin1'));
    return JSON.parse(answer.body.toString()) as Record<string, unknown>;
  };

  it('is compressed by the model of it, and comes back', async () => {
    const archive = await service.post('/v1/compress', WAV);
    assert.equal(archive.status, 200);
    assert.equal(archive.headers.get('ardm-model'), 'sound-1');
    assert.ok(archive.body.length < 0.6 * WAV.length);
    assert.deepEqual((await service.post('/v1/decompress', archive.body)).body, WAV);
    const { container } = (await json('/v1/inspect', archive.body)) as { container: unknown };
    assert.deepEqual(container, {
      number: 8,
      kind: 'wav',
      samplesSize: SAMPLES.length,
      restSize: 0,
      sound: { format: 's16le', channels: 1, rate: 16_000, frames: 12_000, bits: 16 },
    });
  });

  it('without a file around it comes back, too', async () => {
    const samples = Buffer.from(SAMPLES);
    const archive = await service.post('/v1/compress?pcm=s16le,1,16000', samples);
    assert.equal(archive.headers.get('ardm-model'), 'sound-1');
    assert.deepEqual((await service.post('/v1/decompress', archive.body)).body, samples);
    const refused = await service.post('/v1/compress?pcm=s16le,2,16000', samples.subarray(2));
    assert.equal((JSON.parse(refused.body.toString()) as { code: string }).code, 'pcm-mismatch');
    const text = await service.post('/v1/compress?model=sound-1', Buffer.from('no sound'));
    assert.equal((JSON.parse(text.body.toString()) as { code: string }).code, 'content-not-for-model');
  });

  it('is compressed by a job, which tells how far it is', async () => {
    const { body: archive } = await service.post('/v1/compress', WAV);
    const location = (await service.post('/v1/jobs?operation=compress', WAV)).headers.get('location') ?? '';
    await until(async () => (await json(location)).state === 'done', 'the job is not done', 60_000);
    const { progress } = (await json(location)) as {
      progress: { bytes: number; networkCalls: number; totalNetworkCalls: number };
    };
    assert.equal(progress.bytes, WAV.length);
    assert.ok(progress.networkCalls > 0 && progress.networkCalls <= progress.totalNetworkCalls);
    assert.deepEqual((await service.send(`${location}/result`)).body, archive);
  });

  it('is estimated as it is compressed', async () => {
    for (const [query, file] of [
      ['model=sound-1', WAV],
      ['model=auto', WAV],
      ['model=sound-1', Buffer.from(wavFile({ samples: SAMPLES.subarray(0, 2000) }))],
      ['model=auto', Buffer.from(wavFile({ samples: SAMPLES.subarray(0, 2000) }))],
    ] as const) {
      const found = (await json(`/v1/estimate?${query}&detail=bytes`, file)) as {
        ladder: {
          calls: number;
          model: string;
          bytes: number;
          lowest: number;
          highest: number;
          networkCalls: number;
        }[];
        exact: boolean;
        kind: string;
      };
      if (query === 'model=sound-1') assert.equal(found.kind, 'sound');
      assert.equal(found.exact, query === 'model=auto' && file.length < 2 ** 14);
      for (const rung of found.ladder) {
        const { body, headers } = await service.post(`/v1/compress?${query}&calls=${rung.calls}`, file);
        const told = `${query}, ${file.length} bytes: ${JSON.stringify(rung)}, and ${body.length}`;
        assert.equal(rung.model, headers.get('ardm-model'), told);
        if (found.exact) assert.equal(rung.bytes, body.length, told);
        else assert.ok(rung.lowest <= body.length && body.length <= rung.highest, told);
      }
    }
  });
});
