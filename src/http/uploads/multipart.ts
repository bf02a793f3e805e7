import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import type { Request, Response } from 'express';
import multer from 'multer';
import { ArdmError } from '../../errors.js';
import {
  MalformedMultipartError,
  MissingFileError,
  RepeatedParameterError,
  TooManyFilesError,
  UnexpectedFieldError,
  UploadTooLargeError,
} from '../errors.js';
import type { Described } from './kept.js';
import { NamedParts, type StandIns } from './named-parts.js';

/** The field of the file. */
const FILE = 'file';
/** The field of a dictionary that is used and not kept. */
export const DICTIONARY = 'dictionaryContent';

/** What a form may add to its file: boundaries, part headers, a file name, parameters. */
export const MAX_ENVELOPE_BYTES = 65_536;

/** Longer than the value of any parameter. */
const MAX_VALUE_BYTES = 1_024;

/** Parameters that came as fields of a form. */
export type Fields = ReadonlyMap<string, string>;

export interface Form {
  /** The file's name and type as the client gave them: to be shown, never to be used as a path. */
  readonly described: Described;
  readonly fields: Fields;
  /** Bytes of a dictionary that came along. */
  readonly dictionary?: Uint8Array;
}

/** What a form may have. */
export interface Allowed {
  /** Bytes of the file. */
  readonly maxBytes: number;
  /** Names of fields besides the file. */
  readonly parameters: readonly string[];
  /** Most bytes of a dictionary, where one may come along. */
  readonly dictionaryBytes?: number | undefined;
  /** Parts of this name, as many as there are, in place of the file. */
  readonly samples?: string | undefined;
}

/** Parts of a form of samples. */
const MOST_SAMPLES = 100_000;

/** Reads all bytes of the file, or rejects. */
type Sink = (file: Readable) => Promise<void>;

/**
 * Takes a form with exactly one file apart, and hands that to `sink`. The field `file` is the file, with a file name or
 * without; parameters may stand before and after it.
 *
 * @throws MalformedMultipartError, MissingFileError, TooManyFilesError, UnexpectedFieldError, RepeatedParameterError,
 * UploadTooLargeError
 */
export async function receiveForm(req: Request, res: Response, allowed: Allowed, sink: Sink): Promise<Form> {
  const { maxBytes, parameters, dictionaryBytes, samples } = allowed;
  const name = samples ?? FILE;
  const names: StandIns = { none: randomUUID(), empty: randomUUID() };
  const boundary = boundaryOf(req);
  const fields = new Map<string, string>();
  let file: Described | undefined;
  let dictionary: Uint8Array | undefined;

  const take = async ({ fieldname, originalname, mimetype, stream }: Express.Multer.File): Promise<void> => {
    if (fieldname === DICTIONARY && dictionaryBytes !== undefined) {
      if (dictionary) throw new RepeatedParameterError(fieldname);
      dictionary = new Uint8Array(0);
      dictionary = await readWhole(stream, dictionaryBytes, fieldname);
      return;
    }
    if (fieldname === name || originalname !== names.none) {
      if (file && !samples) throw new TooManyFilesError();
      if (fieldname !== name) throw new UnexpectedFieldError(parameters);
      const empty = originalname === names.empty;
      file = { name: empty || originalname === names.none ? undefined : originalname, type: mimetype };
      await sink(stream);
      // What browsers send for an input in which no file was chosen.
      if (empty && !stream.readableDidRead) throw new MissingFileError();
      return;
    }
    if (!parameters.includes(fieldname)) throw new UnexpectedFieldError(parameters);
    if (fields.has(fieldname)) throw new RepeatedParameterError(fieldname);
    fields.set(fieldname, '');
    fields.set(fieldname, Buffer.from(await readWhole(stream, MAX_VALUE_BYTES, 'a parameter in it')).toString());
  };

  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => reject(toError(error, allowed));
    const options: multer.Options & { streamHandler(request: Readable, parser: Writable): void } = {
      storage: {
        _handleFile(_req, part, callback) {
          // multer reports what fails here, and what is too long, when it has read all of the request.
          part.stream.on('limit', () => fail(new UploadTooLargeError(maxBytes)));
          take(part).then(
            () => callback(null, {}),
            (error: unknown) => {
              fail(error);
              callback(error);
            },
          );
        },
        // Whoever owns the sink removes what it wrote.
        _removeFile: (_req, _file, callback) => callback(null),
      },
      streamHandler: (request, parser) => {
        const named = new NamedParts(boundary, names);
        named.on('error', fail);
        request.pipe(named).pipe(parser);
      },
      defParamCharset: 'utf8',
      // What is left of the name is for attachment.ts to say; without this, a file named .. would count as none.
      preservePath: true,
      // All of them, because multer's defaults are infinite. One part more, so that a second file is found and named as such.
      limits: {
        fieldNameSize: 100,
        fieldSize: 1_024,
        fields: 0,
        fileSize: maxBytes,
        files: parameters.length + (samples ? MOST_SAMPLES : 3),
        parts: parameters.length + (samples ? MOST_SAMPLES : 3),
        headerPairs: 16,
      },
    };
    multer(options).any()(req, res, (error: unknown) => (error === undefined ? resolve() : fail(error)));
  });
  if (!file) throw new MissingFileError();
  return { described: file, fields, ...(dictionary && { dictionary }) };
}

/** @throws MalformedMultipartError */
async function readWhole(part: Readable, most: number, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of part as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > most) throw new MalformedMultipartError(`${name} has more than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws MalformedMultipartError */
function boundaryOf(req: Request): string {
  const found = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(req.get('content-type') ?? '');
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined) throw new MalformedMultipartError('its Content-Type has no boundary');
  return boundary;
}

function toError(
  error: unknown,
  { maxBytes, parameters }: { readonly maxBytes: number; readonly parameters: readonly string[] },
): unknown {
  if (error instanceof multer.MulterError) {
    // More codes than multer's types know.
    switch (error.code as string) {
      case 'LIMIT_FILE_SIZE':
        return new UploadTooLargeError(maxBytes);
      case 'STREAM_DESTROYED':
        return new MalformedMultipartError('it ends inside the file');
      default:
        return new UnexpectedFieldError(parameters);
    }
  }
  // A failing disk has an errno; what remains is the parser's.
  if (!(error instanceof Error) || error instanceof ArdmError || 'errno' in error) return error;
  return new MalformedMultipartError(error.message.replace(/^Multipart: /, '').toLowerCase(), { cause: error });
}
