import { crc32 } from 'node:zlib';
import { deflate } from 'pako';
import type { Setting } from '../../src/containers/deflate.js';

/** Numbers that look random and are the same in every run. */
export function numbers(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** A byte changed, put in or taken out. */
export function mutated(bytes: Uint8Array, next: () => number): Uint8Array {
  const at = next() % (bytes.length + 1);
  const head = bytes.subarray(0, at);
  const made = [
    () => Buffer.concat([head, Uint8Array.of(next()), bytes.subarray(at + 1)]),
    () => Buffer.concat([head, Uint8Array.of(next()), bytes.subarray(at)]),
    () => Buffer.concat([head, bytes.subarray(at + 1)]),
  ][next() % 3]?.() as Buffer;
  return new Uint8Array(made);
}

/** Bytes with something to find in them. */
export function texture(length: number, seed = 1): Uint8Array {
  const next = numbers(seed);
  return Uint8Array.from({ length }, (_, i) => (i % 97) + ((i >> 6) % 5) * 7 + (next() % 4 === 0 ? next() % 9 : 0));
}

export function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}

export interface PngPlan {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly colour?: number;
  readonly interlace?: number;
  /** What the zlib stream holds. */
  readonly filtered: Uint8Array;
  readonly setting?: Partial<Setting>;
  /** In place of what the engine makes. */
  readonly stream?: Uint8Array;
  readonly before?: readonly Buffer[];
  readonly after?: readonly Buffer[];
  readonly cut?: number;
  readonly trailing?: Uint8Array;
}

export const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** A PNG file, written from the specification and sharing nothing with src/containers but the deflate. */
export function pngFile(plan: PngPlan): Uint8Array {
  const { width, height, depth = 8, colour = 2, interlace = 0, before = [], after, trailing } = plan;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlace], 8);
  const zlib = plan.stream ?? deflate(plan.filtered, { level: 6, memLevel: 8, ...plan.setting, legacyHash: true });
  const { cut = zlib.length } = plan;
  const data: Buffer[] = [];
  for (let at = 0; at < zlib.length; at += cut) data.push(chunk('IDAT', zlib.subarray(at, at + cut)));
  const end = after ?? [chunk('IEND', new Uint8Array())];
  return new Uint8Array(
    Buffer.concat([SIGNATURE, chunk('IHDR', header), ...before, ...data, ...end, trailing ?? new Uint8Array()]),
  );
}

/** Filtered rows with the filters that `choose` says. */
export function rowsOf(height: number, length: number, choose: (y: number) => number, seed = 1): Uint8Array {
  const bytes = texture(height * (length + 1), seed);
  for (let y = 0; y < height; y++) bytes[y * (length + 1)] = choose(y);
  return bytes;
}

export function pnmFile(head: string, samples: Uint8Array, trailing = ''): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from(head, 'latin1'), samples, Buffer.from(trailing, 'latin1')]));
}

export interface BmpPlan {
  readonly width: number;
  readonly height: number;
  readonly bits: 8 | 24 | 32;
  readonly topDown?: boolean;
  /** Bytes between the headers, or palette, and the rows. */
  readonly gap?: number;
  readonly padding?: number;
  readonly greys?: boolean;
  readonly trailing?: number;
}

export function bmpFile({ width, height, bits, topDown, gap = 0, padding = 0, greys = true, trailing = 0 }: BmpPlan) {
  const row = (width * bits) / 8;
  const stride = Math.ceil(row / 4) * 4;
  const palette = bits === 8 ? 1024 : 0;
  const start = 54 + palette + gap;
  const file = Buffer.alloc(start + stride * height + trailing, 7);
  file.fill(0, 0, 54);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(start, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(topDown ? -height : height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  file.writeUInt32LE(stride * height, 34);
  for (let i = 0; i < palette; i++) file[54 + i] = i % 4 === 3 ? 0 : greys ? i >> 2 : 255 - (i >> 2);
  file.set(texture(stride * height), start);
  for (let y = 0; y < height; y++) file.fill(padding, start + y * stride + row, start + (y + 1) * stride);
  return new Uint8Array(file);
}

/** One of each kind, small. */
export function smallFiles(): Map<string, Uint8Array> {
  const text = chunk('tEXt', Buffer.from('Software\0a test'));
  const rgb = rowsOf(6, 21, (y) => y % 5);
  return new Map([
    ['rgb', pngFile({ width: 7, height: 6, filtered: rgb, before: [text] })],
    ['rgba, cut', pngFile({ width: 5, height: 4, colour: 6, filtered: rowsOf(4, 20, () => 4), cut: 9 })],
    [
      'grey, level 9',
      pngFile({ width: 9, height: 9, colour: 0, filtered: rowsOf(9, 9, () => 1), setting: { level: 9 } }),
    ],
    [
      'palette',
      pngFile({
        width: 8,
        height: 8,
        colour: 3,
        filtered: rowsOf(8, 8, () => 0),
        before: [chunk('PLTE', texture(48))],
      }),
    ],
    ['interlaced', pngFile({ width: 1, height: 1, interlace: 1, filtered: rowsOf(1, 3, () => 0) })],
    [
      '16 bits',
      pngFile({ width: 3, height: 3, depth: 16, filtered: rowsOf(3, 18, () => 2), trailing: Buffer.from('more') }),
    ],
    ['no such filter', pngFile({ width: 7, height: 6, filtered: rowsOf(6, 21, () => 9) })],
    ['pgm', pnmFile('P5 3 2 255\n', texture(6))],
    ['ppm', pnmFile('P6\n2 2\n255\n', texture(12))],
    ['ppm with comments', pnmFile('P6#a\n#b\n\t2 # c\r2\n200 ', texture(12), 'P5 and more')],
    ['bmp 24', bmpFile({ width: 5, height: 3, bits: 24 })],
    ['bmp 32 top down', bmpFile({ width: 3, height: 3, bits: 32, topDown: true, gap: 5 })],
    ['bmp 8 padded', bmpFile({ width: 5, height: 3, bits: 8, padding: 3, trailing: 4 })],
  ]);
}
