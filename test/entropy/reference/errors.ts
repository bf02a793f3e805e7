import { ArdmError } from '../../../src/errors.js';

/** A model's table of weights cannot be turned into frequencies. */
export class InvalidLogitWeightsError extends ArdmError {
  readonly code = 'invalid-logit-weights';
  readonly status = 500;
  readonly title = 'Model has an invalid table of weights';

  constructor(what: string) {
    super(`logitWeights of the model's coding.json: ${what}. Export the model again.`);
  }
}
