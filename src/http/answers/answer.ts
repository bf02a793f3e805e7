import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { contentDigest } from '../uploads/content-digest.js';
import type { Spool } from '../uploads/spool.js';

/** Larger answers go to disk, or clients that read slowly could fill the memory. */
const MAX_IN_MEMORY = 2 ** 20;

/**
 * How long a client may take nothing of an answer, in milliseconds, until its connection is closed: its answer would
 * fill memory or disk for ever.
 */
const STALLED = 60_000;

/** Bytes that are complete and verified, ready to be sent. */
export interface Answer {
  readonly size: number;
  readonly digest: string;
  /** The bytes, or undefined where they are in the spool. */
  readonly bytes: Uint8Array | undefined;
}

/** To be called while the request holds its place, so that memory is free when the place is. */
export async function prepareAnswer(bytes: Uint8Array, spool: Spool): Promise<Answer> {
  const inMemory = bytes.length <= MAX_IN_MEMORY;
  if (!inMemory) await writeFile(await spool.answer(), bytes, { flag: 'wx', mode: 0o600 });
  return { size: bytes.length, digest: contentDigest(bytes), bytes: inMemory ? bytes : undefined };
}

/** Sends 200 with the answer, and returns when the client has all of it. The status and other headers are the caller's. */
export async function sendAnswer(res: Response, answer: Answer, spool: Spool, stalled = STALLED): Promise<void> {
  // Node closes a connection on which nothing moved for so long. Not beyond the answer: the next one, to a request that
  // waits on the same connection, may take longer to compute. Before Node's own listener, which limits idle connections.
  res.setTimeout(stalled);
  res.prependOnceListener('finish', () => res.setTimeout(0));
  res.setHeader('Content-Length', answer.size);
  res.setHeader('Content-Digest', answer.digest);
  if (answer.bytes) res.end(answer.bytes);
  else await sendStream(res, createReadStream(await spool.answer()), answer.size);
}

/**
 * Sends `length` bytes as they come, and ends the answer with the last of them. To end it a moment later would be too late: a client that
 * has read as many as Content-Length says may leave at once, and would seem to have left before the end.
 *
 * @throws Error if `source` has another length, which the client sees as a broken connection.
 */
export async function sendStream(res: Response, source: Readable, length: number): Promise<void> {
  let left = length;
  const exactly = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      left -= chunk.length;
      if (left < 0) return done(new Error(`there are more than ${length} bytes`));
      this.push(chunk);
      if (left === 0) this.push(null);
      done();
    },
    flush(done) {
      done(left === 0 ? null : new Error(`${left} of ${length} bytes are missing`));
    },
  });
  await pipeline(source, exactly, res);
}
