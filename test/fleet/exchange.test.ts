import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ROOT } from '../e2e/process.js';
import { findSwiftShader } from '../runtime/swiftshader.js';
import { until } from '../until.js';
import { Fleet } from './fleet.js';
import { skip } from './programs.js';

const TEXT = Buffer.from('What one replica has compressed, every other decompresses, whatever it computes with.');

/** Sends a request through nginx until each replica has answered one. @returns the answers by replica. */
async function fromEach(fleet: Fleet, path: string, body: Uint8Array): Promise<Map<number, Buffer>> {
  const answers = new Map<number, Buffer>();
  for (let i = 0; i < 20 && answers.size < fleet.apis.length; i++) {
    const id = `exchange-${path.replace(/\W/g, '')}-${i}-${body.length}`;
    const headers = { 'X-Request-Id': id };
    const answer = await fetch(fleet.url + path, { method: 'POST', body, headers });
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(answer.status, 200, bytes.toString('latin1'));
    const by = () => fleet.apis.findIndex(({ log }) => log.some(({ requestId }) => requestId === id));
    await until(() => by() >= 0, 'no replica logs the request');
    answers.set(by(), bytes);
  }
  return answers;
}

async function exchange(fleet: Fleet, model: string): Promise<void> {
  const archives = await fromEach(fleet, `/v1/compress?model=${model}&calls=4`, TEXT);
  assert.equal(archives.size, fleet.apis.length, 'nginx asks one replica only');
  const first = [...archives.values()][0] as Buffer;
  if (model === 'text-4') assert.ok(first.length < TEXT.length / 2, 'a network that is not used exchanges nothing');
  for (const [by, archive] of archives) {
    assert.deepEqual(archive, first, 'replicas make different archives');
    const files = await fromEach(fleet, '/v1/decompress', archive);
    assert.equal(files.size, fleet.apis.length);
    for (const [reader, file] of files) assert.deepEqual(file, TEXT, `made by ${by}, read by ${reader}`);
  }
}

describe('replicas behind nginx', { skip }, () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await Fleet.start({ apis: [{}, {}] });
  });
  after(() => fleet.stop());

  it('decompress what another has compressed', () => exchange(fleet, 'tiny-a'));
});

const swiftShader = findSwiftShader();
const required = process.env.ARDM_REQUIRE_WEBGPU === '1';
const noWebGpu = 'missing' in swiftShader && !required ? `NOT TESTED: ${swiftShader.missing}` : false;
if (noWebGpu) console.error(`\n*** NOT TESTED: a replica on WebGPU beside one on the CPU. ${noWebGpu} ***\n`);

describe('a replica on the CPU and one on WebGPU behind the same nginx', { skip: skip || noWebGpu }, () => {
  let fleet: Fleet;
  before(async () => {
    if ('missing' in swiftShader) assert.fail(swiftShader.missing);
    const { VK_ICD_FILENAMES = '', VK_DRIVER_FILES = '', LD_LIBRARY_PATH = '' } = swiftShader.environment;
    const gpu = { ARDM_PROVIDER: 'webgpu', VK_ICD_FILENAMES, VK_DRIVER_FILES, LD_LIBRARY_PATH };
    // The models that are served, with one block of four calls: SwiftShader is slow.
    const common = { MODELS_DIR: join(ROOT, 'models') };
    fleet = await Fleet.start({ apis: [{ ARDM_PROVIDER: 'cpu' }, gpu], common });
  });
  after(() => fleet?.stop());

  it('run on what they were told to run on', () => {
    const providers = fleet.apis.map(({ log }) => log.find(({ msg }) => msg.startsWith('listening'))?.provider);
    assert.deepEqual(providers, ['cpu', 'webgpu']);
  });

  it('make the same archive and decompress one another’s', () => exchange(fleet, 'text-4'));
});
