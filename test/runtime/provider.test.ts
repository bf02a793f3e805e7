import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gpuDevices, PROVIDERS, providerCandidates } from '../../src/runtime/provider.js';
import { sessionOptions } from '../../src/runtime/session-settings.js';

const folders = (content: Record<string, string[]>) => (folder: string) => content[folder] ?? [];

test('a provider asked for by name is the only candidate', () => {
  for (const provider of PROVIDERS) assert.deepEqual(providerCandidates(provider, ['cuda', 'webgpu']), [provider]);
});

test('auto tries the devices there are, then the CPU', () => {
  assert.deepEqual(providerCandidates('auto', []), ['cpu']);
  assert.deepEqual(providerCandidates('auto', ['webgpu']), ['webgpu', 'cpu']);
  assert.deepEqual(providerCandidates('auto', ['cuda', 'webgpu']), ['cuda', 'webgpu', 'cpu']);
});

test('Linux devices are found by their nodes', () => {
  assert.deepEqual(gpuDevices('linux', folders({})), []);
  assert.deepEqual(gpuDevices('linux', folders({ '/dev': ['null', 'nvidiactl'] })), []);
  assert.deepEqual(gpuDevices('linux', folders({ '/dev': ['nvidia0'] })), ['cuda']);
  assert.deepEqual(gpuDevices('linux', folders({ '/dev/dri': ['card0'] })), []);
  assert.deepEqual(gpuDevices('linux', folders({ '/dev/dri': ['renderD128'] })), ['webgpu']);
  assert.deepEqual(gpuDevices('linux', folders({ '/dev': ['nvidia0'], '/dev/dri': ['renderD128'] })), [
    'cuda',
    'webgpu',
  ]);
});

test('systems with a GPU interface of their own offer WebGPU', () => {
  assert.deepEqual(gpuDevices('darwin', folders({})), ['webgpu']);
  assert.deepEqual(gpuDevices('win32', folders({})), ['webgpu']);
});

test('looking for devices on this machine does not fail', () => {
  assert.ok(Array.isArray(gpuDevices()));
});

test('sessions use one provider, the given threads, and never spin', () => {
  const options = sessionOptions({ provider: 'webgpu', intraOpNumThreads: 3 });
  assert.deepEqual(options.executionProviders, ['webgpu']);
  assert.equal(options.intraOpNumThreads, 3);
  assert.equal(options.interOpNumThreads, 1);
  assert.deepEqual(options.extra, {
    session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } },
  });
});
