import type { CallsOption, CodecModel } from '../codec/models.js';
import type { Used } from './dictionary-of.js';
import { InvalidFramingError } from './errors.js';
import type { CompressionCodec } from './ports.js';

/** What a request says of a bare frame, as far as it does. */
export interface SaidOfFrame {
  /** Id of a model, or `auto`. */
  readonly model?: string | undefined;
  readonly calls?: CallsOption | undefined;
}

/**
 * What a bare frame is coded with. A frame says nothing of it, so it must not depend on what this server's default is today: the model is the
 * one that the dictionary was made with, or is named; `calls` may be left out where there is a dictionary.
 *
 * @throws InvalidFramingError, ModelNotFoundError
 */
export function frameSetting(
  codec: CompressionCodec,
  { model, calls }: SaidOfFrame,
  used: Used | undefined,
): { readonly model: CodecModel; readonly calls: CallsOption } {
  const id = model === undefined || model === 'auto' ? used?.model : model;
  if (id === undefined) {
    throw new InvalidFramingError(
      'A bare frame does not say what made it. Name a model with framing=bare, or a dictionary that is kept here.',
    );
  }
  if (!used && calls === undefined) {
    throw new InvalidFramingError('A bare frame does not say what made it. Without a dictionary, give calls as well.');
  }
  return { model: codec.modelOf(id), calls: calls ?? 'balanced' };
}
