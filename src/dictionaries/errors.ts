import { ArdmError } from '../errors.js';

/** No dictionary of the caller has this id. Those of others are answered alike. */
export class DictionaryNotFoundError extends ArdmError {
  readonly code = 'dictionary-not-found';
  readonly status = 404;
  readonly title = 'No such dictionary';

  constructor(id: string) {
    super(
      `There is no dictionary ${id.slice(0, 64)} here. See GET /v1/dictionaries, or put its backup back with PUT /v1/dictionaries/{id}.`,
    );
  }
}

/** The bytes that were put are not those that the id stands for. */
export class DictionaryMismatchError extends ArdmError {
  readonly code = 'dictionary-mismatch';
  readonly status = 422;
  readonly title = 'Bytes are not those of the dictionary';

  constructor(id: string, found: string) {
    super(`The SHA-256 of the bytes is ${found}, not ${id.slice(0, 64)}. Send the content as it was fetched.`);
  }
}

/** Samples of which no dictionary can be made. */
export class InvalidSamplesError extends ArdmError {
  readonly code = 'invalid-samples';
  readonly status = 422;
  readonly title = 'No dictionary can be made of these samples';
}

/** The caller has as many dictionaries as one may have. */
export class TooManyDictionariesError extends ArdmError {
  readonly code = 'too-many-dictionaries';
  readonly status = 409;
  readonly title = 'Too many dictionaries';

  constructor(most: number) {
    super(`There are ${most} dictionaries already. Delete one whose archives are gone.`);
  }
}

/** Where dictionaries are kept cannot be reached. */
export class DictionariesUnavailableError extends ArdmError {
  readonly code = 'dictionaries-unavailable';
  readonly status = 503;
  readonly title = 'Dictionaries cannot be reached';
  override readonly retryAfter = 5;

  constructor(options?: ErrorOptions) {
    super('The place where dictionaries are kept does not answer. Try again soon.', options);
  }
}
