import { crc32 } from 'node:zlib';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { TruncatedArchiveError } from './errors.js';

/** A bare frame (FORMAT.md, section 13): one segment, and of its header only what a reader cannot be told. */
export interface Frame {
  /** Bytes of the original. */
  readonly length: number;
  /** Whether the payload is the original. */
  readonly stored: boolean;
  /** See `frameCheck`. */
  readonly check: number;
  readonly payload: Uint8Array;
}

/** What both sides of a bare frame say, and the frame does not. */
export interface FrameSetting {
  /** 32 bytes. */
  readonly modelIdentity: Uint8Array;
  /** 32 bytes, where there is a dictionary. */
  readonly dictionaryIdentity?: Uint8Array | undefined;
  /** Network calls of a block, 1..1024, as they were asked for. */
  readonly calls: number;
}

const CHECK_BYTES = 3;

/** The lower 24 bits of a CRC-32 over the original and all that would otherwise have to be believed. */
export function frameCheck(
  original: Uint8Array,
  payloadLength: number,
  { modelIdentity, dictionaryIdentity, calls }: FrameSetting,
): number {
  const numbers = new Uint8Array(4);
  const view = new DataView(numbers.buffer);
  view.setUint32(0, payloadLength, true);
  let crc = crc32(modelIdentity, crc32(numbers, crc32(original)));
  if (dictionaryIdentity) crc = crc32(dictionaryIdentity, crc);
  view.setUint32(0, calls, true);
  return crc32(numbers, crc) & 0xffffff;
}

export function writeFrame({ length, stored, check, payload }: Frame): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(2 * length + (stored ? 1 : 0));
  writer.append(Uint8Array.of(check & 255, (check >>> 8) & 255, check >>> 16));
  writer.append(payload);
  return writer.toBytes();
}

/** @throws TruncatedArchiveError where not even length and check are there; DamagedHeaderError where the length is none. */
export function parseFrame(bytes: Uint8Array): Frame {
  const reader = new ByteReader(bytes, 0);
  const head = reader.varint();
  if (reader.remaining < CHECK_BYTES) throw new TruncatedArchiveError('it is a bare frame without its check');
  const [low = 0, middle = 0, high = 0] = reader.take(CHECK_BYTES);
  return {
    length: Math.floor(head / 2),
    stored: head % 2 === 1,
    check: low | (middle << 8) | (high << 16),
    payload: bytes.subarray(reader.position),
  };
}
