import { segmentCrc } from '../../src/archive/checksum.js';
import type { Coding, Container, Dial, Fields, Segment, WithPayload } from '../../src/archive/types.js';
import { writeArchive } from '../../src/archive/write.js';

/** The identity that FORMAT.md's example uses. */
export const IDENTITY = Uint8Array.from({ length: 32 }, (_, index) => [0xbe, 0xef][index] ?? index);

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export function stored(original: Uint8Array): Segment {
  return { method: 'stored', length: original.length, payload: original, crc: segmentCrc(original, original.length) };
}

/** A segment whose payload is not really brotli; the archive does not look into payloads. */
export function brotli(original: Uint8Array, payload: Uint8Array): Segment {
  return { method: 'brotli', length: original.length, payload, crc: segmentCrc(original, payload.length) };
}

export function ardm(original: Uint8Array, payload: Uint8Array, dial: Dial): Segment {
  const crc = segmentCrc(original, payload.length, IDENTITY);
  return { method: 'ardm', length: original.length, payload, crc, dial, model: IDENTITY };
}

const interleaved = (calls: number): Dial => ({ schedule: 'interleaved', calls });
const random = (calls: number): Dial => ({ schedule: 'random', calls });

/** A small archive of every shape. */
export const SAMPLES: readonly (readonly [string, readonly Segment[]])[] = [
  ['empty', [stored(new Uint8Array())]],
  ['stored', [stored(utf8('hello, hello!'))]],
  ['stored, one byte', [stored(Uint8Array.of(0))]],
  ['stored, two-byte length', [stored(new Uint8Array(300).fill(7))]],
  ['brotli', [brotli(new Uint8Array(1000), Uint8Array.of(1, 2, 3))]],
  ['brotli, no payload', [brotli(new Uint8Array(3), new Uint8Array())]],
  ['ardm, short dial', [ardm(utf8('a short message'), Uint8Array.of(9, 8, 7, 6), interleaved(86))]],
  ['ardm, no payload', [ardm(utf8('aaaa'), new Uint8Array(), interleaved(1))]],
  ['ardm, dial bits all but one', [ardm(new Uint8Array(20_000), new Uint8Array(40).fill(0x55), interleaved(1024))]],
  ['ardm, explicit random', [ardm(utf8('explicit'), Uint8Array.of(1, 2), random(64))]],
  ['ardm, explicit interleaved', [ardm(new Uint8Array(3_000_000), Uint8Array.of(0xff, 0xff), interleaved(1000))]],
  ['two segments', [stored(utf8('ab')), ardm(new Uint8Array(300).fill(0x78), Uint8Array.of(1, 2, 3), interleaved(32))]],
  [
    'all kinds, some empty',
    [
      stored(new Uint8Array()),
      brotli(new Uint8Array(70_000), new Uint8Array(5)),
      ardm(utf8('x'), new Uint8Array(), random(1024)),
      stored(utf8('end')),
      brotli(new Uint8Array(1), new Uint8Array()),
    ],
  ],
];

const DICTIONARY = Uint8Array.of(0xd1, 0xc7, 0x10, 0x4a);

function container(
  number: number,
  geometry: readonly number[],
  file?: { length: number; rest?: Coding & WithPayload },
): Container {
  const body = file && { length: file.length, crc: 0x89abcdef, ...(file.rest && { rest: file.rest }) };
  return { number, geometry: Uint8Array.from(geometry), ...(body && { file: body }) };
}

const short = ardm(utf8('a short message'), Uint8Array.of(9, 8, 7, 6), interleaved(86));
const long = ardm(new Uint8Array(400_000), Uint8Array.of(1, 2), random(1024));
const samples = ardm(new Uint8Array(3072), new Uint8Array(60).fill(0xaa), interleaved(16));
const rest = { method: 'stored', length: 3, payload: utf8('PNG') } as const;
const { crc: _crc, ...ardmRest } = { ...long, length: 70_000 };

/** A small archive of every shape that version 2 adds. */
export const SAMPLES_2: readonly (readonly [string, readonly Segment[], Fields])[] = [
  ['name and type', [stored(utf8('hello, hello!'))], { name: 'hello.txt', mediaType: 'text/plain; charset=utf-8' }],
  ['name of one letter, empty file', [stored(new Uint8Array())], { name: 'x' }],
  ['type alone, brotli', [brotli(new Uint8Array(1000), Uint8Array.of(1, 2, 3))], { mediaType: 'image/png' }],
  ['dictionary', [short], { dictionary: DICTIONARY }],
  ['dictionary, the longest header of its kind', [{ ...long, length: 2 ** 39 }], { dictionary: DICTIONARY }],
  ['names and dictionary', [short], { name: 'Größe', dictionary: DICTIONARY }],
  ['names, segmented', [stored(utf8('ab')), short], { name: 'ab.txt' }],
  ['dictionary, segmented', [stored(utf8('ab')), short], { dictionary: DICTIONARY }],
  ['bare samples', [samples], { container: container(3, [32, 32, 3]) }],
  ['container without a rest', [samples], { container: container(1, [32, 32, 3], { length: 3085 }) }],
  ['container with a stored rest', [samples], { container: container(0, [0, 9], { length: 2000, rest }) }],
  [
    'container with an ardm rest, two segments, and all else',
    [samples, short],
    {
      name: 'a.png',
      mediaType: 'image/png',
      dictionary: DICTIONARY,
      container: container(63, [], { length: 2 ** 39, rest: ardmRest }),
    },
  ],
  [
    'container with a brotli rest, stored samples',
    [stored(utf8('samples'))],
    {
      container: container(8, [1], { length: 51, rest: { method: 'brotli', length: 44, payload: new Uint8Array(9) } }),
    },
  ],
];

export const ARCHIVES: readonly (readonly [string, Uint8Array])[] = [
  ...SAMPLES.map(([name, segments]) => [name, writeArchive(segments)] as const),
  ...SAMPLES_2.map(([name, segments, fields]) => [`2: ${name}`, writeArchive(segments, fields)] as const),
];
