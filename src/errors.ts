/**
 * The base of every failure that this service reports. Each layer keeps its own classes in its `errors.ts`;
 * `src/http/problem.ts` is the only place that turns them into answers.
 */
export abstract class ArdmError extends Error {
  /** Stable, documented in openapi.yaml; clients branch on it. */
  abstract readonly code: string;
  /** HTTP status that fits the failure. */
  abstract readonly status: number;
  /** The failure in a few words, the same for every instance of a class. */
  abstract readonly title: string;
  /** Seconds after which trying again makes sense; sent as Retry-After. */
  readonly retryAfter?: number;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
