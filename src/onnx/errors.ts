import { ArdmError } from '../errors.js';

/** The file is not an ONNX model, or uses a part of the format that is not read here. */
export class UnreadableModelError extends ArdmError {
  readonly code = 'unreadable-model';
  readonly status = 500;
  readonly title = 'The model file cannot be read';
}
