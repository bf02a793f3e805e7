import { once } from 'node:events';
import { type BrotliCompress, constants, createBrotliCompress, createBrotliDecompress } from 'node:zlib';
import { throwIfAbandoned } from './abandon.js';
import { Semaphore } from './semaphore.js';

/** Input given to the encoder at a time; between two of them it can be stopped, and others have their turn. */
const CHUNK = 2 ** 18;

/**
 * Encoders that compute at once in the process. Libuv has four threads for them and for all files and names; with all
 * four taken, opening a file took 1.3 s. Up to SHORT bytes, milliseconds of work, an encoder does not wait.
 */
const turns = new Semaphore({ running: 2 });
const SHORT = 2 ** 14;

/** Quality of a brotli that takes a fiftieth of the time of 11. */
const QUICK = 5;

/** The bytes did not come out of a brotli encoder, or not all of them, or they hold more than they should. */
export class BrotliDataError extends Error {}

/**
 * Brotli with a window that spans the whole input, at quality 11 unless told otherwise: what `brotli -q 11` does. Runs on libuv's threads.
 *
 * Mode `text` was tried and dropped: on texts, tables and images of 200 B to 1 MB it never changed a byte.
 *
 * @throws WorkAbandoned, or the signal's reason if it is an ArdmError.
 */
export async function brotliEncode(
  bytes: Uint8Array,
  signal: AbortSignal,
  quality: number = constants.BROTLI_MAX_QUALITY,
): Promise<Uint8Array> {
  throwIfAbandoned(signal);
  const encoder = createBrotliCompress({
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: windowBits(bytes.length),
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  const turn = (work: () => Promise<unknown>): Promise<unknown> =>
    bytes.length > SHORT ? turns.run(signal, work) : work();
  const coded: Buffer[] = [];
  encoder.on('data', (chunk: Buffer) => coded.push(chunk));
  try {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      throwIfAbandoned(signal);
      await turn(() => write(encoder, bytes.subarray(at, at + CHUNK)));
    }
    throwIfAbandoned(signal);
    await turn(() => once(encoder.end(), 'end'));
  } finally {
    encoder.destroy();
  }
  return Buffer.concat(coded);
}

/** Bytes that brotli makes at quality 5, in a fiftieth of the time of 11: 1.23 times those of 11 at most, on the Canterbury and Calgary corpora. */
export async function quickLength(bytes: Uint8Array, signal: AbortSignal): Promise<number> {
  return (await brotliEncode(bytes, signal, QUICK)).length;
}

/** Resolves when the encoder is done with the chunk, as a turn must not end while its thread still computes. */
function write(encoder: BrotliCompress, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    encoder.once('error', reject);
    encoder.write(chunk, (error) => {
      encoder.off('error', reject);
      if (error) reject(error);
      else resolve();
    });
  });
}

/**
 * @param length the exact number of bytes that must come out; of more than that, only one buffer (16 KiB) is ever made.
 * @throws BrotliDataError also where the payload goes on after the stream.
 */
export function brotliDecode(payload: Uint8Array, length: number): Promise<Uint8Array> {
  const decoder = createBrotliDecompress();
  return new Promise<Uint8Array>((resolve, reject) => {
    const decoded: Buffer[] = [];
    let decodedLength = 0;
    decoder.on('data', (chunk: Buffer) => {
      decodedLength += chunk.length;
      if (decodedLength > length) reject(new BrotliDataError(`more than ${length} bytes`));
      else decoded.push(chunk);
    });
    decoder.on('error', (error) => reject(new BrotliDataError('not a brotli stream', { cause: error })));
    decoder.on('end', () => {
      if (decodedLength !== length) reject(new BrotliDataError(`${decodedLength} bytes instead of ${length}`));
      else if (decoder.bytesWritten !== payload.length) reject(new BrotliDataError('bytes after the stream'));
      else resolve(Buffer.concat(decoded));
    });
    decoder.end(payload);
  }).finally(() => decoder.destroy());
}

/**
 * log2 of the smallest window that spans `length` bytes, of those with a short code in the stream's header: 16 takes one
 * bit, 18 to 24 take four, 17 takes seven.
 */
function windowBits(length: number): number {
  if (length <= 2 ** 16 - 16) return 16;
  return Math.min(24, Math.max(18, Math.ceil(Math.log2(length + 16))));
}
