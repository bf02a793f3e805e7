import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { type RawContainer, readContainer, writeContainer } from './container.js';
import { CHECK_FLAG, DICTIONARY_LENGTH, Flag } from './layout.js';
import { type RawNames, readNames, writeNames } from './names.js';
import type { Fields } from './types.js';

/** What stands between the first byte of a descriptor and the others in version 2, not judged. */
export interface RawFields {
  /** Without the bit that belongs to the head check. */
  readonly flags: number;
  readonly names?: RawNames;
  readonly dictionary?: Uint8Array;
  readonly container?: RawContainer;
}

const KNOWN = Flag.names | Flag.dictionary | Flag.container;

/** The fields of version 1. */
export const NO_FIELDS: RawFields = { flags: 0 };

/**
 * Reads the flags and the fields that they announce (FORMAT.md, section 11); of unknown flags nothing but the flags.
 *
 * @throws TruncatedArchiveError, DamagedHeaderError
 */
export function readFields(reader: ByteReader): RawFields {
  const flags = reader.u8() & ~CHECK_FLAG;
  if (unknownFlags(flags) !== 0) return { flags };
  return {
    flags,
    ...(flags & Flag.names && { names: readNames(reader) }),
    ...(flags & Flag.dictionary && { dictionary: Uint8Array.from(reader.take(DICTIONARY_LENGTH)) }),
    ...(flags & Flag.container && { container: readContainer(reader) }),
  };
}

/** Those of the flags that this reader knows nothing of. */
export function unknownFlags(flags: number): number {
  return flags & ~KNOWN;
}

export function flagsOf({ name, mediaType, dictionary, container }: Fields): number {
  return (
    (name !== undefined || mediaType !== undefined ? Flag.names : 0) |
    (dictionary ? Flag.dictionary : 0) |
    (container ? Flag.container : 0)
  );
}

/** Whether the header has fields of any length, which the head check does not reach. */
export function hasHeaderCrc(segmented: boolean, flags: number): boolean {
  return segmented || (flags & (Flag.names | Flag.container)) !== 0;
}

/** Writes what `readFields` reads. @throws RangeError if something has no place in the format. */
export function writeFields(writer: ByteWriter, fields: Fields): void {
  const flags = flagsOf(fields);
  const { dictionary, container } = fields;
  writer.u8(flags);
  if (flags & Flag.names) writeNames(writer, fields);
  if (dictionary) {
    if (dictionary.length < DICTIONARY_LENGTH) throw new RangeError('a dictionary is named by four bytes');
    writer.append(dictionary.subarray(0, DICTIONARY_LENGTH));
  }
  if (container) writeContainer(writer, container);
}
