import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Container, Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import { Codec } from '../../src/codec/codec.js';
import { mapLimited } from '../../src/codec/map-limited.js';
import type { Extent } from '../../src/containers/types.js';
import { ArdmError } from '../../src/errors.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import { takenApart } from '../archive/rewritten.js';
import { bmpFile, numbers, pngFile, pnmFile, rowsOf, texture } from '../containers/files.js';

const { signal } = new AbortController();
const ARCHIVES = 10_000;
/** What a damaged archive may be answered with; each in its place is tested elsewhere. */
const CODES = [
  'checksum-mismatch',
  'damaged-header',
  'declared-size-too-large',
  'not-an-archive',
  'trailing-bytes',
  'truncated-archive',
  'unknown-dictionary',
  'unknown-model',
  'unsupported-feature',
  'unsupported-version',
];

interface Original {
  readonly file: Uint8Array;
  readonly archive: Uint8Array;
}

/** Pictures of a few pixels, so that the network is soon done. */
const FILES: readonly (readonly [Uint8Array, Extent?])[] = [
  [pnmFile('P6\n3 2\n255\n', new Uint8Array(18).fill(90))],
  [pnmFile('P5 #grey\n5 3 255\n', new Uint8Array(15).fill(7), 'more')],
  [bmpFile({ width: 3, height: 2, bits: 24 })],
  [bmpFile({ width: 2, height: 2, bits: 32, topDown: true, gap: 3 })],
  [pngFile({ width: 4, height: 3, filtered: rowsOf(3, 12, (y) => y % 5) })],
  [pngFile({ width: 2, height: 3, colour: 6, filtered: rowsOf(3, 8, () => 4), cut: 9 })],
  [pngFile({ width: 8, height: 4, colour: 3, filtered: rowsOf(4, 8, () => 0) })],
  [new Uint8Array(60).fill(3), { width: 5, height: 4, channels: 3 }],
  [texture(24), { width: 3, height: 2, channels: 4 }],
];

describe('archives of pictures that somebody has changed', () => {
  let pool: WorkerPool;
  let codec: Codec;
  let originals: readonly Original[];

  before(async () => {
    const models = await loadModels('models', KINDS);
    const keepOpen = ['pictures-1', 'text-1'];
    pool = await WorkerPool.start({ models: models.list(), keepOpen, provider: 'cpu', workers: 1 });
    codec = new Codec({ models, coder: pool, maxOriginalSize: 2 ** 16, defaultModel: 'text-1' });
    originals = await mapLimited(1, signal, FILES, async ([file, pixels]) => {
      const isPalette = !pixels && file[25] === 3;
      const model = isPalette ? 'auto' : 'pictures-1';
      return { file, archive: (await codec.compress(file, { model, calls: 'balanced', pixels, signal })).archive };
    });
  });
  after(() => pool.close());

  it(`are refused, or are the file: ${ARCHIVES} of them`, async () => {
    const next = numbers(14);
    const told = new Map<string, number>();
    const damaged = Array.from({ length: ARCHIVES }, (_, i) => {
      const original = originals[i % originals.length] as Original;
      return { original, archive: changed(original.archive, next, originals) };
    });
    await mapLimited(8, signal, damaged, async ({ original, archive }) => {
      const answer = await outcome(codec, archive, original.file);
      told.set(answer, (told.get(answer) ?? 0) + 1);
    });
    const count = (code: string): number => told.get(code) ?? 0;
    // Whoever changes this test sees that it still reaches the decoder, and what is behind it.
    assert.ok(count('checksum-mismatch') > ARCHIVES / 10, JSON.stringify([...told]));
    assert.ok(count('damaged-header') > ARCHIVES / 10, JSON.stringify([...told]));
    assert.ok(count('the file') > 0, JSON.stringify([...told]));
    assert.ok(told.size >= 8, JSON.stringify([...told]));
  });
});

/** The code of the refusal, or that the file came back. */
async function outcome(codec: Codec, archive: Uint8Array, file: Uint8Array): Promise<string> {
  try {
    codec.inspect(archive);
    const back = await codec.decompress(archive, { signal });
    assert.equal(Buffer.compare(back, file), 0, `${Buffer.from(archive).toString('hex')} is taken for another file`);
    return 'the file';
  } catch (error) {
    if (!(error instanceof ArdmError)) throw error;
    assert.ok(CODES.includes(error.code), error.code);
    return error.code;
  }
}

/** Bytes as they come, or a field as a writer would say it, under sound checks. */
function changed(archive: Uint8Array, next: () => number, others: readonly Original[]): Uint8Array {
  if (next() % 4 === 0) return changedBytes(archive, next);
  const { segments, fields } = takenApart(archive);
  const { container } = fields;
  const [first, ...more] = segments as [Segment, ...Segment[]];
  const other = takenApart((others[next() % others.length] as Original).archive);
  const withFirst = (change: Partial<Segment>): Uint8Array => writeArchive([{ ...first, ...change }, ...more], fields);
  const withContainer = (change: Partial<Container>): Uint8Array =>
    writeArchive(segments, { ...fields, ...(container && { container: { ...container, ...change } }) });
  const withFile = (change: Partial<NonNullable<Container['file']>>): Uint8Array =>
    container?.file
      ? withContainer({ file: { ...container.file, ...change } })
      : withContainer({ geometry: swapped() });
  const rest = container?.file?.rest;
  const swapped = (): Uint8Array => Uint8Array.from(container?.geometry ?? []).reverse();
  const made = [
    () => withFirst({ payload: changedBytes(first.payload, next) }),
    () => withFirst({ payload: changedBytes(first.payload, next) }),
    () => withFirst({ crc: next() }),
    () => withFirst({ length: next() % 100 }),
    () => withFirst(other.segments[0] as Segment),
    () => withContainer({ geometry: changedBytes(container?.geometry ?? new Uint8Array(), next).subarray(0, 255) }),
    () => withContainer({ geometry: swapped() }),
    () => withContainer({ number: next() % 5 }),
    () => withContainer({ ...other.fields.container }),
    () => withFile({ length: next() % 200 }),
    () => withFile({ crc: next() }),
    () => withFile(rest ? { rest: { ...rest, payload: changedBytes(rest.payload, next) } } : { length: 1 }),
    () => writeArchive([...segments, ...other.segments], fields),
  ][next() % 13] as () => Uint8Array;
  try {
    return made();
  } catch (error) {
    // There is no such archive: what a stored segment says of its length, for one, is how long it is.
    if (error instanceof RangeError) return changedBytes(archive, next);
    throw error;
  }
}

/** One to three bytes changed, put in or taken out. */
function changedBytes(bytes: Uint8Array, next: () => number): Uint8Array {
  let made = Buffer.from(bytes);
  for (let left = 1 + (next() % 3); left > 0; left--) {
    const at = next() % (made.length + 1);
    const how = next() % 3;
    const put = how === 2 ? [] : [next()];
    made = Buffer.concat([made.subarray(0, at), Uint8Array.from(put), made.subarray(how === 1 ? at : at + 1)]);
  }
  return new Uint8Array(made);
}
