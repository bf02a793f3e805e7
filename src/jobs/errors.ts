import { ArdmError } from '../errors.js';

/** There is no such job, or it is somebody else's. */
export class JobNotFoundError extends ArdmError {
  readonly code = 'job-not-found';
  readonly status = 404;
  readonly title = 'No such job';

  constructor() {
    super('There is no job of this id, or it was removed. Use the Location of the answer to POST /v1/jobs.');
  }
}

/** The job's time is over and its bytes are gone. */
export class JobExpiredError extends ArdmError {
  readonly code = 'job-expired';
  readonly status = 410;
  readonly title = 'Job has expired';

  constructor() {
    super('The job was kept as long as this server keeps jobs, and is removed. Send the file again.');
  }
}

/** A result is asked for that does not exist yet. */
export class JobNotFinishedError extends ArdmError {
  readonly code = 'job-not-finished';
  readonly status = 409;
  readonly title = 'Job is not finished';
  override readonly retryAfter = 1;

  constructor() {
    super('The job is not finished. Follow its events, or ask for its state until that is done.');
  }
}

/** A result is asked for that will never exist. */
export class JobCancelledError extends ArdmError {
  readonly code = 'job-cancelled';
  readonly status = 409;
  readonly title = 'Job was cancelled';

  constructor() {
    super('The job was cancelled before it was finished, so it has no result. Send the file again.');
  }
}

/** A result is asked for of a job that failed. */
export class JobFailedError extends ArdmError {
  readonly code = 'job-failed';
  readonly status = 422;
  readonly title = 'Job has failed';

  /** @param failure code and message of what it failed with. */
  constructor(failure: { readonly code: string; readonly detail: string }) {
    super(`The job has no result, because it failed with ${failure.code}: ${failure.detail}`);
  }
}

/** An Idempotency-Key was used before, for something else. */
export class IdempotencyKeyReuseError extends ArdmError {
  readonly code = 'idempotency-key-reuse';
  readonly status = 422;
  readonly title = 'Idempotency-Key was used for another request';

  constructor() {
    super('This Idempotency-Key belongs to a job with another file or other parameters. Use a new key for each file.');
  }
}

/** The first request with an Idempotency-Key is still being received. */
export class IdempotencyKeyInUseError extends ArdmError {
  readonly code = 'idempotency-key-in-use';
  readonly status = 409;
  readonly title = 'Idempotency-Key is in use';
  override readonly retryAfter = 2;

  constructor() {
    super('A request with this Idempotency-Key is still being received. Send it again when that one has ended.');
  }
}

/** As many jobs wait as may wait. */
export class JobQueueFullError extends ArdmError {
  readonly code = 'job-queue-full';
  readonly status = 503;
  readonly title = 'Too many jobs are waiting';
  override readonly retryAfter = 30;

  constructor(limit: number) {
    super(`${limit} jobs or more are waiting, which is as many as may. Send the request again later.`);
  }
}

/** What jobs are kept in cannot be reached. Nothing that was acknowledged is lost. */
export class JobsUnavailableError extends ArdmError {
  readonly code = 'jobs-unavailable';
  readonly status = 503;
  readonly title = 'Jobs are not available';
  override readonly retryAfter = 5;

  constructor(options?: ErrorOptions) {
    super(
      'The store that jobs are kept in does not answer. Try again later; jobs that were accepted are not lost. ' +
        'Requests without a job are not affected.',
      options,
    );
  }
}

/** A blob that should be there is not. */
export class BlobMissingError extends ArdmError {
  readonly code = 'blob-missing';
  readonly status = 500;
  readonly title = "A job's bytes are missing";

  constructor() {
    super("A job's bytes are not in the store. Do all replicas use the same folder or bucket? Send the file again.");
  }
}

/** Another process works with the folder. */
export class JobsFolderInUseError extends ArdmError {
  readonly code = 'jobs-folder-in-use';
  readonly status = 500;
  readonly title = 'Folder for jobs is in use';

  constructor(folder: string) {
    super(
      `Another process keeps its jobs in ${folder}. Set JOBS_FOLDER to a folder of its own, or REDIS_URL to share jobs.`,
    );
  }
}

/** Another user has made the folder, where everybody may make one. */
export class JobsFolderForeignError extends ArdmError {
  readonly code = 'jobs-folder-foreign';
  readonly status = 500;
  readonly title = "Folder for jobs is another user's";

  constructor(folder: string) {
    super(`Jobs cannot be kept in ${folder}: it belongs to another user. Set JOBS_FOLDER to a folder of your own.`);
  }
}

/** The folder cannot be used. */
export class JobsFolderError extends ArdmError {
  readonly code = 'jobs-folder-unusable';
  readonly status = 500;
  readonly title = 'Folder for jobs cannot be used';

  constructor(folder: string, reason: string, options?: ErrorOptions) {
    super(`Jobs cannot be kept in ${folder}: ${reason}. Set JOBS_FOLDER to a folder that this user owns.`, options);
  }
}
