import { ArdmError } from '../errors.js';

/** The models folder cannot be read, or holds no model. */
export class NoModelsError extends ArdmError {
  readonly code = 'no-models';
  readonly status = 500;
  readonly title = 'No models to serve';

  /** @param unreadable what could not be read, each with its reason. */
  constructor(folder: string, unreadable: readonly string[], options?: ErrorOptions) {
    const advice =
      unreadable.length === 0
        ? 'Put a folder with model.onnx, coding.json and manifest.json there.'
        : `This could not be read: ${unreadable.join(', ')}. Let this user read it.`;
    super(`There is no model in ${folder}. ${advice}`, options);
  }
}

/** manifest.json or coding.json is missing, is not JSON, or does not say what it must. */
export class InvalidManifestError extends ArdmError {
  readonly code = 'invalid-manifest';
  readonly status = 500;
  readonly title = 'Model description is invalid';

  constructor(file: string, faults: string, options?: ErrorOptions) {
    super(`${file}: ${faults}. Export the model again, or remove its folder.`, options);
  }
}

/** A file of a model is not the one that its manifest was written for. */
export class ModelFileMismatchError extends ArdmError {
  readonly code = 'model-file-mismatch';
  readonly status = 500;
  readonly title = 'Model file does not fit its manifest';

  constructor(file: string, what: string, options?: ErrorOptions) {
    super(
      `${file}: ${what}. Fetch or export the whole model folder again; archives depend on every bit of it.`,
      options,
    );
  }
}

/** Two models cannot be told apart by a request or by an archive. */
export class DuplicateModelError extends ArdmError {
  readonly code = 'duplicate-model';
  readonly status = 500;
  readonly title = 'Two models cannot be told apart';

  constructor(first: string, second: string, shared: string) {
    super(`The models in ${first} and ${second} have the same ${shared}. Remove one, or export it again.`);
  }
}

/** The network does not compute what its manifest says, so its archives would be lost elsewhere. */
export class KnownAnswerMismatchError extends ArdmError {
  readonly code = 'known-answer-mismatch';
  readonly status = 500;
  readonly title = 'Network does not reproduce its known answer';

  constructor(model: string, what: string) {
    super(`${model} does not reproduce the known answer of its manifest here: ${what}. Choose another ARDM_PROVIDER.`);
  }
}

/** The execution provider that was asked for does not work on this machine. */
export class ProviderUnavailableError extends ArdmError {
  readonly code = 'provider-unavailable';
  readonly status = 500;
  readonly title = 'Execution provider cannot be used';

  /** @param reason a whole sentence. */
  constructor(
    provider: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    const advice =
      provider === 'cpu'
        ? 'Check the models folder and that onnxruntime-node was installed for this platform.'
        : 'Set ARDM_PROVIDER=cpu (or auto), or install the driver that it needs.';
    super(`The execution provider ${provider} cannot be used: ${reason} ${advice}`, options);
  }
}

/** A worker died, twice, while it worked on the same segment. */
export class WorkerLostError extends ArdmError {
  readonly code = 'worker-lost';
  readonly status = 500;
  readonly title = 'Worker was lost';

  constructor(reason: string, options?: ErrorOptions) {
    super(
      `The worker that coded a segment was lost (${reason}), also when tried again. Report this with the log.`,
      options,
    );
  }
}

/** Coding a segment failed, which no input should be able to bring about. */
export class SegmentFailedError extends ArdmError {
  readonly code = 'segment-failed';
  readonly status = 500;
  readonly title = 'Coding failed';

  constructor(reason: string) {
    super('Coding a segment failed. This is a bug: report it with the log.', { cause: new Error(reason) });
  }
}

/** A model that is opened on first use could not be opened. */
export class ModelUnavailableError extends ArdmError {
  readonly code = 'model-unavailable';
  readonly status = 503;
  readonly title = 'Model cannot be opened';
  override readonly retryAfter = 60;

  /** @param reason why not. */
  constructor(model: string, reason: string, options?: ErrorOptions) {
    super(
      `The model ${model} could not be opened on this server (${reason}). Send the request to another replica, and look at the models folder of this one.`,
      options,
    );
  }
}

/** The setting names a model that is not there. */
export class UnknownDefaultModelError extends ArdmError {
  readonly code = 'unknown-default-model';
  readonly status = 500;
  readonly title = 'Default model is not served';

  constructor(model: string, served: readonly string[]) {
    super(
      `DEFAULT_MODEL is ${model}, but MODELS_DIR has only ${served.join(', ')}. Name one of them, or leave it out.`,
    );
  }
}

/** The pool takes no more work. */
export class PoolClosedError extends ArdmError {
  readonly code = 'shutting-down';
  readonly status = 503;
  readonly title = 'Server is shutting down';
  override readonly retryAfter = 5;

  constructor() {
    super('This server is shutting down and takes no more work. Send the request again; another replica will take it.');
  }
}

/** A model did not open in a worker; the message says why. The request is answered with ModelUnavailableError. */
export class ModelNotOpened extends Error {}
