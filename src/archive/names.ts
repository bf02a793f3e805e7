import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { DamagedHeaderError } from './errors.js';
import { isFileName, isMediaType, MAX_MEDIA_TYPE_BYTES, MAX_NAME_BYTES } from './text.js';
import type { Fields } from './types.js';

/** Name and media type as they stand in the archive. */
export interface RawNames {
  readonly name: Uint8Array;
  readonly mediaType: Uint8Array;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws TruncatedArchiveError, DamagedHeaderError */
export function readNames(reader: ByteReader): RawNames {
  return { name: reader.field(MAX_NAME_BYTES), mediaType: reader.field(MAX_MEDIA_TYPE_BYTES) };
}

/** What the names are, once the header is known to be as it was written. @throws DamagedHeaderError if they are none. */
export function interpretNames({ name, mediaType }: RawNames): Pick<Fields, 'name' | 'mediaType'> {
  if (name.length + mediaType.length === 0) throw new DamagedHeaderError('it keeps neither a name nor a type');
  return {
    ...(name.length > 0 && { name: text(name, isFileName) }),
    ...(mediaType.length > 0 && { mediaType: text(mediaType, isMediaType) }),
  };
}

/** @throws RangeError if they are none. */
export function writeNames(writer: ByteWriter, { name, mediaType }: Pick<Fields, 'name' | 'mediaType'>): void {
  if (name !== undefined && !isFileName(name)) throw new RangeError('an archive has no place for this name');
  if (mediaType !== undefined && !isMediaType(mediaType)) throw new RangeError('an archive has no place for this type');
  writer.field(Buffer.from(name ?? ''));
  writer.field(Buffer.from(mediaType ?? ''));
}

function text(bytes: Uint8Array, allowed: (text: string) => boolean): string {
  let decoded: string | undefined;
  try {
    decoded = utf8.decode(bytes);
  } catch {
    // Not UTF-8.
  }
  if (decoded === undefined || !allowed(decoded)) throw new DamagedHeaderError('its name or type is not one');
  return decoded;
}
