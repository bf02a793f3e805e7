import type { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { Request } from 'express';
import { ArdmError } from '../../errors.js';
import {
  MalformedMultipartError,
  MissingFileError,
  RepeatedParameterError,
  TooManyFilesError,
  UnexpectedFieldError,
  UploadTooLargeError,
} from '../errors.js';

/** The field of the file. */
const FILE = 'file';

/** What a form may add to its file: boundaries, part headers, a file name, parameters. */
export const MAX_ENVELOPE_BYTES = 65_536;

/** Longer than the value of any parameter. */
const MAX_VALUE_BYTES = 1_024;

/** Parameters that came as fields of a form. */
export type Fields = ReadonlyMap<string, string>;

export interface Form {
  /** The file's name as the client gave it: to be shown, never to be used as a path. */
  readonly name: string | undefined;
  readonly fields: Fields;
}

/** Reads all bytes of the file, or rejects. */
type Sink = (file: Readable) => Promise<void>;

/**
 * Takes a form with exactly one file apart, and hands that to `sink`. The field `file` is the file, with a file name or
 * without; parameters may stand before and after it.
 *
 * @param allowed `maxBytes` of the file; `parameters`: names of the other fields.
 * @throws MalformedMultipartError, MissingFileError, TooManyFilesError, UnexpectedFieldError, RepeatedParameterError,
 * UploadTooLargeError
 */
export function receiveForm(
  req: Request,
  allowed: { readonly maxBytes: number; readonly parameters: readonly string[] },
  sink: Sink,
): Promise<Form> {
  const { maxBytes, parameters } = allowed;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(toError(error));
    const parser = openParser(req, allowed);
    const fields = new Map<string, string>();
    const parts: Promise<void>[] = [];
    let file: { readonly name: string | undefined } | undefined;

    const take = async (
      field: string | undefined,
      stream: BusboyFileStream,
      name: string | undefined,
    ): Promise<void> => {
      if (field === FILE || name !== undefined) {
        if (file) throw new TooManyFilesError();
        if (field !== FILE) throw new UnexpectedFieldError(parameters);
        file = { name: name ? unescaped(name) : undefined };
        await sink(stream);
        // What browsers send for an input in which no file was chosen.
        if (name === '' && stream.bytesRead === 0) throw new MissingFileError();
        return;
      }
      if (field === undefined || !parameters.includes(field)) throw new UnexpectedFieldError(parameters);
      if (fields.has(field)) throw new RepeatedParameterError(field);
      fields.set(field, '');
      fields.set(field, await readValue(stream));
    };

    parser.on('file', (field: string | undefined, stream, name: string | undefined) => {
      // Whatever else listens may have failed and gone.
      stream.on('error', fail);
      stream.on('limit', () => fail(new UploadTooLargeError(maxBytes)));
      const part = take(field, stream, name);
      part.catch(fail);
      parts.push(part);
    });
    parser.on('partsLimit', () => fail(new UnexpectedFieldError(parameters)));
    parser.on('error', fail);
    parser.on('finish', () => {
      const finished = async (): Promise<void> => {
        await Promise.all(parts);
        if (!file) throw new MissingFileError();
        resolve({ name: file.name, fields });
      };
      finished().catch(fail);
    });
    req.pipe(parser);
  });
}

/** @throws MalformedMultipartError */
async function readValue(part: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of part as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_VALUE_BYTES) {
      throw new MalformedMultipartError(`a parameter in it has more than ${MAX_VALUE_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Browsers write a quotation mark in a name as %22, line breaks as %0D and %0A, and all else, `%` too, as it is (HTML, 4.10.21.8). */
function unescaped(name: string): string {
  return name.replace(/%(22|0D|0A)/gi, (escaped) => decodeURIComponent(escaped));
}

/** @throws MalformedMultipartError where the Content-Type has no boundary. */
function openParser(
  req: Request,
  { maxBytes, parameters }: { readonly maxBytes: number; readonly parameters: readonly string[] },
): BusboyInstance {
  try {
    return new Busboy({
      headers: { ...req.headers, 'content-type': req.get('content-type') ?? '' },
      // All parts are streams of bytes as they are: text that is decoded is not the same bytes any more.
      isPartAFile: () => true,
      // What is left of the name is for attachment.ts to say; without this, a file named .. would have none.
      preservePath: true,
      // One part more, so that a second file is found and named as such.
      limits: { fileSize: maxBytes, parts: parameters.length + 2, headerPairs: 16 },
    });
  } catch (error) {
    throw new MalformedMultipartError('its Content-Type has no boundary', { cause: error });
  }
}

function toError(error: unknown): unknown {
  // A failing disk has an errno; what remains is the parser's.
  if (!(error instanceof Error) || error instanceof ArdmError || 'errno' in error) return error;
  return new MalformedMultipartError(error.message.replace(/^Multipart: /, '').toLowerCase(), { cause: error });
}
