import { ArdmError } from '../errors.js';

/** The bytes do not start as an archive does. */
export class NotAnArchiveError extends ArdmError {
  readonly code = 'not-an-archive';
  readonly status = 422;
  readonly title = 'Not an ARDM archive';

  constructor() {
    super('The bytes do not start with the signature of an ARDM archive. Send an archive, as compressing made it.');
  }
}

/** An archive of a version that this reader does not know. */
export class UnsupportedVersionError extends ArdmError {
  readonly code = 'unsupported-version';
  readonly status = 422;
  readonly title = 'Unsupported archive version';

  /** @param code of the version, 0..15. */
  constructor(code: number) {
    super(
      `The archive is of a format version (code ${code}) that this server does not know; it reads versions 1 and 2. Use a server that reads it.`,
    );
  }
}

/** The header contradicts its own check, or says what no writer says. */
export class DamagedHeaderError extends ArdmError {
  readonly code = 'damaged-header';
  readonly status = 422;
  readonly title = 'Archive header is damaged';

  constructor(what: string) {
    super(`The archive was changed after it was written: ${what}. Fetch the archive again from where it is kept.`);
  }
}

/** A sound header asks for something that this version does not define. */
export class UnsupportedFeatureError extends ArdmError {
  readonly code = 'unsupported-feature';
  readonly status = 422;
  readonly title = 'Unsupported archive feature';

  constructor(what: string) {
    super(`The archive uses what this server does not know: ${what}. Use the version of the server that wrote it.`);
  }
}

/** The archive ends before what its header promises. */
export class TruncatedArchiveError extends ArdmError {
  readonly code = 'truncated-archive';
  readonly status = 422;
  readonly title = 'Archive is cut short';

  constructor(what: string) {
    super(`The archive ends too early: ${what}. Send the whole file.`);
  }
}

/** The archive goes on after its last payload. */
export class TrailingBytesError extends ArdmError {
  readonly code = 'trailing-bytes';
  readonly status = 422;
  readonly title = 'Bytes after the end of the archive';

  constructor(count: number) {
    super(`The archive is followed by ${count} bytes that do not belong to it. Send the archive alone.`);
  }
}

/** The decoded bytes are not the ones that were compressed. Thrown by whoever decodes, see `segmentCrc`. */
export class ChecksumMismatchError extends ArdmError {
  readonly code = 'checksum-mismatch';
  readonly status = 422;
  readonly title = 'Archive is damaged';

  /** @param segment its number from 0, told from 1 as `ardm inspect` does; left out where the segments are right, and the file that a container makes of them is not. */
  constructor(segment?: number) {
    const what = segment === undefined ? 'The archive' : `Segment ${segment + 1} of the archive`;
    super(
      `${what} does not decode to the bytes that were compressed: the archive was changed, cut short or extended. ` +
        'Fetch it again from where it is kept.',
    );
  }
}
