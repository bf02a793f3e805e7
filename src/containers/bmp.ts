import { ByteReader } from '../archive/byte-reader.js';
import { ByteWriter } from '../archive/byte-writer.js';
import { DamagedContainerError } from './errors.js';
import { isExtent, plainGeometry, readPlainGeometry, samplesOf } from './geometry.js';
import { exclusiveOr, joined, ofRest } from './parts.js';
import type { ContainerKind, Extent, Pause } from './types.js';

/** Lengths of the file's header, of the shortest picture header that is read, and of a palette of 256 colours. */
const FILE_HEADER = 14;
const PICTURE_HEADER = 40;
const PALETTE = 1024;

const UNCOMPRESSED = 0;
const BIT_FIELDS = 3;

/** Bits of the first byte of the rest. */
const TOP_DOWN = 1;
const PADDED = 2;

/** Samples that are moved between two pauses. */
const SLICE = 2 ** 20;

/** Uncompressed BMP of 24 or 32 bits, or of 8 bits and grey: FORMAT.md, section 14. */
export const bmp: ContainerKind = {
  number: 2,
  name: 'bmp',

  content: (geometry) => ({ picture: readPlainGeometry(geometry) }),

  async open(file, { maxSamples, pause }) {
    const found = readHead(file);
    if (!found || samplesOf(found.picture) > maxSamples) return undefined;
    const { picture, topDown, start } = found;
    const rows = layoutOf(picture, topDown);
    if (rows.length > file.length - start) return undefined;
    const stored = file.subarray(start, start + rows.length);
    const padding = paddingOf(stored, rows);
    const flags = (topDown ? TOP_DOWN : 0) | (padding.some((byte) => byte !== 0) ? PADDED : 0);
    const head = exclusiveOr(file.subarray(0, start), usualHead(picture, topDown));
    const trailing = file.subarray(start + rows.length);
    const usual =
      flags === 0 && trailing.length === 0 && start === headLength(picture) && head.every((byte) => byte === 0);
    const rest = usual ? new Uint8Array() : restOf(flags, head, flags & PADDED ? padding : new Uint8Array(), trailing);
    const samples = await samplesIn(stored, rows, picture, pause);
    return { geometry: plainGeometry(picture), content: { picture }, samples, rest };
  },

  async close({ geometry, samples, rest }, length, pause) {
    const picture = readPlainGeometry(geometry);
    const { flags, head, padding, trailing } = ofRest(() => readRest(rest, picture));
    if (flags > (TOP_DOWN | PADDED)) throw new DamagedContainerError('it has no such rest');
    const topDown = (flags & TOP_DOWN) !== 0;
    const rows = layoutOf(picture, topDown);
    // Padding is up to three times as much as samples: told before it is made.
    if (rows.length > length) throw new DamagedContainerError('it makes too many bytes');
    const stored = await store(samples, rows, picture, pause);
    setPadding(stored, rows, padding);
    return joined([exclusiveOr(head, usualHead(picture, topDown)), stored, trailing], length);
  },
};

interface Layout {
  /** Bytes of a row, and of a row with its padding. */
  readonly row: number;
  readonly stride: number;
  readonly rows: number;
  readonly topDown: boolean;
  /** Bytes of all rows. */
  readonly length: number;
}

function layoutOf({ width, height, channels }: Extent, topDown: boolean): Layout {
  const row = width * channels;
  const stride = Math.ceil(row / 4) * 4;
  return { row, stride, rows: height, topDown, length: stride * height };
}

/** The picture that a file begins to be, and where its rows begin. */
function readHead(file: Uint8Array): { picture: Extent; topDown: boolean; start: number } | undefined {
  if (file.length < FILE_HEADER + PICTURE_HEADER || file[0] !== 0x42 || file[1] !== 0x4d) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const start = view.getUint32(10, true);
  const headers = FILE_HEADER + view.getUint32(FILE_HEADER, true);
  const [width, height] = [view.getInt32(18, true), view.getInt32(22, true)];
  const [bits, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  const channels = ({ 8: 1, 24: 3, 32: 4 } as const)[bits as 8 | 24 | 32];
  if (channels === undefined || headers < FILE_HEADER + PICTURE_HEADER || headers > start) return undefined;
  if (compression !== UNCOMPRESSED && !(compression === BIT_FIELDS && bits === 32)) return undefined;
  if (!isExtent(width, Math.abs(height)) || start > file.length) return undefined;
  // Numbers of colours, not colours: pixels only if they are the same.
  if (channels === 1 && !hasGreys(file.subarray(headers, start))) return undefined;
  return { picture: { width, height: Math.abs(height), channels }, topDown: height < 0, start };
}

function hasGreys(palette: Uint8Array): boolean {
  return (
    palette.length >= PALETTE && palette.subarray(0, PALETTE).every((byte, at) => at % 4 === 3 || byte === at >> 2)
  );
}

function headLength({ channels }: Extent): number {
  return FILE_HEADER + PICTURE_HEADER + (channels === 1 ? PALETTE : 0);
}

/** What stands before the rows in the plainest file of this picture. */
function usualHead(picture: Extent, topDown: boolean): Uint8Array {
  const { width, height, channels } = picture;
  const length = headLength(picture);
  const head = new Uint8Array(length);
  const view = new DataView(head.buffer);
  const rows = layoutOf(picture, topDown);
  view.setUint16(0, 0x424d);
  view.setUint32(2, length + rows.length, true);
  view.setUint32(10, length, true);
  view.setUint32(FILE_HEADER, PICTURE_HEADER, true);
  view.setInt32(18, width, true);
  view.setInt32(22, topDown ? -height : height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 8 * channels, true);
  view.setUint32(34, rows.length, true);
  if (channels === 1) {
    for (let at = 0; at < PALETTE; at++) head[FILE_HEADER + PICTURE_HEADER + at] = at % 4 === 3 ? 0 : at >> 2;
  }
  return head;
}

function restOf(flags: number, head: Uint8Array, padding: Uint8Array, trailing: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(flags);
  writer.varint(head.length);
  return Buffer.concat([writer.toBytes(), head, padding, trailing]);
}

function readRest(rest: Uint8Array, picture: Extent) {
  const none = new Uint8Array();
  if (rest.length === 0) return { flags: 0, head: new Uint8Array(headLength(picture)), padding: none, trailing: none };
  const reader = new ByteReader(rest, 0);
  const flags = reader.u8();
  const head = reader.take(reader.varint());
  const { row, stride, rows } = layoutOf(picture, false);
  const padding = flags & PADDED ? reader.take((stride - row) * rows) : none;
  return { flags, head, padding, trailing: reader.take(reader.remaining) };
}

function paddingOf(stored: Uint8Array, { row, stride, rows }: Layout): Uint8Array {
  const length = stride - row;
  const padding = new Uint8Array(length * rows);
  for (let y = 0; y < rows; y++) padding.set(stored.subarray(y * stride + row, (y + 1) * stride), y * length);
  return padding;
}

function setPadding(stored: Uint8Array, { row, stride }: Layout, padding: Uint8Array): void {
  const length = stride - row;
  for (let at = 0; at < padding.length; at += length) {
    stored.set(padding.subarray(at, at + length), (at / length) * stride + row);
  }
}

async function samplesIn(stored: Uint8Array, rows: Layout, picture: Extent, pause: Pause): Promise<Uint8Array> {
  const samples = new Uint8Array(rows.row * rows.rows);
  await eachRow(rows, pause, (at, y) => {
    copyRow(stored.subarray(at, at + rows.row), samples.subarray(y * rows.row, (y + 1) * rows.row), picture);
  });
  return samples;
}

async function store(samples: Uint8Array, rows: Layout, picture: Extent, pause: Pause): Promise<Uint8Array> {
  const stored = new Uint8Array(rows.length);
  await eachRow(rows, pause, (at, y) => {
    copyRow(samples.subarray(y * rows.row, (y + 1) * rows.row), stored.subarray(at, at + rows.row), picture);
  });
  return stored;
}

/** With the offset of each row in the file, from the picture's first row to its last. */
async function eachRow(rows: Layout, pause: Pause, visit: (at: number, y: number) => void): Promise<void> {
  for (let y = 0; y < rows.rows; y++) {
    if (Math.floor((y * rows.row) / SLICE) !== Math.floor(((y - 1) * rows.row) / SLICE)) await pause();
    visit((rows.topDown ? y : rows.rows - 1 - y) * rows.stride, y);
  }
}

/** Blue, green, red, and alpha become red, green, blue, and alpha; and the other way round. */
function copyRow(from: Uint8Array, to: Uint8Array, { channels }: Extent): void {
  to.set(from);
  if (channels === 1) return;
  for (let at = 0; at < from.length; at += channels) {
    to[at] = from[at + 2] as number;
    to[at + 2] = from[at] as number;
  }
}
