import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeArchive } from '../../src/codec/inspect.js';
import { codecModel, FakeModels } from './fakes.js';

test('each segment is described, with a model by its id where it is known', () => {
  const models = new FakeModels([codecModel('text-1', [0xab, 0x12])]);
  const common = { length: 10, crc: 0, payloadOffset: 0, payloadLength: 5 };
  const dial = { schedule: 'random', calls: 7 } as const;
  const header = {
    version: 1,
    originalLength: 40,
    headerLength: 30,
    segments: [
      { ...common, method: 'ardm', dial, model: Uint8Array.of(0xab, 0x12) },
      { ...common, method: 'ardm', dial, model: Uint8Array.of(0, 0xff) },
      { ...common, method: 'brotli' },
      { ...common, method: 'stored' },
    ],
  } as const;
  const info = describeArchive(header, 50, models);
  const none = { model: null, modelIdentity: null, schedule: null, calls: null };
  const sizes = { originalSize: 10, compressedSize: 5 };
  assert.deepEqual(info, {
    version: 1,
    originalSize: 40,
    compressedSize: 50,
    segments: [
      { method: 'ardm', model: 'text-1', modelIdentity: 'ab12', schedule: 'random', calls: 7, ...sizes },
      { method: 'ardm', model: null, modelIdentity: '00ff', schedule: 'random', calls: 7, ...sizes },
      { method: 'brotli', ...none, ...sizes },
      { method: 'stored', ...none, ...sizes },
    ],
  });
  assert.deepEqual(JSON.parse(JSON.stringify(info)), info);
});
