import { PCM_FORM, PIXELS_FORM } from '../codec/said.js';
import { ArdmError } from '../errors.js';

/** No resource has this path. */
export class NotFoundError extends ArdmError {
  readonly code = 'not-found';
  readonly status = 404;
  readonly title = 'No such resource';

  constructor() {
    super(
      'Nothing is served at this path. /openapi.yaml lists every path; they are case-sensitive, without a last slash.',
    );
  }
}

/** The resource exists, but not for this method. */
export class MethodNotAllowedError extends ArdmError {
  readonly code = 'method-not-allowed';
  readonly status = 405;
  readonly title = 'Method not allowed';

  /** @param allow the methods of the resource, as the header `Allow` lists them. */
  constructor(
    method: string,
    readonly allow: string,
  ) {
    super(`This resource does not answer to ${method}. Use ${allow}.`);
  }
}

/** This server has API keys, and the request came with none of them. */
export class UnauthorizedError extends ArdmError {
  readonly code = 'unauthorized';
  readonly status = 401;
  readonly title = 'API key required';

  constructor() {
    super(
      'The request has no API key that this server knows. Send one as Authorization: Bearer <key>, or as X-API-Key: <key>.',
    );
  }
}

/** The client has had as many requests as it may have for now. */
export class RateLimitedError extends ArdmError {
  readonly code = 'rate-limited';
  readonly status = 429;
  readonly title = 'Too many requests';
  override readonly retryAfter: number;

  /** @param seconds until the client may ask again. */
  constructor(seconds: number) {
    super('This client has sent as many requests as it may. Wait as long as Retry-After says, then go on more slowly.');
    this.retryAfter = seconds;
  }
}

/** The request breaks the rules of HTTP itself. */
export class MalformedRequestError extends ArdmError {
  readonly code = 'malformed-request';
  readonly status = 400;
  readonly title = 'Malformed request';

  constructor(what: string, options?: ErrorOptions) {
    super(`The request is not valid HTTP: ${what}. Correct the client or the proxy that sent it.`, options);
  }
}

/** A method that this server knows for none of its resources, and HTTP for none at all. */
export class UnknownMethodError extends ArdmError {
  readonly code = 'unknown-method';
  readonly status = 501;
  readonly title = 'Unknown method';

  constructor() {
    super('The request has a method that this server does not know. OPTIONS tells which methods a path has.');
  }
}

/** A transfer coding other than `chunked`: where the body ends, or what is in it, is not known. */
export class UnsupportedTransferCodingError extends ArdmError {
  readonly code = 'unsupported-transfer-coding';
  readonly status = 501;
  readonly title = 'Unsupported transfer coding';

  constructor() {
    super('A body with a Transfer-Encoding other than chunked is not read. Send it as it is, with a Content-Length.');
  }
}

/** The request is of another version of HTTP than 1.0 and 1.1. */
export class HttpVersionNotSupportedError extends ArdmError {
  readonly code = 'http-version-not-supported';
  readonly status = 505;
  readonly title = 'HTTP version not supported';

  constructor() {
    super('This server speaks HTTP 1.1 and 1.0. Send the request in one of them, or through a proxy that does.');
  }
}

/** Request line and headers are longer than Node's parser takes. */
export class HeadersTooLargeError extends ArdmError {
  readonly code = 'headers-too-large';
  readonly status = 431;
  readonly title = 'Request headers are too large';

  constructor(limit: number) {
    super(`Request line and headers may have ${limit} bytes together. Send fewer or shorter headers.`);
  }
}

/** The request did not arrive within the time that the server gives it, or stopped arriving. */
export class RequestTimeoutError extends ArdmError {
  readonly code = 'request-timeout';
  readonly status = 408;
  readonly title = 'Request took too long to arrive';

  constructor() {
    super('The request arrived too slowly. Send it again over a better connection, or send a smaller file.');
  }
}

/** `calls` is not a number of calls and not the name of one. */
export class InvalidCallsError extends ArdmError {
  readonly code = 'invalid-calls';
  readonly status = 400;
  readonly title = 'Invalid number of calls';

  constructor() {
    super('calls must be an integer from 1 to 1024 in plain digits, or fast, balanced or small.');
  }
}

/** `keep` asks for something that archives do not keep. */
export class InvalidKeepError extends ArdmError {
  readonly code = 'invalid-keep';
  readonly status = 400;
  readonly title = 'Invalid value of keep';

  constructor() {
    super('keep can only be name. Leave it out for an archive that keeps nothing but the bytes of the file.');
  }
}

/** The value of `pixels` says no picture. */
export class InvalidPixelsError extends ArdmError {
  readonly code = 'invalid-pixels';
  readonly status = 400;
  readonly title = 'Invalid value of pixels';

  constructor() {
    super(`pixels is ${PIXELS_FORM}.`);
  }
}

/** The value of `pcm` says no sound, or the file is said to be a picture, too. */
export class InvalidPcmError extends ArdmError {
  readonly code = 'invalid-pcm';
  readonly status = 400;
  readonly title = 'Invalid value of pcm';

  constructor(detail = `pcm is ${PCM_FORM}.`) {
    super(detail);
  }
}

/** An estimate was asked for a detail that there is not. */
export class InvalidDetailError extends ArdmError {
  readonly code = 'invalid-detail';
  readonly status = 400;
  readonly title = 'Invalid detail';

  constructor() {
    super('detail can be bytes, which tells what each byte of a short file takes. Leave it out for the ladder alone.');
  }
}

/** A sample was asked for that no model gives. */
export class InvalidSampleError extends ArdmError {
  readonly code = 'invalid-sample';
  readonly status = 400;
  readonly title = 'Invalid sample';

  constructor(most: { bytes: number; pixels: number; side: number; seed: number }) {
    super(
      `A sample has a seed from 0 to ${most.seed}; of a model of bytes, a length from 1 to ${most.bytes} bytes, both in plain digits; of a model of pictures, pixels=WxHxC: at most ${most.pixels} pixels, ${most.side} a side, of 1, 3 or 4 channels. Change them, or leave them out.`,
    );
  }
}

/** `framing`, or what is said with it, is not possible. */
export class InvalidFramingError extends ArdmError {
  readonly code = 'invalid-framing';
  readonly status = 400;
  readonly title = 'Invalid framing';
}

/** `size` or `split` of a dictionary cannot be. */
export class InvalidDictionaryRequestError extends ArdmError {
  readonly code = 'invalid-dictionary-request';
  readonly status = 400;
  readonly title = 'Invalid request for a dictionary';

  constructor(most: number) {
    super(`size is a number of bytes from 1 to ${most}, and split is auto, json, lines or none.`);
  }
}

/** A dictionary is to be removed, and the caller has not said that it may be. */
export class ConfirmationNeededError extends ArdmError {
  readonly code = 'confirmation-needed';
  readonly status = 400;
  readonly title = 'Removal must be confirmed';

  constructor() {
    super(
      'Archives that were made with a dictionary cannot be decompressed without it. Keep its content, then send confirm=true.',
    );
  }
}

/** A batch is not what a batch is. */
export class InvalidBatchError extends ArdmError {
  readonly code = 'invalid-batch';
  readonly status = 400;
  readonly title = 'Not a batch';
}

/** A job is asked for without saying what it is to do. */
export class InvalidOperationError extends ArdmError {
  readonly code = 'invalid-operation';
  readonly status = 400;
  readonly title = 'Invalid operation';

  constructor() {
    super('operation must be compress or decompress. Give it in the query, or as a field of the form.');
  }
}

/** A page of a list is asked for that cannot be. */
export class InvalidPageError extends ArdmError {
  readonly code = 'invalid-page';
  readonly status = 400;
  readonly title = 'Invalid page';

  /** @param most entries of a page. */
  constructor(most: number) {
    super(
      `limit must be an integer from 1 to ${most}, and after what an earlier page gave as next. Leave both out to begin.`,
    );
  }
}

/** The header Idempotency-Key is not a key. */
export class InvalidIdempotencyKeyError extends ArdmError {
  readonly code = 'invalid-idempotency-key';
  readonly status = 400;
  readonly title = 'Invalid Idempotency-Key';

  constructor() {
    super('Idempotency-Key must have 1 to 255 visible ASCII characters. Use a new UUID for each file.');
  }
}

/** The bytes are not those that the client means. */
export class PreconditionFailedError extends ArdmError {
  readonly code = 'precondition-failed';
  readonly status = 412;
  readonly title = 'Precondition failed';

  constructor() {
    super('The result has none of the tags in If-Match. Fetch it anew, without what was fetched of another.');
  }
}

/** A range that lies outside of the bytes. */
export class RangeNotSatisfiableError extends ArdmError {
  readonly code = 'range-not-satisfiable';
  readonly status = 416;
  readonly title = 'Range cannot be satisfied';

  /** @param size bytes that there are. */
  constructor(readonly size: number) {
    super(`There are ${size} bytes, and none of them is in the range that is asked for. Ask for others.`);
  }
}

const AND = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });

/** The query or the form has a parameter that this resource does not know. */
export class UnknownParameterError extends ArdmError {
  readonly code = 'unknown-parameter';
  readonly status = 400;
  readonly title = 'Unknown parameter';

  constructor(names: readonly string[], known: readonly string[]) {
    const use = known.length > 0 ? `Use ${AND.format(known)} only.` : 'This resource takes none.';
    super(`Unknown parameter: ${names.map((name) => JSON.stringify(name.slice(0, 64))).join(', ')}. ${use}`);
  }
}

/** The query, the form, or both together give a parameter more than once. */
export class RepeatedParameterError extends ArdmError {
  readonly code = 'repeated-parameter';
  readonly status = 400;
  readonly title = 'Parameter given more than once';

  constructor(name: string) {
    super(`The parameter ${name} is given more than once. Give it once, in the query or as a field of the form.`);
  }
}

/** The body is of a kind that is not read as a file. */
export class UnsupportedMediaTypeError extends ArdmError {
  readonly code = 'unsupported-media-type';
  readonly status = 415;
  readonly title = 'Unsupported media type';

  constructor(type: string) {
    super(
      `A body of type ${JSON.stringify(type.slice(0, 64))} is not read. Send the file itself as ` +
        'application/octet-stream, or multipart/form-data with a field named file.',
    );
  }
}

/** The body has a Content-Encoding. */
export class UnsupportedContentCodingError extends ArdmError {
  readonly code = 'unsupported-content-coding';
  readonly status = 415;
  readonly title = 'Unsupported content coding';

  constructor() {
    super('A body with a Content-Encoding is not read. Send the bytes as they are, without that header.');
  }
}

/** The body has more bytes than the server takes. */
export class UploadTooLargeError extends ArdmError {
  readonly code = 'upload-too-large';
  readonly status = 413;
  readonly title = 'Upload is too large';

  constructor(limit: number) {
    super(`The file has more than the ${limit} bytes that this server takes. Send it in pieces, or raise its limit.`);
  }
}

/** A multipart body that cannot be taken apart. */
export class MalformedMultipartError extends ArdmError {
  readonly code = 'malformed-multipart';
  readonly status = 400;
  readonly title = 'Malformed multipart body';

  constructor(what: string, options?: ErrorOptions) {
    super(
      `The multipart body cannot be read: ${what}. Let a library write it, or send the file itself as the body.`,
      options,
    );
  }
}

/** A form without a file. */
export class MissingFileError extends ArdmError {
  readonly code = 'missing-file';
  readonly status = 400;
  readonly title = 'No file in the form';

  constructor() {
    super('The form has no file. Send it in the field named file.');
  }
}

/** A form with more than one file. */
export class TooManyFilesError extends ArdmError {
  readonly code = 'too-many-files';
  readonly status = 400;
  readonly title = 'More than one file in the form';

  constructor() {
    super('The form has more than one file. Send each file in a request of its own.');
  }
}

/** A form with a field that is neither `file` nor a parameter. */
export class UnexpectedFieldError extends ArdmError {
  readonly code = 'unexpected-field';
  readonly status = 400;
  readonly title = 'Unexpected field in the form';

  /** @param parameters that may be fields of this form. */
  constructor(parameters: readonly string[]) {
    const others = parameters.length > 0 ? `, and parameters in fields named ${parameters.join(', ')}` : '';
    super(
      `The form has a field that is not read here. Send the file in the field named file${others}, and nothing else.`,
    );
  }
}

/** The header Content-Digest is not what RFC 9530 defines. */
export class InvalidContentDigestError extends ArdmError {
  readonly code = 'invalid-content-digest';
  readonly status = 400;
  readonly title = 'Invalid Content-Digest';

  constructor() {
    super('Content-Digest cannot be read. Write it as sha-256=:<base64 of the 32 bytes>: or leave it out.');
  }
}

/** The body is not the one that the header Content-Digest was computed from. */
export class ContentDigestMismatchError extends ArdmError {
  readonly code = 'content-digest-mismatch';
  readonly status = 400;
  readonly title = 'Body does not fit its Content-Digest';

  constructor(algorithm: string) {
    super(
      `The ${algorithm} digest of the body is not the one in Content-Digest. The body was changed on its way: send it again.`,
    );
  }
}

/** As many requests wait as may wait. */
export class OverloadedError extends ArdmError {
  readonly code = 'overloaded';
  readonly status = 503;
  readonly title = 'Server is overloaded';
  override readonly retryAfter = 5;

  constructor() {
    super('Too many requests are waiting. Send the request again later, or to another replica.');
  }
}

/** As many bodies are being received as may be at the same time. */
export class TooManyUploadsError extends ArdmError {
  readonly code = 'too-many-uploads';
  readonly status = 503;
  readonly title = 'Too many uploads at the same time';
  override readonly retryAfter = 5;

  constructor() {
    super('Too many files are being received. Send the request again later, or to another replica.');
  }
}

/** The folder for uploads cannot be used. */
export class TemporaryFolderError extends ArdmError {
  readonly code = 'temporary-folder-unusable';
  readonly status = 500;
  readonly title = 'Folder for uploads cannot be used';

  constructor(folder: string, reason: string, options?: ErrorOptions) {
    super(
      `Uploads cannot be kept in ${folder}: ${reason}. Set TMPDIR to a folder that this user may write to.`,
      options,
    );
  }
}

/** The server takes no more traffic, or not yet. */
export class NotReadyError extends ArdmError {
  readonly code = 'not-ready';
  readonly status = 503;
  readonly title = 'Server is not ready';
  override readonly retryAfter = 5;

  constructor() {
    super('This server is starting, shutting down, or has lost its workers. Use another replica, or try again later.');
  }
}

/** The disk that uploads are kept on is full. */
export class StorageFullError extends ArdmError {
  readonly code = 'storage-full';
  readonly status = 507;
  readonly title = 'No space for uploads';
  override readonly retryAfter = 30;

  constructor(options?: ErrorOptions) {
    super(
      'The server has no disk space left for uploads. Send the request again later, or to another replica.',
      options,
    );
  }
}

/** Something failed that must not fail. The cause is logged and never shown. */
export class InternalError extends ArdmError {
  readonly code = 'internal-error';
  readonly status = 500;
  readonly title = 'Internal error';

  constructor(options?: ErrorOptions) {
    super('The server failed in a way that it should not. Report this with the request id in instance.', options);
  }
}

/**
 * The client closed the connection before its answer was ready: stops the work and stands in the log, and is never sent.
 * 499 is the customary status for it in logs.
 */
export class ClientGoneError extends ArdmError {
  readonly code = 'client-closed-request';
  readonly status = 499;
  readonly title = 'Client closed the connection';

  constructor() {
    super('The client closed the connection before it was answered.');
  }
}
