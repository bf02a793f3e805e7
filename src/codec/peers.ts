import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { brotliDecode, brotliEncode, quickLength } from './brotli.js';
import { encodeInTurns } from './encode-in-turns.js';
import { timed } from './estimate-seconds.js';
import { sum } from './sums.js';

/** What another compressor makes of the same input. */
export interface PeerSize {
  /** The compressor as its command is called, `gzip -9` say. */
  readonly name: string;
  readonly bytes: number;
}

/** What others make of an input, and how long brotli takes, which archives are made with, too. */
export interface Peers {
  readonly sizes: readonly PeerSize[];
  readonly brotli: { readonly bytes: number; readonly compressSeconds: number; readonly decompressSeconds: number };
}

/** Inputs up to so many bytes are given whole to those that take long; of longer ones, two pieces. */
const WHOLE = 2 ** 20;
const PIECE = 2 ** 18;

/** `ZSTD_c_compressionLevel`, as zstd numbers its parameters. */
const ZSTD_LEVEL = 100;

/**
 * What others make of an input. What the slow ones make of more than a MiB is judged by a quick brotli, which is given the whole, and by what they
 * make of two pieces.
 *
 * @throws WorkAbandoned, or the signal's reason if it is an ArdmError.
 */
export async function measurePeers(input: Uint8Array, signal: AbortSignal): Promise<Peers> {
  const isWhole = input.length <= WHOLE;
  const room = input.length - PIECE;
  const parts = isWhole
    ? [input]
    : [0.25, 0.75].map((place) => input.subarray(Math.floor(place * room), Math.floor(place * room) + PIECE));
  const all = async <T>(work: (part: Uint8Array) => Promise<T>): Promise<T[]> => {
    const made: T[] = [];
    for (const part of parts) made.push(await work(part));
    return made;
  };
  const gzip = await encodeInTurns(zlib.createGzip({ level: zlib.constants.Z_BEST_COMPRESSION }), input, signal);
  const encoded = await timed(() => all((part) => brotliEncode(part, signal)));
  const decoded = await timed(async () => {
    for (const [i, part] of parts.entries()) await brotliDecode(encoded.result[i] as Uint8Array, part.length);
  });
  const zstd = await all((part) => zstdLength(part, signal));
  const ratio = isWhole ? 1 : (await quickLength(input, signal)) / sum(await all((part) => quickLength(part, signal)));
  const times = isWhole ? 1 : input.length / sum(parts.map(({ length }) => length));
  const sizes = [
    { name: 'gzip -9', bytes: gzip.length },
    { name: 'brotli -q 11', bytes: Math.round(ratio * sum(encoded.result.map(({ length }) => length))) },
    ...(zstd.includes(undefined) ? [] : [{ name: 'zstd -19', bytes: Math.round(ratio * sum(zstd as number[])) }]),
  ];
  return {
    sizes,
    brotli: {
      bytes: (sizes[1] as PeerSize).bytes,
      compressSeconds: encoded.seconds * times,
      decompressSeconds: decoded.seconds * times,
    },
  };
}

/** Bytes that `zstd -19` makes of the input; undefined where Node has none (before 22.15). */
async function zstdLength(input: Uint8Array, signal: AbortSignal): Promise<number | undefined> {
  // Node's types are those of the oldest version that this runs on.
  const { createZstdCompress: create } = zlib as {
    readonly createZstdCompress?: (options: { readonly params: Readonly<Record<number, number>> }) => Transform;
  };
  return create && (await encodeInTurns(create({ params: { [ZSTD_LEVEL]: 19 } }), input, signal)).length;
}
