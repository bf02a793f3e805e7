import {
  Deflate,
  Z_DEFAULT_STRATEGY,
  Z_FILTERED,
  Z_HUFFMAN_ONLY,
  Z_NO_FLUSH,
  Z_OK,
  Z_RLE,
  Z_STREAM_END,
  ZStream,
  zlibInflate,
  zlibInflateInit2,
} from 'pako';
import type { Pause } from './types.js';

/**
 * Engine 0 of FORMAT.md, section 14: pako's port of zlib, with zlib's own hash. Archives depend on each of its bytes
 * (`test/containers/deflate.test.ts` pins them); the runtime's zlib makes others.
 */
export const ENGINE = 0;

export interface Setting {
  /** 1..9. */
  readonly level: number;
  /** 1..9. */
  readonly memLevel: number;
  /** 0..4: zlib's number. */
  readonly strategy: 0 | 1 | 2 | 3 | 4;
  /** 9..15. */
  readonly windowBits: number;
}

/** Input that is deflated, or output that is inflated, between two pauses: some milliseconds. */
const SLICE = 2 ** 15;
/** Output of an encoder is handed on in pieces of this many bytes, so that a wrong setting is soon seen. */
const PIECE = 2 ** 11;

/** The raw deflate stream (RFC 1951) of `data`, in pieces. */
export function* deflate(data: Uint8Array, setting: Setting): Generator<Uint8Array, void> {
  const encoder = new Deflate({ ...setting, raw: true, legacyHash: true, chunkSize: PIECE });
  let made: Uint8Array[] = [];
  encoder.onData = (piece) => made.push(piece);
  let end = 0;
  do {
    const start = end;
    end = Math.min(data.length, start + SLICE);
    encoder.push(data.subarray(start, end), end === data.length);
    yield* made;
    // A turn for others also where nothing has come out yet.
    if (made.length === 0) yield new Uint8Array();
    made = [];
  } while (end < data.length);
}

/**
 * What a raw deflate stream holds.
 *
 * @param length of what it should hold: more is never made.
 * @returns undefined if it does not hold exactly that; else also the bytes of `stream` that it takes.
 */
export async function inflate(
  stream: Uint8Array,
  length: number,
  pause: Pause,
): Promise<{ readonly data: Uint8Array; readonly taken: number } | undefined> {
  // No deflate stream holds more than 1,032 times its bytes: what promises more is not believed.
  if (length > 1032 * stream.length) return undefined;
  const decoder = new ZStream();
  zlibInflateInit2(decoder, -15);
  decoder.input = stream;
  decoder.next_in = 0;
  decoder.avail_in = stream.length;
  // One byte more, to see a stream that goes on.
  decoder.output = new Uint8Array(length + 1);
  decoder.next_out = 0;
  for (;;) {
    decoder.avail_out = Math.min(SLICE, length + 1 - decoder.next_out);
    const status = zlibInflate(decoder, Z_NO_FLUSH);
    if (status === Z_STREAM_END) break;
    if (status !== Z_OK || decoder.avail_out > 0 || decoder.next_out > length) return undefined;
    await pause();
  }
  if (decoder.next_out !== length) return undefined;
  return { data: decoder.output.subarray(0, length), taken: decoder.next_in };
}

/** The setting with which the engine makes `stream` of `data`; undefined if it is none of those that are tried. */
export async function settingOf(
  data: Uint8Array,
  stream: Uint8Array,
  header: ZlibHeader,
  pause: Pause,
): Promise<Setting | undefined> {
  for (const setting of candidates(header, data.length)) {
    if (await makes(data, setting, stream, pause)) return setting;
  }
  return undefined;
}

async function makes(data: Uint8Array, setting: Setting, stream: Uint8Array, pause: Pause): Promise<boolean> {
  let at = 0;
  for (const piece of deflate(data, setting)) {
    if (Buffer.compare(piece, stream.subarray(at, at + piece.length)) !== 0) return false;
    at += piece.length;
    await pause();
  }
  return at === stream.length;
}

/** What the first two bytes of a zlib stream (RFC 1950) say. */
export interface ZlibHeader {
  /** 8..15. */
  readonly windowBits: number;
  /** FLEVEL, 0..3. */
  readonly hint: number;
}

/** Undefined if they are no such header, or need a dictionary. */
export function readZlibHeader([cmf = 0, flg = 0]: Uint8Array): ZlibHeader | undefined {
  if ((cmf & 15) !== 8 || cmf >>> 4 > 7 || (flg & 32) !== 0 || (256 * cmf + flg) % 31 !== 0) return undefined;
  return { windowBits: (cmf >>> 4) + 8, hint: flg >>> 6 };
}

export function zlibHeader({ windowBits, hint }: ZlibHeader): Uint8Array {
  const cmf = ((windowBits - 8) << 4) | 8;
  const flg = hint << 6;
  return Uint8Array.of(cmf, flg + 31 - ((256 * cmf + flg) % 31));
}

/** FLEVEL as zlib's deflate says it. */
export function hintOf({ level, strategy }: Setting): number {
  if (strategy > Z_FILTERED || level < 2) return 0;
  return level < 6 ? 1 : level === 6 ? 2 : 3;
}

const F = Z_FILTERED;
const D = Z_DEFAULT_STRATEGY;
/**
 * Level, strategy and memory level by FLEVEL, the likeliest first. Of 3,984 PNG files of Debian packages 71 say 0, and 60 of 69 tried are made by the
 * first three of its four; runs and Huffman codes alone do not ask for a level.
 */
const TRIED: readonly (readonly (readonly [number, Setting['strategy'], number])[])[] = [
  [
    [1, Z_RLE, 8],
    [1, Z_HUFFMAN_ONLY, 8],
    [1, D, 8],
    [1, F, 8],
  ],
  [
    [5, F, 8],
    [5, D, 8],
    [3, F, 8],
    [3, D, 8],
    [4, F, 8],
    [4, D, 8],
    [2, F, 8],
    [2, D, 8],
  ],
  [
    [6, F, 8],
    [6, D, 8],
    [6, F, 9],
    [6, D, 9],
  ],
  [
    [9, F, 8],
    [9, D, 8],
    [9, F, 9],
    [9, D, 9],
    [7, F, 8],
    [7, F, 9],
    [8, F, 8],
    [7, D, 8],
    [8, D, 8],
    [7, D, 9],
  ],
];

function* candidates({ windowBits, hint }: ZlibHeader, length: number): Generator<Setting> {
  for (const [level, strategy, memLevel] of TRIED[hint] ?? []) {
    for (const bits of windows(windowBits, length)) yield { level, strategy, memLevel, windowBits: bits };
  }
}

/** zlib never looks back further than this many bytes less than its window. */
const MARGIN = 262;

/** libpng writes a window of the data's size into the header, whatever deflate worked with. */
function windows(windowBits: number, length: number): readonly number[] {
  const bits = Math.max(9, windowBits);
  const size = 2 ** windowBits;
  // Where all is within reach the window makes no difference.
  if (bits === 15 || length <= size - MARGIN) return [15];
  return length <= size ? [15, bits] : [bits, 15];
}
