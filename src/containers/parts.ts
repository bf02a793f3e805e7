import { DamagedHeaderError, TruncatedArchiveError } from '../archive/errors.js';
import { DamagedContainerError } from './errors.js';

/** What a ByteReader reads of a rest: its errors are of the header, and here it is the container that is damaged. */
export function ofRest<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TruncatedArchiveError || error instanceof DamagedHeaderError) {
      throw new DamagedContainerError('its rest ends early', { cause: error });
    }
    throw error;
  }
}

/** @throws DamagedContainerError unless they have so many bytes together. */
export function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const sum = parts.reduce((total, part) => total + part.length, 0);
  if (sum !== length) throw new DamagedContainerError(`it makes ${sum} bytes`);
  return Buffer.concat(parts, length);
}

/** A head, each byte of it exclusive or that of the usual one, where this has one. */
export function exclusiveOr(head: Uint8Array, usual: Uint8Array): Uint8Array {
  const made = Uint8Array.from(head);
  const end = Math.min(head.length, usual.length);
  for (let at = 0; at < end; at++) made[at] = (head[at] as number) ^ (usual[at] as number);
  return made;
}
