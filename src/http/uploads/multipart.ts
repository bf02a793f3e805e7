import type { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import multer from 'multer';
import type { ArdmError } from '../../errors.js';
import {
  MalformedMultipartError,
  MissingFileError,
  TooManyFilesError,
  UnexpectedFieldError,
  UploadTooLargeError,
} from '../errors.js';
import type { Described } from './kept.js';

/** The one field of a form. */
const FIELD = 'file';

/** What a form may add to its file: boundaries, part headers, a file name. */
export const MAX_ENVELOPE_BYTES = 65_536;

/** Reads all bytes of the file, or rejects. */
type Sink = (file: Readable) => Promise<void>;

/**
 * Takes a form with exactly one file apart, and hands that to `sink`.
 *
 * @param maxBytes of the file.
 * @returns the file's name and type as the client gave them: to be shown, never to be used as a path.
 * @throws MalformedMultipartError, MissingFileError, TooManyFilesError, UnexpectedFieldError, UploadTooLargeError
 */
export async function receiveForm(req: Request, res: Response, maxBytes: number, sink: Sink): Promise<Described> {
  const parse = multer({
    storage: storageOf(sink),
    defParamCharset: 'utf8',
    // What is left of the name is for attachment.ts to say; without this, a file named .. would count as none.
    preservePath: true,
    // All of them, because multer's defaults are infinite. Two parts, so that a second file is found and named as such.
    limits: {
      fieldNameSize: 100,
      fieldSize: 1_024,
      fields: 0,
      fileSize: maxBytes,
      files: 1,
      parts: 2,
      headerPairs: 16,
    },
  }).single(FIELD);
  await new Promise<void>((resolve, reject) => {
    parse(req, res, (error: unknown) => (error === undefined ? resolve() : reject(toError(error, maxBytes))));
  });
  // multer sets a body when it finds a form to read.
  if (req.body === undefined) throw new MalformedMultipartError('its Content-Type has no boundary');
  if (!req.file) throw new MissingFileError();
  return { name: req.file.originalname, type: req.file.mimetype };
}

/** Whoever owns the sink removes what it wrote, so nothing is to be done here. */
function storageOf(sink: Sink): multer.StorageEngine {
  return {
    _handleFile(_req, file, callback) {
      sink(file.stream).then(() => callback(null, {}), callback);
    },
    _removeFile(_req, _file, callback) {
      callback(null);
    },
  };
}

function toError(error: unknown, maxBytes: number): ArdmError | unknown {
  if (error instanceof multer.MulterError) {
    // More codes than multer's types know.
    switch (error.code as string) {
      case 'LIMIT_FILE_SIZE':
        return new UploadTooLargeError(maxBytes);
      case 'LIMIT_FILE_COUNT':
        return new TooManyFilesError();
      case 'STREAM_DESTROYED':
        return new MalformedMultipartError('it ends inside the file');
      default:
        return new UnexpectedFieldError();
    }
  }
  // A failing disk has an errno; what remains is the parser's.
  if (error instanceof Error && !('errno' in error)) {
    return new MalformedMultipartError(error.message.replace(/^Multipart: /, '').toLowerCase(), { cause: error });
  }
  return error;
}
