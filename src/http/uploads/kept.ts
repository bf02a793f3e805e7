import { parse as parseDisposition } from 'content-disposition';
import { format as formatType, parse as parseType } from 'content-type';
import type { Request } from 'express';
import { fileNameOf, isMediaType } from '../../archive/text.js';
import type { Kept } from '../../codec/codec.js';
import { MalformedRequestError } from '../errors.js';

/** What is said of files by clients that do not know: the type of bytes, and the one that curl gives every body. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['application/octet-stream', 'application/x-www-form-urlencoded']);

/** What a client says of its file, in the form's part or in the headers of a raw body. */
export interface Described {
  readonly name?: string | undefined;
  /** As a header `Content-Type` has it. */
  readonly type?: string | undefined;
}

/**
 * What the headers of a request say of the file that is its body; nothing of a form, whose parts have their own.
 *
 * @throws MalformedRequestError if `Content-Type` is no media type.
 */
export function describedByHeaders(req: Request): Described {
  const type = req.get('content-type');
  if (type !== undefined && /^\s*multipart\//i.test(type)) return {};
  // Before anything is read of the body.
  mediaTypeOf(type);
  const disposition = req.get('content-disposition');
  return {
    type,
    name: disposition === undefined ? undefined : parseDisposition(asUtf8(disposition)).parameters.filename,
  };
}

/** What an archive keeps of that. @throws MalformedRequestError if the type is none. */
export function keptOf({ name, type }: Described): Kept {
  return { name: name === undefined ? undefined : fileNameOf(name), mediaType: mediaTypeOf(type) };
}

function mediaTypeOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const parsed = parseType(header);
  if (SAYS_NOTHING.has(parsed.type)) return undefined;
  let type = '';
  try {
    type = formatType(parsed);
  } catch {
    // It has no canonical form, and so is none.
  }
  if (isMediaType(type)) return type;
  throw new MalformedRequestError('the Content-Type of the file is not a media type of up to 127 characters');
}

/** Node reads headers as Latin-1; clients that do not know RFC 8187 send names in UTF-8. */
function asUtf8(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : header;
}
