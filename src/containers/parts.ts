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
