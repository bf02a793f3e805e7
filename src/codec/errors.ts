import { ArdmError } from '../errors.js';

/** An archive declares more original bytes than this server is willing to decode. */
export class DeclaredSizeTooLargeError extends ArdmError {
  readonly code = 'declared-size-too-large';
  readonly status = 413;
  readonly title = 'Archive declares too many bytes';

  constructor(declared: number, limit: number) {
    super(`The archive declares ${declared} original bytes; this server decodes at most ${limit}. Raise its limit.`);
  }
}

/** More bytes to compress than this server would decode again. */
export class InputTooLargeError extends ArdmError {
  readonly code = 'input-too-large';
  readonly status = 413;
  readonly title = 'Input is too large';

  constructor(length: number, limit: number) {
    super(`The input has ${length} bytes; at most ${limit} are compressed here. Send it in pieces.`);
  }
}

/** An archive was made with a model that this server does not have. */
export class UnknownModelError extends ArdmError {
  readonly code = 'unknown-model';
  readonly status = 422;
  readonly title = 'Archive needs a model that this server does not have';

  constructor(shortId: Uint8Array) {
    const hex = Buffer.from(shortId).toString('hex');
    super(`The archive needs the model whose identity begins with ${hex}. Use a server that has it; see /v1/models.`);
  }
}

/** A request names a model that this server does not have. */
export class ModelNotFoundError extends ArdmError {
  readonly code = 'model-not-found';
  readonly status = 404;
  readonly title = 'No such model';

  constructor(id: string, known: readonly string[]) {
    super(`There is no model "${id}" here. Use auto, or one of: ${known.join(', ')}.`);
  }
}

/** An archive was made with a dictionary that is not at hand. */
export class UnknownDictionaryError extends ArdmError {
  readonly code = 'unknown-dictionary';
  readonly status = 422;
  readonly title = 'Archive needs a dictionary that is not here';

  /** @param shortId the first four bytes of its identity. */
  constructor(shortId: Uint8Array) {
    const hex = Buffer.from(shortId).toString('hex');
    super(
      `The archive needs the dictionary whose id begins with ${hex}. Put its backup back with PUT /v1/dictionaries/{id}, or send its bytes along as dictionaryContent.`,
    );
  }
}

/** Bytes that cannot be a dictionary. */
export class InvalidDictionaryError extends ArdmError {
  readonly code = 'invalid-dictionary';
  readonly status = 422;
  readonly title = 'Not a dictionary';

  constructor(length: number, most: number) {
    super(`A dictionary has from 1 to ${most} bytes, not ${length}. Send the bytes of its content as they are.`);
  }
}

/** A model that codes no bytes was to use a dictionary. */
export class DictionaryNotForModelError extends ArdmError {
  readonly code = 'dictionary-not-for-model';
  readonly status = 422;
  readonly title = 'The model takes no dictionary';

  constructor(model: string) {
    super(
      `A dictionary is of bytes, and ${model} is a model of something else. Leave the dictionary or the model out.`,
    );
  }
}

/** More bytes than one bare frame holds. */
export class RecordTooLongError extends ArdmError {
  readonly code = 'record-too-long';
  readonly status = 413;
  readonly title = 'Too long for a bare frame';

  constructor(length: number, most: number) {
    super(`A bare frame holds up to ${most} bytes, and these are ${length}. Leave framing=bare out.`);
  }
}

/** A model was named for what it does not code. */
export class ContentNotForModelError extends ArdmError {
  readonly code = 'content-not-for-model';
  readonly status = 422;
  readonly title = 'The model codes something else';

  /** @param content what it codes. @param found what was sent. @param advice what may be done instead. */
  constructor(model: string, content: string, found: string, advice = 'Use model=auto, or a model of bytes') {
    super(`${model} is a model of ${content}, and ${found}. ${advice}.`);
  }
}

/** Pixels of another number than the bytes that were sent. */
export class PixelsMismatchError extends ArdmError {
  readonly code = 'pixels-mismatch';
  readonly status = 422;
  readonly title = 'Not so many pixels';

  constructor({ width, height, channels }: { width: number; height: number; channels: number }, length: number) {
    super(
      `pixels=${width}x${height}x${channels} says ${width * height * channels} bytes, and the body has ${length}. Send the samples alone, row by row, and their width, height and channels.`,
    );
  }
}

/** Raw samples that are not whole frames, or none. */
export class PcmMismatchError extends ArdmError {
  readonly code = 'pcm-mismatch';
  readonly status = 422;
  readonly title = 'No whole frames';

  constructor({ format, channels, rate }: { format: string; channels: number; rate: number }, length: number) {
    super(
      `pcm=${format},${channels},${rate} says frames of ${channels} samples, and the body has ${length} bytes, which are none, or not whole ones. Send the samples alone, frame by frame, and their format, channels and rate.`,
    );
  }
}
