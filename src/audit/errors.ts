import { ArdmError } from '../errors.js';

/** A node's operator, domain, attribute or kind of operand is not on the allow-list. */
export class OperatorNotAllowedError extends ArdmError {
  readonly code = 'operator-not-allowed';
  readonly status = 500;
  readonly title = 'The graph uses an operator whose result is not proven exact';
}

/** An operand or intermediate could need more bits than fp32 (or a faster mode of it) holds exactly. */
export class InexactGraphError extends ArdmError {
  readonly code = 'inexact-graph';
  readonly status = 500;
  readonly title = 'The graph is not proven exact';
}

/** Inputs, outputs or the table are not what the codec feeds and reads. */
export class GraphContractError extends ArdmError {
  readonly code = 'graph-contract';
  readonly status = 500;
  readonly title = 'The graph does not have the inputs and outputs of a model that the service runs';
}
