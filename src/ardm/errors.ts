import { ArdmError } from '../errors.js';

/** Whoever asked for the work has left. */
export class WorkAbandoned extends ArdmError {
  readonly code = 'work-abandoned';
  readonly status = 499;
  readonly title = 'The request was given up';

  constructor() {
    super('The work was stopped because the request that wanted it has ended.');
  }
}
