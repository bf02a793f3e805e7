import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { Container, Placed } from '../../src/archive/types.js';
import { codedWith, describeArchive } from '../../src/codec/inspect.js';
import { writePngGeometry } from '../../src/containers/png/geometry.js';
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

test('what segments were coded with has one name, or is mixed', () => {
  const text = { method: 'ardm', model: 'text-1' } as const;
  const brotli = { method: 'brotli', model: null } as const;
  assert.equal(codedWith([text, text]), 'text-1');
  assert.equal(codedWith([brotli]), 'brotli');
  assert.equal(codedWith([text, brotli]), 'mixed');
  assert.equal(codedWith([{ method: 'ardm', model: null }]), 'ardm');
});

describe('a container', () => {
  const models = new FakeModels([]);
  const segment = { method: 'stored', length: 30, crc: 0, payloadOffset: 0, payloadLength: 30 } as const;
  const described = (container: Container<Placed>): unknown =>
    describeArchive({ version: 2, originalLength: 99, headerLength: 9, segments: [segment], container }, 99, models)
      .container;
  const sizes = { samplesSize: 30, restSize: 0 };
  const picture = { width: 5, height: 2, channels: 3 };

  it('of pixels is told with their extent', () => {
    const geometry = Uint8Array.of(5, 2, 3);
    assert.deepEqual(described({ number: 1, geometry }), { number: 1, kind: 'pnm', ...sizes, picture });
    assert.deepEqual(described({ number: 2, geometry }), { number: 2, kind: 'bmp', ...sizes, picture });
    assert.deepEqual(described({ number: 3, geometry }), { number: 3, kind: 'raw', ...sizes, picture });
    const png = writePngGeometry({
      setting: { level: 6, memLevel: 8, windowBits: 15, strategy: 0 },
      picture: { ...picture, channels: 3 },
    });
    assert.deepEqual(described({ number: 0, geometry: png }), { number: 0, kind: 'png', ...sizes, picture });
  });

  it('of sound is told with its format, channels, rate and frames', () => {
    const geometry = Uint8Array.of(0x23, 0x80, 0x00, 7);
    const sound = { format: 's16be', channels: 2, bits: 16, rate: 128, frames: 7 };
    assert.deepEqual(described({ number: 8, geometry }), { number: 8, kind: 'wav', ...sizes, sound });
    assert.deepEqual(described({ number: 9, geometry }), { number: 9, kind: 'aiff', ...sizes, sound });
    assert.deepEqual(described({ number: 10, geometry }), { number: 10, kind: 'raw', ...sizes, sound });
    assert.deepEqual(described({ number: 8, geometry: geometry.subarray(0, 3) }), { number: 8, kind: 'wav', ...sizes });
  });

  it('of filtered bytes has none', () => {
    const png = writePngGeometry({ setting: { level: 9, memLevel: 9, windowBits: 15, strategy: 1 } });
    assert.deepEqual(described({ number: 0, geometry: png }), { number: 0, kind: 'png', ...sizes });
  });

  it('that this server does not know is told by its number, and a geometry that it does not is left out', () => {
    assert.deepEqual(described({ number: 63, geometry: Uint8Array.of(5, 2, 3) }), { number: 63, ...sizes });
    for (const geometry of [[], [5, 2], [5, 2, 2], [5, 2, 3, 0], [0, 2, 3], [0x80]].map((bytes) =>
      Uint8Array.from(bytes),
    )) {
      for (const [number, kind] of ['png', 'pnm', 'bmp', 'raw'].entries())
        assert.deepEqual(described({ number, geometry }), { number, kind, ...sizes });
    }
  });
});
