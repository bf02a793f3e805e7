import type { IncomingMessage } from 'node:http';

const counts = new WeakMap<IncomingMessage, number>();

/** To be told by whoever reads a request's body. A listener of its own would keep the body flowing when nobody wants it any more. */
export function addBytesRead(req: IncomingMessage, bytes: number): void {
  counts.set(req, bytesRead(req) + bytes);
}

/** Bytes of a request's body that have been read so far. */
export function bytesRead(req: IncomingMessage): number {
  return counts.get(req) ?? 0;
}
