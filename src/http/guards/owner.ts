import type { IncomingMessage } from 'node:http';

/** Owner of what is asked for without a key. No key may have this name. */
export const ANONYMOUS = 'anonymous';

const owners = new WeakMap<IncomingMessage, string>();

/** Whose request it is: the name of its API key, or `anonymous`. What is made by a request belongs to this name. */
export function ownerOf(req: IncomingMessage): string {
  return owners.get(req) ?? ANONYMOUS;
}

/** To be called by whoever has checked the request's key. */
export function setOwner(req: IncomingMessage, name: string): void {
  owners.set(req, name);
}
