import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shortCode } from '../../src/archive/dial-code.js';
import { parseArchive } from '../../src/archive/parse.js';
import { makeArchive, type Part, type Plan } from '../archive/format-2.js';

/** A committed archive of version 2, made by `test/archive/format-2.ts`, which knows FORMAT.md and nothing of the code. */
export interface Golden2 {
  readonly name: string;
  readonly plan: Plan;
  /** Which of INPUTS it decodes to, if this release decodes it. */
  readonly input?: string;
  /** What `inspect` says of it, as far as version 2 adds to that. */
  readonly says: Readonly<Record<string, unknown>>;
}

/** An archive of version 2 with sound checks that must be refused, and the code. */
export interface Refused2 {
  readonly name: string;
  readonly plan: Plan;
  readonly code: string;
}

export const pathOf2 = ({ name }: { readonly name: string }): string =>
  join('test', 'golden', 'format-2', `${name}.ardm`);

export const refusedPathOf2 = ({ name }: { readonly name: string }): string =>
  join('test', 'golden', 'format-2-refused', `${name}.ardm`);

const KINDS = { stored: 0, brotli: 1, ardm: 2 } as const;

/** The segments of a golden archive of version 1, to be put into one of version 2. Their dials have short codes. */
function partsOf(file: string): Part[] {
  const archive = readFileSync(join('test', 'golden', 'archives', `${file}.ardm`));
  return parseArchive(archive).segments.map(({ method, dial, model, length, crc, payloadOffset, payloadLength }) => ({
    kind: KINDS[method],
    ...(dial && { dial: shortCode(dial) ?? 63 }),
    ...(model && { model: [...model] }),
    length,
    crc,
    payload: [...archive.subarray(payloadOffset, payloadOffset + payloadLength)],
  }));
}

const prose = partsOf('prose.text-2.interleaved-128');
const brotli = partsOf('records.brotli.interleaved-128');
const dictionary = [0xd1, 0xc7, 0x10, 0x4a];
/** Stands for a segment of samples, or one that was coded with a dictionary, until there are models and dictionaries to make some with. */
const samples: Part = {
  kind: 2,
  dial: 15,
  model: [0x31, 0x41],
  length: 3072,
  crc: 0x12345678,
  payload: [5, 4, 3, 2, 1],
};
const stored: Part = { kind: 0, length: 2, crc: 0xabcdef01, payload: [104, 105] };
const rest: Part = { kind: 0, length: 4, payload: [1, 2, 3, 4] };

const picture = { width: 32, height: 32, channels: 3 };

export const GOLDEN_2: readonly Golden2[] = [
  {
    name: 'name-and-type.text-2',
    plan: { names: { name: 'report.txt', type: 'text/plain; charset=utf-8' }, parts: prose },
    input: 'prose',
    says: { name: 'report.txt', mediaType: 'text/plain; charset=utf-8' },
  },
  {
    name: 'name.brotli',
    plan: { names: { name: 'Größe — 色.json', type: '' }, parts: brotli },
    input: 'records',
    says: { name: 'Größe — 色.json' },
  },
  {
    name: 'type.stored-empty',
    plan: { names: { name: '', type: 'application/json' }, parts: partsOf('empty.text-1.interleaved-128') },
    input: 'empty',
    says: { mediaType: 'application/json' },
  },
  {
    name: 'name-and-type.segmented',
    plan: {
      names: { name: 'a', type: 'x/y; z="1; 2"' },
      parts: partsOf('longer-than-a-block.segmented.interleaved-64'),
    },
    input: 'longer-than-a-block',
    says: { name: 'a', mediaType: 'x/y; z="1; 2"' },
  },
  { name: 'dictionary', plan: { dictionary, parts: [samples] }, says: { dictionary: 'd1c7104a' } },
  {
    name: 'dictionary.explicit-dial',
    plan: { dictionary, parts: [{ ...samples, dial: 63, explicit: [1, 1000], length: 2 ** 38 }] },
    says: { dictionary: 'd1c7104a' },
  },
  {
    name: 'dictionary-and-names.segmented',
    plan: { names: { name: 'n', type: '' }, dictionary, parts: [stored, samples] },
    says: { name: 'n', dictionary: 'd1c7104a' },
  },
  {
    name: 'bare-samples',
    plan: { container: { form: 2, number: 3, geometry: [32, 32, 3] }, parts: [samples] },
    says: { container: { number: 3, kind: 'raw', samplesSize: 3072, restSize: 0, picture } },
  },
  {
    name: 'container',
    plan: { container: { form: 0, number: 1, geometry: [32, 32, 3], length: 3085, crc: 7 }, parts: [samples] },
    says: { originalSize: 3085, container: { number: 1, kind: 'pnm', samplesSize: 3072, restSize: 0, picture } },
  },
  {
    name: 'container-with-rest.segmented',
    plan: {
      names: { name: 'a.png', type: 'image/png' },
      dictionary,
      container: { form: 1, number: 0, geometry: [0, 9, 1], length: 2000, crc: 7, rest: { ...samples, length: 90 } },
      parts: [samples, stored],
    },
    says: {
      originalSize: 2000,
      name: 'a.png',
      mediaType: 'image/png',
      dictionary: 'd1c7104a',
      // A geometry that no reader knows: what it says is left out.
      container: { number: 0, kind: 'png', samplesSize: 3074, restSize: 90 },
    },
  },
];

const named = (name: string | readonly number[], type: string | readonly number[] = ''): Plan => ({
  names: { name, type },
  parts: [stored],
});
const boxed = (container: Partial<NonNullable<Plan['container']>>): Plan => ({
  container: { form: 1, number: 0, geometry: [], length: 9, crc: 7, rest, ...container },
  parts: [stored],
});

const REFUSED: Readonly<Record<string, readonly [string, Plan]>> = {
  'no-flags': ['damaged-header', { parts: [stored] }],
  'no-flags.segmented': ['damaged-header', { parts: [stored, stored] }],
  'flag-3': ['unsupported-feature', { flags: 8, parts: [stored] }],
  'flag-6-and-name': ['unsupported-feature', { ...named('n'), flags: 65 }],
  'neither-name-nor-type': ['damaged-header', named('')],
  'name-dot': ['damaged-header', named('.')],
  'name-dot-dot': ['damaged-header', named('..')],
  'name-slash': ['damaged-header', named('a/b')],
  'name-backslash': ['damaged-header', named('a\\b')],
  'name-line-feed': ['damaged-header', named('a\nb')],
  'name-delete': ['damaged-header', named('a\x7f')],
  'name-next-line': ['damaged-header', named('a\u0085')],
  'name-right-to-left': ['damaged-header', named('exe\u202etxt.a')],
  'name-line-separator': ['damaged-header', named('a\u2028b')],
  'name-not-utf-8': ['damaged-header', named([0x61, 0xff])],
  'name-overlong-slash': ['damaged-header', named([0x61, 0xc0, 0xaf])],
  'name-surrogate': ['damaged-header', named([0xed, 0xa0, 0x80])],
  'name-too-long': ['damaged-header', named('x'.repeat(256))],
  'type-without-slash': ['damaged-header', named('', 'text')],
  'type-with-spaces': ['damaged-header', named('', 'text/plain ')],
  'type-without-space': ['damaged-header', named('', 'text/plain;charset=utf-8')],
  'type-with-line-feed': ['damaged-header', named('', 'text/plain\r\nset-cookie: a=b')],
  'type-not-ascii': ['damaged-header', named('', 'text/pläin')],
  'type-too-long': ['damaged-header', named('', `text/${'x'.repeat(123)}`)],
  'dictionary-unused': ['damaged-header', { dictionary, parts: [stored] }],
  'container-form-3': ['damaged-header', boxed({ form: 3 })],
  'container-geometry-too-long': ['damaged-header', boxed({ geometry: Array(256).fill(1) })],
  'container-rest-of-nothing': ['damaged-header', boxed({ rest: { ...rest, length: 0, payload: [] } })],
  'container-rest-with-dial-bits': ['unsupported-feature', boxed({ rest: { ...rest, dial: 1 } })],
  'container-rest-segmented': ['unsupported-feature', boxed({ rest: { ...rest, kind: 3 } })],
  'container-rest-and-segments-2-to-the-40': [
    'damaged-header',
    boxed({ rest: { kind: 1, length: 2 ** 40 - 1, payload: [1] } }),
  ],
  'container-rest-missing': ['truncated-archive', boxed({ rest: { ...rest, length: 40 } })],
  'container-rest-longer': ['trailing-bytes', boxed({ rest: { ...rest, length: 3 } })],
  'mark-with-dial-bits': ['unsupported-feature', { ...named('n'), mark: 1, parts: [stored, stored] }],
  'explicit-dial-with-short-code': [
    'damaged-header',
    { dictionary, parts: [{ ...samples, dial: 63, explicit: [0, 64] }] },
  ],
};

export const REFUSED_2: readonly Refused2[] = Object.entries(REFUSED).map(([name, [code, plan]]) => ({
  name,
  code,
  plan,
}));

/** All of them, by path, as they are made. */
export function format2Files(): ReadonlyMap<string, Uint8Array> {
  return new Map([
    ...GOLDEN_2.map((golden) => [pathOf2(golden), makeArchive(golden.plan)] as const),
    ...REFUSED_2.map((refused) => [refusedPathOf2(refused), makeArchive(refused.plan)] as const),
  ]);
}
