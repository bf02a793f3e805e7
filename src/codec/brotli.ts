import { once } from 'node:events';
import { constants, createBrotliCompress, createBrotliDecompress } from 'node:zlib';
import { abandoned, throwIfAbandoned } from './abandon.js';

/** Input given to the encoder at a time; between two of them it can be stopped. */
const CHUNK = 2 ** 18;

/** The bytes did not come out of a brotli encoder, or not all of them, or they hold more than they should. */
export class BrotliDataError extends Error {}

/**
 * Brotli at quality 11 with a window that spans the whole input: what `brotli -q 11` does. Runs on libuv's threads.
 *
 * Mode `text` was tried and dropped: on texts, tables and images of 200 B to 1 MB it never changed a byte.
 *
 * @throws WorkAbandoned, or the signal's reason if it is an ArdmError.
 */
export async function brotliEncode(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  throwIfAbandoned(signal);
  const encoder = createBrotliCompress({
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: windowBits(bytes.length),
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  const coded: Buffer[] = [];
  encoder.on('data', (chunk: Buffer) => coded.push(chunk));
  try {
    const ended = once(encoder, 'end', { signal });
    // Handled below; without this, a rejection while the loop still writes would count as unhandled.
    ended.catch(() => {});
    for (let at = 0; at < bytes.length; at += CHUNK) {
      if (!encoder.write(bytes.subarray(at, at + CHUNK))) await once(encoder, 'drain', { signal });
    }
    encoder.end();
    await ended;
  } catch (error) {
    throw signal.aborted ? abandoned(signal) : error;
  } finally {
    encoder.destroy();
  }
  return Buffer.concat(coded);
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
