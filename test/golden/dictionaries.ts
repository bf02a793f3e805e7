import { join } from 'node:path';
import { segmentCrc } from '../../src/archive/checksum.js';
import type { Segment } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';
import type { Codec } from '../../src/codec/codec.js';
import type { SegmentCoder } from '../../src/codec/coder.js';
import { type Dictionary, dictionaryOf } from '../../src/codec/dictionary.js';
import type { CodecModel, CodecModels } from '../../src/codec/models.js';
import { u32, varint } from '../archive/format-2.js';
import { INPUTS } from './inputs.js';

/** A committed archive or bare frame that was made with a dictionary, or a frame that was made without. */
export interface DictionaryGolden {
  /** `segmented`: an archive of a stored segment and two that each start from the dictionary. */
  readonly form: 'archive' | 'segmented' | 'frame';
  readonly input: keyof typeof RECORDS;
  /** None: a frame without. */
  readonly dictionary?: keyof typeof DICTIONARIES;
  readonly model: string;
  readonly calls: number;
}

function json(from: number, to: number): string {
  const of = (i: number): string =>
    `{"id":${1000 + i},"level":"${['info', 'warn', 'error'][(i * 7) % 3]}","user":"u${(i * 31) % 17}","ms":${(i * i * 37) % 900}}\n`;
  return Array.from({ length: to - from }, (_, i) => of(from + i)).join('');
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export const DICTIONARIES = {
  records: dictionaryOf(text(json(0, 60))),
  'one-byte': dictionaryOf(text('{')),
  // More than the 8,192 bytes that shorter ones are taken for.
  long: dictionaryOf(text(json(0, 200))),
} as const;

/** What each is made from; `beyond` has more bytes than the tables of short records are made for. */
export const RECORDS = {
  record: text(json(77, 78)),
  records: text(json(100, 120)),
  beyond: text(json(300, 460)),
  noise: INPUTS.noise as Uint8Array,
  empty: new Uint8Array(0),
} as const;

/** Entries are added, never changed or removed. */
export const DICTIONARY_GOLDEN: readonly DictionaryGolden[] = [
  ...['text-1', 'text-2', 'text-3', 'text-4'].flatMap((model): DictionaryGolden[] => [
    { form: 'archive', input: 'records', dictionary: 'records', model, calls: 128 },
    { form: 'archive', input: 'beyond', dictionary: 'records', model, calls: 64 },
    { form: 'segmented', input: 'records', dictionary: 'records', model, calls: 32 },
    { form: 'frame', input: 'record', dictionary: 'records', model, calls: 128 },
    { form: 'frame', input: 'record', model, calls: 128 },
  ]),
  ...[1, 33, 1024].map(
    (calls): DictionaryGolden => ({ form: 'frame', input: 'records', dictionary: 'records', model: 'text-2', calls }),
  ),
  { form: 'archive', input: 'records', dictionary: 'one-byte', model: 'text-2', calls: 128 },
  { form: 'frame', input: 'record', dictionary: 'long', model: 'text-2', calls: 16 },
  { form: 'frame', input: 'noise', dictionary: 'records', model: 'text-2', calls: 128 },
  { form: 'frame', input: 'empty', dictionary: 'records', model: 'text-2', calls: 128 },
  ...[1, 33, 1024].map(
    (calls): DictionaryGolden => ({ form: 'frame', input: 'records', dictionary: 'records', model: 'text-3', calls }),
  ),
  { form: 'frame', input: 'record', dictionary: 'long', model: 'text-3', calls: 16 },
  ...[1, 33, 1024].map(
    (calls): DictionaryGolden => ({ form: 'frame', input: 'records', dictionary: 'records', model: 'text-4', calls }),
  ),
  { form: 'frame', input: 'record', dictionary: 'long', model: 'text-4', calls: 16 },
];

export function pathOfDictionary({ form, input, dictionary, model, calls }: DictionaryGolden): string {
  const extension = form === 'frame' ? 'frame' : 'ardm';
  const name = `${form}.${input}.after-${dictionary ?? 'nothing'}.${model}.${calls}.${extension}`;
  return join('test', 'golden', 'dictionaries', name);
}

/** What makes them. */
export interface Makers {
  readonly codec: Codec;
  readonly coder: SegmentCoder;
  readonly registry: CodecModels;
  readonly signal: AbortSignal;
}

export async function makeGolden(golden: DictionaryGolden, makers: Makers): Promise<Uint8Array> {
  const { codec, registry, signal } = makers;
  const model = registry.byId(golden.model);
  if (!model) throw new Error(`there is no model ${golden.model}`);
  const record = RECORDS[golden.input];
  const dictionary = golden.dictionary && DICTIONARIES[golden.dictionary];
  const { calls } = golden;
  if (golden.form === 'frame') return await codec.frames.compress(record, { model, calls, dictionary, signal });
  if (golden.form === 'segmented' && dictionary) return await segmented(record, dictionary, model, calls, makers);
  return (await codec.compress(record, { model: golden.model, calls, dictionary, signal })).archive;
}

async function segmented(
  record: Uint8Array,
  dictionary: Dictionary,
  model: CodecModel,
  calls: number,
  { coder, signal }: Makers,
): Promise<Uint8Array> {
  const stored = record.subarray(0, 9);
  const segments: Segment[] = [
    { method: 'stored', length: stored.length, payload: stored, crc: segmentCrc(stored, stored.length) },
  ];
  for (const bytes of [record.subarray(9, 700), record.subarray(700)]) {
    const dial = model.kind.dial(calls, bytes.length);
    const payload = await coder.encode(model.id, bytes, dial, signal, undefined, dictionary);
    const crc = segmentCrc(bytes, payload.length, model.identity, dictionary.identity);
    segments.push({ method: 'ardm', length: bytes.length, payload, crc, dial, model: model.identity });
  }
  return writeArchive(segments, { dictionary: dictionary.identity.subarray(0, 4) });
}

/** A frame that must be refused whatever is said of it, and the code. */
export interface RefusedFrame {
  readonly bytes: Uint8Array;
  readonly code: string;
}

/** By FORMAT.md, section 13; heads are written by its section 2 alone. */
const REFUSED: Readonly<Record<string, readonly [string, readonly number[]]>> = {
  empty: ['truncated-archive', []],
  'head-cut': ['truncated-archive', [0xc8]],
  'no-check': ['truncated-archive', varint(80)],
  'check-cut': ['truncated-archive', [...varint(80), 1, 2]],
  'head-of-seven-bytes': ['damaged-header', [255, 255, 255, 255, 255, 255, 1, 1, 2, 3, 4]],
  'longer-than-a-segment': ['declared-size-too-large', [...varint(2 * (2 ** 19 + 1)), 1, 2, 3, 4]],
  'stored-longer-than-a-segment': ['declared-size-too-large', [...varint(2 * (2 ** 19 + 1) + 1), 1, 2, 3, 4]],
  'stored-shorter': ['checksum-mismatch', [...varint(2 * 5 + 1), 1, 2, 3, ...u32(0)]],
  'stored-longer': ['checksum-mismatch', [...varint(2 * 3 + 1), 1, 2, 3, ...u32(0)]],
  'payload-ends-in-zero': ['checksum-mismatch', [...varint(2 * 100), 1, 2, 3, 9, 8, 0]],
  'payload-as-long-as-the-record': ['checksum-mismatch', [...varint(2 * 4), 1, 2, 3, 9, 8, 7, 6]],
  'nothing-not-stored': ['checksum-mismatch', [...varint(0), 0, 0, 0]],
};

export function refusedFrames(): ReadonlyMap<string, RefusedFrame> {
  return new Map(
    Object.entries(REFUSED).map(([name, [code, bytes]]) => [
      join('test', 'golden', 'frames-refused', `${name}.frame`),
      { code, bytes: Uint8Array.from(bytes) },
    ]),
  );
}
