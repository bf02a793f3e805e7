import type { IncomingMessage, ServerResponse } from 'node:http';
import { addBytesRead } from './bytes-read.js';

/** How much of an unwanted body is read away, in bytes and milliseconds; idle: without a byte. */
const LIMITS = { bytes: 16 * 2 ** 20, total: 5_000, idle: 1_000 };

/**
 * Ends `res`, whose headers are written, with `body`, while the rest of the request's body may still be coming.
 *
 * To close a socket with unread bytes in it resets the connection, and the client sees ECONNRESET in place of the
 * answer. So the answer goes out first, then what the client still sends is read away, within limits, and only then the
 * connection is closed.
 */
export function drainAndEnd(req: IncomingMessage, res: ServerResponse, body: Uint8Array, limits = LIMITS): void {
  if (req.complete) {
    res.end(body);
    return;
  }
  res.write(body);
  let bytes = 0;
  const finish = (): void => {
    clearTimeout(total);
    clearTimeout(idle);
    req.off('data', count);
    req.off('end', finish);
    res.end();
  };
  const total = setTimeout(finish, limits.total);
  const idle = setTimeout(finish, limits.idle);
  const count = (chunk: Uint8Array): void => {
    idle.refresh();
    bytes += chunk.length;
    addBytesRead(req, chunk.length);
    if (bytes > limits.bytes) finish();
  };
  // A pipe left on the request would pause it for ever.
  req.unpipe();
  req.on('data', count);
  req.on('end', finish);
  req.once('close', finish);
  req.resume();
}
