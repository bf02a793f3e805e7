import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { throwIfAbandoned } from './abandon.js';
import { Semaphore } from './semaphore.js';

/** Input given to an encoder at a time; between two of them it can be stopped, and others have their turn. */
const CHUNK = 2 ** 18;

/**
 * Encoders of Node's zlib that compute at once in the process. Libuv has four threads for them and for all files and names; with all
 * four taken, opening a file took 1.3 s. Up to SHORT bytes, milliseconds of work, an encoder does not wait.
 */
const turns = new Semaphore({ running: 2 });
const SHORT = 2 ** 14;

/**
 * All that an encoder of Node's zlib makes of the bytes. It computes on libuv's threads, and is destroyed at the end.
 *
 * @throws WorkAbandoned, or the signal's reason if it is an ArdmError.
 */
export async function encodeInTurns(encoder: Transform, bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
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

/** Resolves when the encoder is done with the chunk, as a turn must not end while its thread still computes. */
function write(encoder: Transform, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    encoder.once('error', reject);
    encoder.write(chunk, (error) => {
      encoder.off('error', reject);
      if (error) reject(error);
      else resolve();
    });
  });
}
