import { BLOCK_LENGTH } from '../ardm/order.js';
import type { Manifest } from './manifest.js';
import type { Model } from './model.js';

/** A model as it is shown: `GET /v1/models`, `ardm models`. */
export interface ModelDescription extends Pick<Manifest, 'id' | 'kind' | 'units' | 'rate' | 'presets' | 'trainedOn'> {
  /** Identity in lower-case hexadecimal, 64 digits. */
  readonly hash: string;
  /** For how many bytes `calls` is given. */
  readonly blockLength: number;
  /** Bytes of the model's graphs. */
  readonly size: number;
  readonly default: keyof Manifest['presets'];
}

export function describeModel({ manifest, size }: Model): ModelDescription {
  const { id, kind, units, identity, rate, presets, default: preset, trainedOn } = manifest;
  return {
    id,
    kind,
    units,
    hash: identity,
    blockLength: BLOCK_LENGTH,
    size,
    rate,
    presets,
    default: preset,
    trainedOn,
  };
}
