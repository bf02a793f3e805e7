import { createHash } from 'node:crypto';
import { InvalidDictionaryError } from './errors.js';

/** Bytes of the longest dictionary. */
export const MOST_DICTIONARY_BYTES = 2 ** 17;

/** Bytes that files are coded as the continuation of (FORMAT.md, section 12). */
export interface Dictionary {
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly id: string;
  /** The same, 32 bytes. Its first four name the dictionary in archives. */
  readonly identity: Uint8Array;
  /** From 1 to MOST_DICTIONARY_BYTES of them, in memory that threads share. */
  readonly bytes: Uint8Array;
}

/** Where dictionaries are found whose bytes are not given. */
export interface Dictionaries {
  /** Those whose identities begin with these four bytes. */
  byShortId(shortId: Uint8Array): Promise<readonly Dictionary[]>;
}

/** @throws InvalidDictionaryError where there are too few or too many bytes. */
export function dictionaryOf(content: Uint8Array): Dictionary {
  if (content.length < 1 || content.length > MOST_DICTIONARY_BYTES) {
    throw new InvalidDictionaryError(content.length, MOST_DICTIONARY_BYTES);
  }
  const bytes = new Uint8Array(new SharedArrayBuffer(content.length));
  bytes.set(content);
  const digest = createHash('sha256').update(content).digest();
  return { id: digest.toString('hex'), identity: Uint8Array.from(digest), bytes };
}

/** A source that has one dictionary and no other. */
export function onlyDictionary(dictionary: Dictionary): Dictionaries {
  const { identity } = dictionary;
  return {
    byShortId: async (shortId) => (shortId.every((byte, i) => byte === identity[i]) ? [dictionary] : []),
  };
}
