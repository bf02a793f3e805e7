import { ByteReader } from '../archive/byte-reader.js';
import { ByteWriter } from '../archive/byte-writer.js';
import { isExtent, plainGeometry, readPlainGeometry, samplesOf } from './geometry.js';
import { joined, ofRest } from './parts.js';
import type { ContainerKind, Extent } from './types.js';

/** Binary PGM and PPM with samples of one byte: FORMAT.md, section 14. */
export const pnm: ContainerKind = {
  number: 1,
  name: 'pnm',

  content: (geometry) => ({ picture: readPlainGeometry(geometry) }),

  async open(file, { maxSamples }) {
    const found = readHead(file);
    const length = found && samplesOf(found.picture);
    if (!found || length === undefined || length > maxSamples || length > file.length - found.end) return undefined;
    const { picture, end } = found;
    const trailing = file.subarray(end + length);
    const head = file.subarray(0, end);
    const usual = Buffer.compare(head, usualHead(picture)) === 0;
    const rest = usual && trailing.length === 0 ? new Uint8Array() : restOf(usual ? new Uint8Array() : head, trailing);
    return { geometry: plainGeometry(picture), content: { picture }, samples: file.subarray(end, end + length), rest };
  },

  async close({ geometry, samples, rest }, length) {
    const picture = readPlainGeometry(geometry);
    if (rest.length === 0) return joined([usualHead(picture), samples], length);
    const reader = new ByteReader(rest, 0);
    const head = ofRest(() => reader.take(reader.varint()));
    const trailing = reader.take(reader.remaining);
    return joined([head.length > 0 ? head : usualHead(picture), samples, trailing], length);
  },
};

function usualHead({ width, height, channels }: Extent): Uint8Array {
  return Buffer.from(`${channels === 1 ? 'P5' : 'P6'}\n${width} ${height}\n255\n`);
}

function restOf(head: Uint8Array, trailing: Uint8Array): Uint8Array {
  const length = new ByteWriter();
  length.varint(head.length);
  return Buffer.concat([length.toBytes(), head, trailing]);
}

/** The picture that a file begins to be, and where its samples begin. Undefined if it is none, or has samples of two bytes. */
function readHead(file: Uint8Array): { readonly picture: Extent; readonly end: number } | undefined {
  const channels = file[0] === 0x50 ? ({ 53: 1, 54: 3 } as const)[file[1] as 0x35 | 0x36] : undefined;
  if (channels === undefined) return undefined;
  let at = 2;
  const numbers: number[] = [];
  while (numbers.length < 3) {
    const start = skipSpace(file, at);
    if (start === undefined || start === at) return undefined;
    const number = readNumber(file, start);
    if (!number) return undefined;
    numbers.push(number.value);
    at = number.end;
  }
  const [width = 0, height = 0, most = 0] = numbers;
  // One white space, whatever follows it.
  if (!isSpace(file[at]) || most < 1 || most > 255 || !isExtent(width, height)) return undefined;
  return { picture: { width, height, channels }, end: at + 1 };
}

const NEWLINES: readonly (number | undefined)[] = [0x0a, 0x0d];
const HASH = 0x23;

/** Behind white space and comments, which go from # to the end of a line; undefined if a comment does not end. */
function skipSpace(file: Uint8Array, from: number): number | undefined {
  let at = from;
  for (;;) {
    if (file[at] === HASH) {
      while (at < file.length && !NEWLINES.includes(file[at])) at++;
      if (at === file.length) return undefined;
    } else if (!isSpace(file[at])) {
      return at;
    }
    at++;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

const MAX_DIGITS = 10;

function readNumber(file: Uint8Array, start: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  let at = start;
  for (let byte = file[at]; byte !== undefined && byte >= 0x30 && byte <= 0x39; byte = file[at]) {
    value = 10 * value + byte - 0x30;
    at++;
    if (at - start > MAX_DIGITS) return undefined;
  }
  return at > start ? { value, end: at } : undefined;
}
