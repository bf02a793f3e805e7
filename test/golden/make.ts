/**
 * node dist/test/golden/make.js: writes the golden archives that are missing, with the models of models/. What is there
 * is never written again: it was released, and must decode for ever.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { segmentCrc } from '../../src/archive/checksum.js';
import type { Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import type { Dial } from '../../src/ardm/schedule.js';
import { Codec } from '../../src/codec/codec.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { DICTIONARY_GOLDEN, makeGolden, pathOfDictionary, refusedFrames } from './dictionaries.js';
import { format2Files } from './format-2.js';
import { GOLDEN, type Golden, pathOf } from './golden.js';
import { INPUTS } from './inputs.js';
import { GOLDEN_PICTURES, pictureArchive, pictureFile, pictureOf } from './pictures.js';
import {
  GOLDEN_SOUNDS,
  REFUSED_FOLDER,
  refusedSounds,
  soundArchive,
  soundFile,
  soundOf,
  storedArchive,
} from './sounds.js';

const registry = await loadModels('models', KINDS);
const pool = await WorkerPool.start({ models: registry.list(), provider: 'cpu', workers: 1 });
const codec = new Codec({ models: registry, coder: pool, maxOriginalSize: 2 ** 30 });
const { signal } = new AbortController();

async function ardmSegment(id: string, bytes: Uint8Array, dial: Dial): Promise<Segment> {
  const model = registry.byId(id);
  if (!model) throw new Error(`there is no model ${id}`);
  const payload = await pool.encode(id, bytes, dial, signal);
  const crc = segmentCrc(bytes, payload.length, model.identity);
  return { method: 'ardm', length: bytes.length, payload, crc, dial, model: model.identity };
}

function brotliSegment(bytes: Uint8Array): Segment {
  const payload = brotliCompressSync(bytes);
  return { method: 'brotli', length: bytes.length, payload, crc: segmentCrc(bytes, payload.length) };
}

async function make({ input, model, dial }: Golden): Promise<Uint8Array> {
  const bytes = INPUTS[input] as Uint8Array;
  if (model === 'brotli') return writeArchive([brotliSegment(bytes)]);
  if (model === 'segmented') {
    const third = Math.floor(bytes.length / 3);
    const stored = bytes.subarray(0, third);
    return writeArchive([
      { method: 'stored', length: third, payload: stored, crc: segmentCrc(stored, third) },
      brotliSegment(bytes.subarray(third, 2 * third)),
      await ardmSegment('text-1', bytes.subarray(2 * third), dial),
    ]);
  }
  // No request asks for the random order, but the format has it.
  if (dial.schedule === 'random') return writeArchive([await ardmSegment(model, bytes, dial)]);
  return (await codec.compress(bytes, { model, calls: dial.calls, signal })).archive;
}

for (const golden of GOLDEN) {
  const path = pathOf(golden);
  if (existsSync(path)) continue;
  mkdirSync(join(path, '..'), { recursive: true });
  const archive = await make(golden);
  writeFileSync(path, archive);
  console.log(`${path} ${(INPUTS[golden.input] as Uint8Array).length} -> ${archive.length}`);
}
for (const golden of DICTIONARY_GOLDEN) {
  const path = pathOfDictionary(golden);
  if (existsSync(path)) continue;
  mkdirSync(dirname(path), { recursive: true });
  const made = await makeGolden(golden, { codec, coder: pool, registry, signal });
  writeFileSync(path, made);
  console.log(`${path} ${made.length}`);
}
for (const golden of GOLDEN_PICTURES) {
  const [file, path] = [pictureFile(golden), pictureArchive(golden)];
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(file)) writeFileSync(file, golden.make());
  if (existsSync(path)) continue;
  const { model, pixels } = golden;
  const { archive } = await codec.compress(pictureOf(golden), { model, pixels, calls: 'balanced', signal });
  writeFileSync(path, archive);
  console.log(`${path} ${pictureOf(golden).length} -> ${archive.length}`);
}
for (const golden of GOLDEN_SOUNDS) {
  const [file, path] = [soundFile(golden), soundArchive(golden)];
  mkdirSync(dirname(path), { recursive: true });
  if (golden.make && !existsSync(file)) writeFileSync(file, golden.make());
  if (existsSync(path)) continue;
  const { model, pcm } = golden;
  const archive =
    model === 'stored'
      ? await storedArchive(soundOf(golden), pcm)
      : (await codec.compress(soundOf(golden), { model, pcm, calls: 'balanced', signal })).archive;
  writeFileSync(path, archive);
  console.log(`${path} ${soundOf(golden).length} -> ${archive.length}`);
}
await pool.close();

for (const [name, [, archive]] of await refusedSounds()) {
  const path = join(REFUSED_FOLDER, `${name}.ardm`);
  if (existsSync(path)) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, archive);
  console.log(`${path} ${archive.length}`);
}

for (const [path, { bytes }] of refusedFrames()) {
  if (existsSync(path)) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  console.log(`${path} ${bytes.length}`);
}

for (const [path, archive] of format2Files()) {
  if (existsSync(path)) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, archive);
  console.log(`${path} ${archive.length}`);
}
